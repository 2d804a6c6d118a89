//! Secrets in texts for people: they must not come out again, in whatever form they went in.
//!
//! A secret seldom shows as it is stored. `echo token | base64` leaves a line's end that a URL and a header lose, a URL
//! encodes what it does not take (<https://url.spec.whatwg.org>: path, query and form each by other rules) and writes its
//! host in lower case, and quoted text has escapes. So a secret is looked for character by character, each in any of the
//! forms that it may have. Where a text was cut, which a `…` tells, the beginning of a secret is looked for as well.

mod forms;

use std::ops::Range;

/// Characters of a secret that is blanked wherever it stands, within words too.
const LONG: usize = 4;

/// How often a character of a secret may be looked for in one of its forms. Texts and secrets are foreign, and one that
/// repeats itself in another that does takes the product of both.
const MOST_STEPS: usize = 1_000_000;

/// The text with `blank` in the place of every secret. Where secrets overlap, all that they cover is one blank, so that
/// none leaves a rest of another.
///
/// A secret of fewer than four characters is blanked only where it stands by itself: `us` in every `status` would hide
/// the message and not the secret.
///
/// A text in which secrets are too hard to find is one blank.
///
/// ```
/// let text = aviary_crd::secrets::blanked("at http://h/p%40ss/x?k=tok3n", ["p@ss", "tok3n\n"], "***");
/// assert_eq!(text, "at http://h/***/x?k=***");
/// ```
pub fn blanked<S: AsRef<str>>(text: &str, secrets: impl IntoIterator<Item = S>, blank: &str) -> String {
    let secrets: Vec<S> = secrets.into_iter().collect();
    let secrets: Vec<&str> = secrets.iter().flat_map(|secret| stored(secret.as_ref())).collect();
    // Most of what repeats itself goes where it stands as it is.
    let found = places(text, &secrets, Vec::new()).or_else(|| places(text, &secrets, plain(text, &secrets)));
    found.map_or_else(|| blank.to_owned(), |found| without(text, &found, blank))
}

/// A secret without the space around it, and with it.
fn stored(secret: &str) -> Vec<&str> {
    let trimmed = secret.trim();
    match trimmed.len() {
        0 => Vec::new(),
        length if length < secret.len() => vec![trimmed, secret],
        _ => vec![trimmed],
    }
}

/// The text with a blank in the place of these, which are in order.
fn without(text: &str, places: &[Range<usize>], blank: &str) -> String {
    let (mut out, mut kept_from) = (String::with_capacity(text.len()), 0);
    for place in places {
        // One that begins within the last is a part of its blank.
        if place.start >= kept_from {
            out.push_str(text.get(kept_from..place.start).unwrap_or_default());
            out.push_str(blank);
        }
        kept_from = kept_from.max(place.end);
    }
    out.push_str(text.get(kept_from..).unwrap_or_default());
    out
}

/// Where secrets stand just as they are stored.
fn plain(text: &str, secrets: &[&str]) -> Vec<Range<usize>> {
    let of_one = |secret: &&str| -> Vec<Range<usize>> {
        let found = text.match_indices(*secret).map(|(at, it)| at..at + it.len());
        found.filter(|place| is_long(secret) || alone(text, place)).collect()
    };
    secrets.iter().flat_map(of_one).collect()
}

/// Where secrets stand in a text, besides those places that are known, where none is looked for; `None` when that takes
/// too many steps.
fn places(text: &str, secrets: &[&str], mut known: Vec<Range<usize>>) -> Option<Vec<Range<usize>>> {
    in_order(&mut known);
    let mut search = Search { text, left: MOST_STEPS, ends: Vec::new(), next: Vec::new() };
    let mut found = Vec::new();
    for secret in secrets {
        let (anywhere, Some(first)) = (is_long(secret), secret.chars().next()) else { continue };
        let (mut places, mut covered) = (known.iter().peekable(), 0);
        for (at, c) in text.char_indices() {
            while let Some(place) = places.next_if(|place| place.start <= at) {
                covered = covered.max(place.end);
            }
            if at < covered || !forms::may_begin(c, first) {
                continue;
            }
            let place = search.end(at, secret).ok()?.map(|end| at..end);
            found.extend(place.filter(|place| anywhere || alone(text, place)));
        }
    }
    found.append(&mut known);
    in_order(&mut found);
    Some(found)
}

fn in_order(places: &mut [Range<usize>]) {
    places.sort_unstable_by_key(|place| (place.start, place.end));
}

fn is_long(secret: &str) -> bool {
    secret.trim().chars().nth(LONG - 1).is_some()
}

/// Whether neither a letter nor a digit stands beside a place; the digits of `%2F` are none.
fn alone(text: &str, place: &Range<usize>) -> bool {
    let before = text.get(..place.start).unwrap_or_default();
    let encoded = before.len().checked_sub(3).and_then(|at| before.get(at..));
    let encoded = encoded.and_then(|it| it.strip_prefix('%')).is_some_and(|it| forms::byte(it).is_some());
    let after = text.get(place.end..).and_then(|after| after.chars().next());
    (encoded || !before.chars().next_back().is_some_and(char::is_alphanumeric))
        && !after.is_some_and(char::is_alphanumeric)
}

/// Too many steps.
struct Exhausted;

struct Search<'t> {
    text: &'t str,
    /// Steps that may still be taken.
    left: usize,
    /// Where the characters so far may end.
    ends: Vec<usize>,
    next: Vec<usize>,
}

impl Search<'_> {
    /// Where a secret that begins at `at` ends, at the latest. Its forms are ambiguous (`%25` is `%` encoded, or three
    /// characters as they are), so all of them are followed at the same time.
    fn end(&mut self, at: usize, secret: &str) -> Result<Option<usize>, Exhausted> {
        self.ends.clear();
        self.ends.push(at);
        let mut cut = None;
        for (count, c) in secret.chars().enumerate() {
            self.left = self.left.checked_sub(self.ends.len()).ok_or(Exhausted)?;
            self.next.clear();
            for at in &self.ends {
                let rest = self.text.get(*at..).unwrap_or_default();
                for length in forms::forms(rest, c).into_iter().flatten() {
                    self.next.push(at + length);
                }
                if count >= LONG && forms::is_cut(rest) {
                    cut = Some(*at + rest.find(forms::CUT).unwrap_or_default());
                }
            }
            if self.next.len() > 1 {
                self.next.sort_unstable();
                self.next.dedup();
            }
            std::mem::swap(&mut self.ends, &mut self.next);
            if self.ends.is_empty() {
                return Ok(cut);
            }
        }
        Ok(self.ends.last().copied().max(cut).filter(|end| *end > at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_blanked_in_whatever_form_it_shows() {
        for (secret, text, expected) in [
            ("tok3n\n", "at http://h/tok3n (x)", "at http://h/* (x)"),
            ("tok3n\n", "header tok3n\nnext", "header *next"),
            (" tok3n ", "at tok3n, or at ' tok3n '", "at *, or at '*'"),
            ("top\r\nbottom", "at http://h/topbottom", "at http://h/*"),
            ("p@ss w/rd", "at http://h/p@ss%20w%2frd", "at http://h/*"),
            ("p@ss w/rd", "query=p%40ss+w%2Frd&x=1", "query=*&x=1"),
            ("gr\u{fc}n\u{1F512}", "x=gr%C3%BCn%F0%9F%94%92.", "x=*."),
            ("gr\u{fc}n\u{1F512}", r#"{"x": "gr\u00fcn\ud83d\udd12"}"#, r#"{"x": "*"}"#),
            ("a\"b\\c<\n\u{7f}d", r#"said "a\"b\\c\u003c\n\u{7f}d""#, r#"said "*""#),
            ("dom\\user", "at http://h/dom/user", "at http://h/*"),
            ("SeCrEt", "at https://secret.example", "at https://*.example"),
            ("100%25", "100%25 100%2525 100%", "* * 100%"),
            ("a\\nb\\", r"a\\nb\\ a\nb\", "* *"),
            ("s3cr3t", "s3cr3", "s3cr3"),
            ("s3cr3t", "", ""),
            ("\n", "a\nb", "a\nb"),
            ("", "ab", "ab"),
        ] {
            assert_eq!(blanked(text, [secret], "*"), expected, "{secret:?} in {text:?}");
        }
    }

    #[test]
    fn secrets_that_overlap_leave_no_rest_of_each_other() {
        for secrets in [["abcd", "cdefgh"], ["cdefgh", "abcd"]] {
            assert_eq!(blanked("xabcdefghx", secrets, "*"), "x*x");
        }
        assert_eq!(blanked("tokentoken2", ["token", "token2"], "*"), "**");
        assert_eq!(
            blanked("what is blank is not looked at: tok3n", ["tok3n", "****"], "****")
                .matches("****")
                .count(),
            1
        );
    }

    #[test]
    fn a_short_secret_is_blanked_where_it_stands_by_itself() {
        let text = "status us, US=us; x/us%2Fus?us busy us";
        assert_eq!(blanked(text, ["us\n"], "*"), "status *, *=*; x/*%2F*?* busy *");
        assert_eq!(blanked("7 of 77", ["7"], "*"), "* of 77");
        assert_eq!(blanked("within words: abcdefg", ["cdef"], "*"), "within words: ab*g");
    }

    #[test]
    fn a_secret_that_was_cut_leaves_no_beginning() {
        for (secret, text, expected) in [
            ("s3cr3t-token", "said: s3cr3t-t… (more)", "said: *… (more)"),
            ("s3cr3t-token", "s3cr3t-token… s3cr…", "*… *…"),
            ("s3cr3t/token", "at http://h/s3cr3t%2… (x)", "at http://h/*… (x)"),
            ("s3cr3t\u{fc}", r"s3cr3t\u00…", "*…"),
            ("s3cr3t", "s3c… is too short, and s3cr3 is not cut", "s3c… is too short, and s3cr3 is not cut"),
            ("s3cr…t", "s3cr…t s3cr…", "* *…"),
        ] {
            assert_eq!(blanked(text, [secret], "*"), expected, "{secret:?} in {text:?}");
        }
    }

    #[test]
    fn what_takes_too_many_steps_is_blanked_as_it_is_and_else_all_of_it_is() {
        let many = |text: &str| text.repeat((64 << 10) / text.len());
        let (secret, upper) = (many("a"), many("A"));
        let text = format!("before {secret}{secret} after");
        assert_eq!(blanked(&text, [&secret], "*"), "before ** after");
        assert_eq!(blanked(&text, [&secret[1..], "before"], "*"), "* **aa after");
        let text = format!("{secret} and %74ok3n");
        assert_eq!(blanked(&text, [&secret[1..], "tok3n"], "*"), "*a and *");
        assert_eq!(
            blanked(&format!("before {upper}{upper} after"), [&secret], "*"),
            "*",
            "nobody knows where"
        );
        for c in ["\\", "\n", "%25"] {
            // All that counts is that it ends.
            assert!(blanked(&many(c), [many(c)], "*").contains('*') || c == "\n", "{c:?}");
            blanked(&many(c), [format!("{}x", many(c))], "*");
        }
    }

    #[test]
    fn a_long_text_in_which_little_is_secret_is_searched_whole() {
        let text = format!("{}tok%33n", "an ordinary text about tokens, 100 % of it\n".repeat(20_000));
        let secrets = ["tok3n", "another-token", "100", "us"];
        assert!(blanked(&text, secrets, "*").ends_with("it\n*"));
    }
}

//! Secrets in texts for people: they must not come out again, in whatever form they went in.
//!
//! A secret seldom shows as it is stored. `echo token | base64` leaves a line's end that a URL and a header lose, a URL
//! encodes what it does not take (<https://url.spec.whatwg.org>: path, query and form each by other rules) and writes its
//! host in lower case, and quoted text has escapes. So a secret is looked for character by character, each in any of the
//! forms that it may have.

use std::ops::Range;

/// Characters of a secret that is blanked wherever it stands, within words too.
const LONG: usize = 4;

/// The text with `blank` in the place of every secret. Where secrets overlap, all that they cover is one blank, so that
/// none leaves a rest of another.
///
/// A secret of fewer than four characters is blanked only where it stands by itself: `us` in every `status` would hide
/// the message and not the secret.
///
/// ```
/// let text = aviary_crd::secrets::blanked("at http://h/p%40ss/x?k=tok3n", ["p@ss", "tok3n\n"], "***");
/// assert_eq!(text, "at http://h/***/x?k=***");
/// ```
pub fn blanked<S: AsRef<str>>(text: &str, secrets: impl IntoIterator<Item = S>, blank: &str) -> String {
    let mut found: Vec<Range<usize>> = Vec::new();
    for secret in secrets {
        let secret = secret.as_ref();
        let trimmed = secret.trim();
        if trimmed.is_empty() {
            continue;
        }
        found.extend(places(text, trimmed));
        if trimmed.len() < secret.len() {
            found.extend(places(text, secret));
        }
    }
    found.sort_by_key(|place| (place.start, place.end));
    let (mut out, mut kept_from) = (String::with_capacity(text.len()), 0);
    for place in found {
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

/// Where a secret stands in a text.
fn places<'t>(text: &'t str, secret: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    let anywhere = secret.trim().chars().count() >= LONG;
    let found = text.char_indices().filter_map(move |(at, _)| Some(at..end(text, at, secret)?));
    found.filter(move |place| anywhere || alone(text, place))
}

/// Whether neither a letter nor a digit stands beside a place; the digits of `%2F` are none.
fn alone(text: &str, place: &Range<usize>) -> bool {
    let before = text.get(..place.start).unwrap_or_default();
    let encoded = before.len().checked_sub(3).and_then(|at| before.get(at..));
    let encoded = encoded.and_then(|it| it.strip_prefix('%')).is_some_and(|it| byte(it).is_some());
    let after = text.get(place.end..).and_then(|after| after.chars().next());
    (encoded || !before.chars().next_back().is_some_and(char::is_alphanumeric))
        && !after.is_some_and(char::is_alphanumeric)
}

/// Where a secret that begins at `at` ends, at the latest. Its forms are ambiguous (`%25` is `%` encoded, or three
/// characters as they are), so all of them are followed at the same time.
fn end(text: &str, at: usize, secret: &str) -> Option<usize> {
    let mut ends = vec![at];
    for c in secret.chars() {
        let mut next = Vec::new();
        for at in ends {
            let rest = text.get(at..)?;
            next.extend(forms(rest, c).into_iter().flatten().map(|length| at + length));
        }
        next.sort_unstable();
        next.dedup();
        if next.is_empty() {
            return None;
        }
        ends = next;
    }
    ends.last().copied().filter(|end| *end > at)
}

/// How long the forms are in which a character of a secret begins a text.
fn forms(rest: &str, c: char) -> [Option<usize>; 5] {
    // A URL loses these wherever they stand.
    let lost = matches!(c, '\t' | '\n' | '\r').then_some(0);
    [plain(rest, c), percent(rest, c), escaped(rest, c), unicode(rest, c), lost]
}

/// As it is, in any case; in a form a space is a plus, and a URL's path has no backslash.
fn plain(rest: &str, c: char) -> Option<usize> {
    let found = rest.chars().next()?;
    let same = found.eq_ignore_ascii_case(&c) || matches!((c, found), (' ', '+') | ('\\', '/'));
    same.then_some(found.len_utf8())
}

/// `%C3%A9`
fn percent(rest: &str, c: char) -> Option<usize> {
    let mut bytes = [0; 4];
    let mut after = rest;
    for wanted in c.encode_utf8(&mut bytes).bytes() {
        let (digits, more) = after.strip_prefix('%')?.split_at_checked(2)?;
        if byte(digits)? != wanted {
            return None;
        }
        after = more;
    }
    Some(rest.len() - after.len())
}

/// Two hexadecimal digits.
fn byte(digits: &str) -> Option<u8> {
    u8::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|it| it.is_ascii_hexdigit()))
}

/// `\n`, as JSON, Go and Rust quote it.
fn escaped(rest: &str, c: char) -> Option<usize> {
    let meant = match rest.strip_prefix('\\')?.chars().next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        '0' => '\0',
        other @ ('"' | '\'' | '\\' | '/') => other,
        _ => return None,
    };
    (meant == c).then_some(2)
}

/// `\u00e9` of JSON, in two parts beyond the first 65,536; `\u{e9}` of Rust.
fn unicode(rest: &str, c: char) -> Option<usize> {
    if let Some((digits, _)) = rest.strip_prefix("\\u{").and_then(|rest| rest.split_once('}')) {
        return (u32::from_str_radix(digits, 16) == Ok(u32::from(c))).then_some(digits.len() + 4);
    }
    let mut units = [0; 2];
    let mut after = rest;
    for unit in c.encode_utf16(&mut units) {
        let (digits, more) = after.strip_prefix("\\u")?.split_at_checked(4)?;
        if u16::from_str_radix(digits, 16) != Ok(*unit) {
            return None;
        }
        after = more;
    }
    Some(rest.len() - after.len())
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
}

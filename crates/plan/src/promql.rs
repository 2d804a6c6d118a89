//! As much of a PromQL query as the rules need: its selectors, its windows, and what kind of answer it gives.
//!
//! Argument placeholders (`{{args.x}}`) may stand anywhere, so a full parser would refuse most queries of templates.

use std::time::Duration;

/// What a query looks like.
#[derive(Debug, Default, PartialEq)]
#[allow(clippy::struct_excessive_bools)] // independent observations, not a state
pub struct Query {
    /// Metric names with the label matchers in their braces, as written.
    pub selectors: Vec<Selector>,
    /// Range windows with their offset in the text.
    pub windows: Vec<(Duration, usize)>,
    /// Whether it gives one number rather than a list of them.
    pub scalar: bool,
    /// Whether it divides.
    pub divides: bool,
    /// Whether it says what an empty answer becomes (`or vector(...)`).
    pub fallback: bool,
    /// Whether it takes a quantile of a histogram, which is NaN when there is nothing in it.
    pub quantile: bool,
}

/// A metric with its label matchers.
#[derive(Debug, Default, PartialEq)]
pub struct Selector {
    /// Name of the metric; empty when it is matched by a label.
    pub metric: String,
    /// The matchers, as written.
    pub matchers: String,
}

/// Placeholders become a word that is valid wherever they stand.
const PLACEHOLDER: &str = "__arg__";

/// Reads a query.
pub fn read(text: &str) -> Query {
    let mut query = Query::default();
    let plain = without_placeholders(text);
    let mut word = String::new();
    let mut chars = plain.char_indices().peekable();
    let mut outermost_scalar = None;
    while let Some((at, c)) = chars.next() {
        match c {
            '"' | '\'' | '`' => {
                skip_string(&mut chars, c);
            }
            '#' => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
            '{' => {
                let matchers = braces(&mut chars);
                query.selectors.push(Selector { metric: std::mem::take(&mut word), matchers });
            }
            '[' => {
                let inside: String =
                    std::iter::from_fn(|| chars.next_if(|(_, c)| *c != ']').map(|(_, c)| c)).collect();
                let range = inside.split(':').next().unwrap_or_default();
                if let Some(window) = duration(range) {
                    query.windows.push((window, at));
                }
                if !word.is_empty() {
                    query
                        .selectors
                        .push(Selector { metric: std::mem::take(&mut word), ..Selector::default() });
                }
            }
            '/' => query.divides = true,
            c if c.is_alphanumeric() || c == '_' || c == ':' => {
                word.push(c);
                let more = chars.peek().is_some_and(|(_, c)| c.is_alphanumeric() || *c == '_' || *c == ':');
                if !more {
                    let next = next_sign(&plain, at + c.len_utf8());
                    keyword(&word, next, &mut query, &mut outermost_scalar);
                    if next != Some('{') && next != Some('[') {
                        word.clear();
                    }
                }
            }
            _ => {}
        }
    }
    query.scalar = outermost_scalar == Some(true) || plain.trim().parse::<f64>().is_ok();
    query
}

fn keyword(word: &str, next: Option<char>, query: &mut Query, outermost_scalar: &mut Option<bool>) {
    if next == Some('(') {
        outermost_scalar.get_or_insert(word == "scalar" || word == "time");
        query.quantile |= word == "histogram_quantile";
        query.fallback |= word == "vector" || word == "absent";
    }
}

fn without_placeholders(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        plain.push_str(before);
        plain.push_str(PLACEHOLDER);
        rest = after.split_once("}}").map_or("", |(_, tail)| tail);
    }
    plain.push_str(rest);
    plain
}

type Chars<'t> = std::iter::Peekable<std::str::CharIndices<'t>>;

fn skip_string(chars: &mut Chars<'_>, quote: char) -> String {
    let mut text = String::new();
    while let Some((_, c)) = chars.next() {
        if c == quote {
            break;
        }
        text.push(c);
        if c == '\\' && quote != '`' {
            text.extend(chars.next().map(|(_, c)| c));
        }
    }
    text
}

fn braces(chars: &mut Chars<'_>) -> String {
    let mut inside = String::new();
    while let Some((_, c)) = chars.next() {
        match c {
            '}' => break,
            '"' | '\'' | '`' => inside.extend(["\"", &skip_string(chars, c), "\""]),
            c => inside.push(c),
        }
    }
    inside
}

fn next_sign(text: &str, from: usize) -> Option<char> {
    text.get(from..)?.chars().find(|c| !c.is_whitespace())
}

/// `1h30m`, `5m`, `30s`: whole numbers with the units of PromQL.
fn duration(text: &str) -> Option<Duration> {
    let mut seconds = 0.0;
    let mut number = String::new();
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c {
            'm' if chars.next_if_eq(&'s').is_some() => 0.001,
            's' => 1.0,
            'm' => 60.0,
            'h' => 3_600.0,
            'd' => 86_400.0,
            'w' => 604_800.0,
            'y' => 31_536_000.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * unit;
        number.clear();
    }
    // A window longer than time can be told is no window that anybody plans with.
    let sensible = number.is_empty() && seconds > 0.0;
    sensible.then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
}

impl Selector {
    /// Names of the labels that are matched.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.matchers.split(',').filter_map(|matcher| {
            let end = matcher.find(['=', '!'])?;
            matcher.get(..end).map(str::trim)
        })
    }

    /// Whether it is narrowed by an argument.
    pub fn has_argument(&self) -> bool {
        self.metric.contains(PLACEHOLDER) || self.matchers.contains(PLACEHOLDER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_windows_and_divisions_are_seen_through_placeholders() {
        let query = read(
            "sum(rate(http_requests_total{status=~\"5..\",hash=\"{{args.hash}}\"}[1m]))\n/\nsum(rate(up[2m30s]))",
        );
        assert_eq!(query.selectors.len(), 2);
        assert_eq!(query.selectors[0].labels().collect::<Vec<_>>(), ["status", "hash"]);
        assert!(query.selectors[0].has_argument() && !query.selectors[1].has_argument());
        assert_eq!(query.selectors[1].metric, "up");
        assert_eq!(query.windows.iter().map(|(window, _)| window.as_secs()).collect::<Vec<_>>(), [60, 150]);
        assert!(query.divides && !query.scalar && !query.fallback);
    }

    #[test]
    fn a_window_longer_than_time_can_be_told_is_none() {
        assert!(read("rate(up[99999999999999999999y])").windows.is_empty());
        assert_eq!(read("rate(up[1y])").windows.len(), 1);
    }

    #[test]
    fn what_gives_one_number_is_told_from_what_gives_a_list() {
        assert!(read("scalar(sum(up))").scalar);
        assert!(read("42").scalar);
        assert!(!read("sum(up) or vector(0)").scalar);
        assert!(read("sum(up) or vector(0)").fallback);
    }
}

//! The Prometheus text format, as `/metrics` answers it.

use super::Labels;
use super::labels::NAME;

/// One sample of an exposition.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Name and labels.
    pub labels: Labels,
    /// Value.
    pub value: f64,
    /// Milliseconds since the epoch, when the target gives a time itself.
    pub at: Option<i64>,
}

/// A line that is not in the text format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the exposition: {reason} in {text:?}")]
pub struct Error {
    /// Counted from one.
    pub line: usize,
    /// What is wrong.
    pub reason: &'static str,
    /// The line, shortened.
    pub text: String,
}

/// Reads an exposition. Comments (`# HELP`, `# TYPE`, `# EOF`) and exemplars are passed over.
pub fn parse(text: &str) -> Result<Vec<Sample>, Error> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let wanted = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    wanted
        .map(|(line, text)| {
            sample(text).map_err(|reason| Error { line, reason, text: text.chars().take(120).collect() })
        })
        .collect()
}

fn sample(line: &str) -> Result<Sample, &'static str> {
    let end = line.find(|c: char| c == '{' || c.is_whitespace()).ok_or("no value")?;
    let (name, rest) = line.split_at(end);
    if !is_metric_name(name) {
        return Err("bad metric name");
    }
    let labels = Labels::default().with(NAME, name);
    let (labels, rest) = match rest.trim_start().strip_prefix('{') {
        Some(rest) => pairs(rest, labels)?,
        None => (labels, rest),
    };
    let (numbers, _exemplar) = rest.split_once(" # ").unwrap_or((rest, ""));
    let mut numbers = numbers.split_whitespace();
    let value = numbers.next().ok_or("no value").and_then(number)?;
    let at = numbers.next().map(|text| text.parse().map_err(|_| "bad timestamp")).transpose()?;
    if numbers.next().is_some() {
        return Err("text after the timestamp");
    }
    Ok(Sample { labels, value, at })
}

/// Reads `key="value",...}` and gives what follows the brace.
fn pairs(mut rest: &str, mut labels: Labels) -> Result<(Labels, &str), &'static str> {
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        let (name, after) = rest.split_once('=').ok_or("a label without value")?;
        if !is_label_name(name.trim()) {
            return Err("bad label name");
        }
        let quoted = after.trim_start().strip_prefix('"').ok_or("a label value without quotes")?;
        let (value, after) = unquote(quoted)?;
        labels = labels.with(name.trim(), value);
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return Err("no comma between labels"),
        }
    }
}

/// Reads up to the closing quote; `\\`, `\"` and `\n` are the only escapes.
fn unquote(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next().ok_or("a label value without end")? {
            '"' => return Ok((value, chars.as_str())),
            '\\' => match chars.next().ok_or("a label value without end")? {
                'n' => value.push('\n'),
                escaped @ ('"' | '\\') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            other => value.push(other),
        }
    }
}

fn number(text: &str) -> Result<f64, &'static str> {
    // Rust reads `inf`, `+Inf`, `NaN` and exponents just as Go does.
    text.parse().map_err(|_| "bad value")
}

fn is_metric_name(name: &str) -> bool {
    is_name(name, |c| c == '_' || c == ':')
}

fn is_label_name(name: &str) -> bool {
    is_name(name, |c| c == '_')
}

fn is_name(name: &str, extra: fn(char) -> bool) -> bool {
    let starts = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || extra(c));
    starts && name.chars().all(|c| c.is_ascii_alphanumeric() || extra(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(labels: Labels, value: f64, at: Option<i64>) -> Sample {
        Sample { labels, value, at }
    }

    #[test]
    fn names_labels_escapes_times_and_exemplars_are_read() {
        let text = "# HELP up Whether it is up.\n# TYPE up gauge\nup 1\n\nrequests_total{code=\"200\",path=\"/a\\\"b\\\\c\\n\",} \
                    3.5e2 1700000000123\nlatency_bucket { le=\"+Inf\" } +Inf # {trace=\"x\"} 0.5\n# EOF\n";
        let expected = [
            one(Labels::named("up", [("", "")]), 1.0, None),
            one(
                Labels::named("requests_total", [("code", "200"), ("path", "/a\"b\\c\n")]),
                350.0,
                Some(1_700_000_000_123),
            ),
            one(Labels::named("latency_bucket", [("le", "+Inf")]), f64::INFINITY, None),
        ];
        assert_eq!(parse(text), Ok(expected.into()));
    }

    #[test]
    fn a_broken_line_is_named_with_its_number() {
        for (line, reason) in [
            ("9up 1", "bad metric name"),
            ("up", "no value"),
            ("up x", "bad value"),
            ("up 1 soon", "bad timestamp"),
            ("up 1 2 3", "text after the timestamp"),
            ("up{a=\"1\" 1", "no comma between labels"),
            ("up{a=1} 1", "a label value without quotes"),
            ("up{a=\"1} 1", "a label value without end"),
            ("up{a} 1", "a label without value"),
            ("up{a-b=\"1\"} 1", "bad label name"),
        ] {
            let expected = Error { line: 2, reason, text: line.to_owned() };
            assert_eq!(parse(&format!("ok 1\n{line}\n")), Err(expected));
        }
    }
}

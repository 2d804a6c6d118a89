//! Go's ways of writing values, where users meet them in messages and arguments.

/// A text as Go's `%q` prints it.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

/// What JSON cannot read of a text that Go has quoted: the letter of the first escape that JSON does not have.
pub(crate) fn unknown_to_json(text: &str) -> Option<char> {
    let letter = |c: char| escaped(c).strip_prefix('\\').and_then(|rest| rest.chars().next());
    text.chars().filter_map(letter).find(|letter| "avxU".contains(*letter))
}

/// One character between quotes.
fn escaped(c: char) -> String {
    match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\u{7}' => "\\a".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\u{b}' => "\\v".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\0'..'\u{20}' | '\u{7f}' => format!("\\x{:02x}", u32::from(c)),
        c if is_printable(c) => c.to_string(),
        c if u32::from(c) < 0x10000 => format!("\\u{:04x}", u32::from(c)),
        c => format!("\\U{:08x}", u32::from(c)),
    }
}

/// Letters, marks, numbers, punctuation, symbols and the space: what Rust writes as it is behind another letter.
fn is_printable(c: char) -> bool {
    !format!("{:?}", format!("a{c}")).contains("\\u{")
}

/// A number of JSON as Go's `%v` prints it: with an exponent from a million on, and below a ten-thousandth.
pub(crate) fn number(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>().unwrap_or(0) {
        -4..6 => number.to_string(),
        exponent => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.abs())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_go_quotes_them() {
        let rows = [
            ("plain é 😀 '", r#""plain é 😀 '""#),
            ("\"\\\n\r\t\u{8}\u{c}", r#""\"\\\n\r\t\b\f""#),
            ("\u{1}\u{7f}\0", r#""\x01\x7f\x00""#),
            ("\u{7}\u{b}", r#""\a\v""#),
            ("\u{80}\u{a0}\u{200b}", r#""\u0080\u00a0\u200b""#),
            ("\u{e0001}\u{f0000}", r#""\U000e0001\U000f0000""#),
        ];
        for (text, wanted) in rows {
            assert_eq!(quoted(text), wanted);
        }
    }

    #[test]
    fn of_what_go_escapes_json_does_not_know_all() {
        let rows = [
            ("\u{1}", Some('x')),
            ("a\u{7f}", Some('x')),
            ("\u{7}\u{1}", Some('a')),
            ("\u{b}", Some('v')),
            ("\u{e0001}", Some('U')),
            ("\\x \"a\" \n\t\u{200b} é 😀", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(unknown_to_json(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_printed_as_go_prints_them() {
        let rows = [
            (0.0, "0"),
            (1.0, "1"),
            (0.5, "0.5"),
            (-3.0, "-3"),
            (999_999.0, "999999"),
            (1_000_000.0, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (1e100, "1e+100"),
        ];
        for (value, wanted) in rows {
            assert_eq!(number(value), wanted);
        }
    }
}

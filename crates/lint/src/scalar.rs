//! Places inside of a text that stands in YAML.

use crd::yaml::Position;

/// Where the character `at` (from 0) of the text stands that is the value of the key at `key`; `None` when the text is
/// written otherwise than it reads: a block, several lines, an escape in quotes, an anchor before it.
pub(crate) fn inside(line: &str, key: Position, text: &str, at: usize) -> Option<Position> {
    let after_key: String = line.chars().skip(key.column.saturating_sub(1)).collect();
    let (name, value) = after_key.split_once(": ")?;
    let scalar = value.trim_start();
    let indent = value.chars().count() - scalar.chars().count();
    let quote = scalar.chars().next().filter(|first| matches!(first, '\'' | '"'));
    let written = quote.map_or(scalar, |quote| scalar.strip_prefix(quote).unwrap_or(scalar));
    let rest = written.strip_prefix(text)?;
    // Quotes end where the text does; a plain text ends with the line, a comment, or the mapping around it.
    let ends = quote.map_or_else(
        || rest.trim().is_empty() || rest.starts_with([' ', ',', '}', ']']),
        |quote| rest.starts_with(quote),
    );
    let before = name.chars().count() + 2 + indent + usize::from(quote.is_some());
    (ends && !text.contains('\n')).then(|| Position { line: key.line, column: key.column + before + at })
}

/// The place in words, for a text that is written otherwise than it reads: which character, and what begins there.
pub(crate) fn told(text: &str, at: usize) -> String {
    let before = text.chars().take(at);
    let line = before.clone().filter(|c| *c == '\n').count() + 1;
    let column = before.fold(1, |column, c| if c == '\n' { 1 } else { column + 1 });
    let rest: String = text.chars().skip(at).take_while(|c| *c != '\n').collect();
    let place = if text.trim_end().contains('\n') {
        format!("line {line}, column {column} of the condition")
    } else {
        format!("column {column} of the condition")
    };
    if rest.trim().is_empty() {
        format!("{place}, where it ends")
    } else {
        format!("{place}, at `{}`", rest.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "result < 0.01";

    /// The column of the `<` in a line whose key begins in column 3.
    fn column(line: &str) -> Option<usize> {
        inside(line, Position { line: 7, column: 3 }, TEXT, 7).map(|place| place.column)
    }

    #[test]
    fn plain_and_quoted_texts_are_pointed_into() {
        let lines = [
            "  successCondition: result < 0.01",
            "  successCondition:   result < 0.01  # a comment",
            "  successCondition: 'result < 0.01'",
            "- {successCondition: \"result < 0.01\", name: a}",
            "- {successCondition: result < 0.01, name: a}",
        ];
        for line in lines {
            let wanted = line.chars().position(|c| c == '<').unwrap() + 1;
            let start = line.find("succ").unwrap() + 1;
            let found = inside(line, Position { line: 7, column: start }, TEXT, 7);
            assert_eq!(found, Some(Position { line: 7, column: wanted }), "{line}");
        }
    }

    #[test]
    fn what_is_written_otherwise_than_it_reads_is_not() {
        for line in [
            "  successCondition: >-",
            "  successCondition: \"result \\u003c 0.01\"",
            "  successCondition: result < 0.012",
            "  successCondition: 'result < 0.01 && '",
            "  successCondition: &a result < 0.01",
            "  successCondition:",
        ] {
            assert_eq!(column(line), None, "{line}");
        }
        assert_eq!(told(TEXT, 7), "column 8 of the condition, at `< 0.01`");
        assert_eq!(told("result\n < 0.01\n", 8), "line 2, column 2 of the condition, at `< 0.01`");
        assert_eq!(told("result <", 8), "column 9 of the condition, where it ends");
    }
}

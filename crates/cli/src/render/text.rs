//! Running text.

/// The text in lines of at most `width` characters where its words allow it; each ends in a line break.
///
/// What stands between backquotes is not broken.
pub(crate) fn wrapped(text: &str, width: usize, first: &str, rest: &str) -> String {
    let mut out = String::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in words(text) {
        let space = usize::from(!empty);
        if !empty && line.chars().count() + space + word.chars().count() > width {
            out.push_str(&line);
            out.push('\n');
            rest.clone_into(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(&line);
    out.push('\n');
    out
}

/// Pieces between spaces, code being one piece.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut code = false;
    for (index, c) in text.char_indices() {
        match c {
            '`' => code = !code,
            ' ' if !code => {
                words.extend(text.get(start..index).filter(|word| !word.is_empty()));
                start = index + 1;
            }
            _ => {}
        }
    }
    words.extend(text.get(start..).filter(|word| !word.is_empty()));
    words
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_break_between_words_and_never_inside_code() {
        let text = "set `a: b c d` to something else";
        assert_eq!(wrapped(text, 16, "- ", "  "), "- set `a: b c d`\n  to something\n  else\n");
    }
}

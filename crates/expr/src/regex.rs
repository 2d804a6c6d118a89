//! RE2 patterns, and what Go says of broken ones.

use regex_lite::Regex;

/// Compiles, or says why not in Go's words as far as the common mistakes go.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|_| format!("error parsing regexp: {}", mistake(pattern)))
}

fn mistake(pattern: &str) -> String {
    let characters: Vec<char> = pattern.chars().collect();
    let mut open_groups = 0_usize;
    let mut i = 0;
    let mut repeatable = false;
    while let Some(c) = characters.get(i) {
        match c {
            '\\' if i + 1 == characters.len() => return "trailing backslash at end of expression: ``".into(),
            '\\' => i += 1,
            '[' => {
                let Some(end) = class_end(&characters, i) else {
                    let rest: String = characters.iter().skip(i).collect();
                    return format!("missing closing ]: `{rest}`");
                };
                i = end;
            }
            '(' => open_groups += 1,
            ')' if open_groups == 0 => return format!("unexpected ): `{pattern}`"),
            ')' => open_groups -= 1,
            '*' | '+' | '?' if !repeatable && characters.get(i.wrapping_sub(1)) != Some(&'(') => {
                return format!("missing argument to repetition operator: `{c}`");
            }
            _ => {}
        }
        repeatable = !matches!(c, '(' | '|');
        i += 1;
    }
    if open_groups > 0 {
        return format!("missing closing ): `{pattern}`");
    }
    format!("invalid or unsupported syntax: `{pattern}`")
}

/// The `]` that closes the class opened at `start`; one right after the opening is a member.
fn class_end(characters: &[char], start: usize) -> Option<usize> {
    let mut i = start + 1;
    if characters.get(i) == Some(&'^') {
        i += 1;
    }
    let first = i;
    loop {
        match characters.get(i)? {
            '\\' => i += 1,
            ']' if i > first => return Some(i),
            _ => {}
        }
        i += 1;
    }
}

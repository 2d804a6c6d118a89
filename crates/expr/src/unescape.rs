//! Backslash escapes inside quoted text.

fn hex(digits: &[char]) -> Option<char> {
    let mut code = 0_u32;
    for digit in digits {
        code = code.checked_mul(16)?.checked_add(digit.to_digit(16)?)?;
    }
    Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
}

fn braced(rest: &[char]) -> Option<(char, usize)> {
    let close = rest.iter().position(|c| *c == '}')?;
    let digits = rest.get(2..close)?;
    if digits.is_empty() || digits.len() > 6 {
        return None;
    }
    hex(digits).map(|c| (c, close + 1))
}

/// Reads the escape that follows a backslash: the character, and how many characters it took.
pub(crate) fn escape(rest: &[char]) -> Option<(char, usize)> {
    let fixed = |count: usize| hex(rest.get(1..=count)?).map(|c| (c, count + 1));
    let simple = match *rest.first()? {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        c @ ('\\' | '\'' | '"') => c,
        '0'..='7' => {
            let code = rest.get(..3)?.iter().try_fold(0, |n, c| Some(n * 8 + c.to_digit(8)?))?;
            return char::from_u32(code).map(|c| (c, 3));
        }
        'x' => return fixed(2),
        'u' if rest.get(1) == Some(&'{') => return braced(rest),
        'u' => return fixed(4),
        'U' => return fixed(8),
        _ => return None,
    };
    Some((simple, 1))
}

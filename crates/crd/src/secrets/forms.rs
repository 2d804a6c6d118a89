//! The forms that one character of a secret may have in a text.

/// Stands at the end of a text that was cut.
pub(super) const CUT: char = '…';

/// Longest escape of one character, in bytes: `\ud83d\udd12`, or four times `%F0`.
const LONGEST_FORM: usize = 12;

/// How long the forms are in which a character of a secret begins a text.
pub(super) fn forms(rest: &str, c: char) -> [Option<usize>; 5] {
    let lost = is_lost(c).then_some(0);
    // Most characters begin no escape.
    match rest.as_bytes().first() {
        Some(b'%') => [plain(rest, c), percent(rest, c), None, None, lost],
        Some(b'\\') => [plain(rest, c), None, escaped(rest, c), unicode(rest, c), lost],
        _ => [plain(rest, c), None, None, None, lost],
    }
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
pub(super) fn byte(digits: &str) -> Option<u8> {
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
    if let Some(digits) = rest.strip_prefix("\\u{").and_then(braced) {
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

/// What stands before a brace, of six digits at most; what is further on is no digit of this character.
fn braced(rest: &str) -> Option<&str> {
    let end = rest.bytes().take(8).position(|byte| byte == b'}')?;
    rest.get(..end)
}

/// A URL loses these wherever they stand.
pub(super) fn is_lost(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r')
}

/// Whether a character may begin a form of this one, at a glance.
pub(super) fn may_begin(found: char, c: char) -> bool {
    found.eq_ignore_ascii_case(&c)
        || matches!((found, c), ('%' | '\\', _) | ('+', ' ') | ('/', '\\'))
        || is_lost(c)
}

/// Whether a text that was cut ends here, perhaps within an escape.
pub(super) fn is_cut(rest: &str) -> bool {
    if !rest.starts_with(['%', '\\']) {
        return rest.starts_with(CUT);
    }
    let escape = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b'\\' | b'{');
    let length = rest.bytes().take(LONGEST_FORM).take_while(escape).count();
    rest.get(length..).is_some_and(|rest| rest.starts_with(CUT))
}

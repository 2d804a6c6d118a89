//! From text to [`Part`]s.

use serde_json::Value as Json;

use super::{Comparison, Operand, Part, Step};

/// Two-character operators first, or `<=` would be read as `<`.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

pub(super) fn template(mut rest: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('{') {
            let (action, after) = until(inside, '}').ok_or("unclosed action")?;
            parts.push(part(action.trim())?);
            rest = after;
        } else {
            let (text, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            parts.push(Part::Text(text.to_owned()));
            rest = after;
        }
    }
    Ok(parts)
}

fn part(action: &str) -> Result<Part, String> {
    if action.starts_with("range") || action == "end" {
        return Err("{range} gives no single value".to_owned());
    }
    match literal(action) {
        Some(Json::String(text)) => Ok(Part::Text(text)),
        _ => path(action).map(Part::Path),
    }
}

fn path(mut rest: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = step(rest)?;
        steps.extend(step);
        rest = after;
    }
    Ok(steps)
}

/// The next step (`@` is none: it stands for where one is) and what follows it.
fn step(rest: &str) -> Result<(Option<Step>, &str), String> {
    if let Some(after) = rest.strip_prefix('$') {
        Ok((Some(Step::Root), after))
    } else if let Some(after) = rest.strip_prefix('@') {
        Ok((None, after))
    } else if let Some(after) = rest.strip_prefix("..") {
        // What follows may be a name without a dot of its own.
        if after.starts_with(['[', '.']) { Ok((Some(Step::Descend), after)) } else { descend(rest, after) }
    } else if let Some(after) = rest.strip_prefix('.') {
        if after.starts_with('[') || after.is_empty() { Ok((None, after)) } else { field(after) }
    } else if let Some(inside) = rest.strip_prefix('[') {
        let (inside, after) = until(inside, ']').ok_or("unterminated array")?;
        Ok((Some(bracket(inside.trim())?), after))
    } else {
        field(rest)
    }
}

fn descend<'a>(whole: &'a str, after: &'a str) -> Result<(Option<Step>, &'a str), String> {
    if after.is_empty() {
        return Err("nothing after `..`".to_owned());
    }
    // One dot is left, which makes it an ordinary field.
    Ok((Some(Step::Descend), &whole[1..]))
}

/// A name up to the next dot or bracket; a backslash takes the next character as it is.
fn field(text: &str) -> Result<(Option<Step>, &str), String> {
    let mut name = String::new();
    let mut chars = text.chars();
    loop {
        let rest = chars.as_str();
        match chars.next() {
            Some('\\') => name.extend(chars.next()),
            Some(c) if !matches!(c, '.' | '[') => {
                if c.is_whitespace() || "{}()|,".contains(c) {
                    return Err(format!("cannot read {text:?}"));
                }
                name.push(c);
            }
            _ if name.is_empty() => return Err(format!("cannot read {text:?}")),
            _ if name == "*" => return Ok((Some(Step::Each), rest)),
            _ => return Ok((Some(Step::Field(name)), rest)),
        }
    }
}

fn bracket(inside: &str) -> Result<Step, String> {
    if let Some(condition) = inside.strip_prefix("?(").and_then(|rest| rest.strip_suffix(')')) {
        return filter(condition);
    }
    let mut choices = Vec::new();
    let mut rest = inside;
    while let Some((choice, after)) = until(rest, ',') {
        choices.push(one_of_bracket(choice.trim())?);
        rest = after;
    }
    let last = one_of_bracket(rest.trim())?;
    if choices.is_empty() {
        return Ok(last);
    }
    choices.push(last);
    Ok(Step::Union(choices))
}

fn one_of_bracket(text: &str) -> Result<Step, String> {
    let unread = || format!("cannot read {text:?}");
    if text == "*" {
        return Ok(Step::Each);
    }
    if let Some(Json::String(name)) = literal(text) {
        return Ok(Step::Field(name));
    }
    let bounds: Vec<Option<i64>> = (text.split(':').map(str::trim))
        .map(|bound| if bound.is_empty() { Ok(None) } else { bound.parse().map(Some).map_err(|_| unread()) })
        .collect::<Result<_, _>>()?;
    let by = |by: Option<i64>| usize::try_from(by.unwrap_or(1)).ok().filter(|by| *by > 0).ok_or_else(unread);
    match *bounds.as_slice() {
        // The last item ends where the list ends; -1 + 1 would be its beginning.
        [Some(at)] => Ok(Step::Slice { from: Some(at), to: at.checked_add(1).filter(|to| *to != 0), by: 1 }),
        [from, to] => Ok(Step::Slice { from, to, by: 1 }),
        [from, to, step] => Ok(Step::Slice { from, to, by: by(step)? }),
        _ => Err(unread()),
    }
}

fn filter(condition: &str) -> Result<Step, String> {
    let at = (0..condition.len()).filter(|at| condition.is_char_boundary(*at)).find_map(|at| {
        let (sign, comparison) = COMPARISONS.iter().find(|(sign, _)| condition[at..].starts_with(sign))?;
        quotes_closed(&condition[..at]).then_some((at, sign.len(), *comparison))
    });
    let Some((at, length, comparison)) = at else {
        return Ok(Step::Filter { left: operand(condition)?, test: None });
    };
    let (left, right) = (operand(&condition[..at])?, operand(&condition[at + length..])?);
    Ok(Step::Filter { left, test: Some((comparison, right)) })
}

fn operand(text: &str) -> Result<Operand, String> {
    let text = text.trim();
    literal(text).map_or_else(|| path(text).map(Operand::Path), |literal| Ok(Operand::Literal(literal)))
}

/// A quoted text, a number, `true` or `false`.
fn literal(text: &str) -> Option<Json> {
    let single = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let double = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match single.or(double) {
        Some(inside) if !inside.contains(['\'', '"']) => Some(Json::from(inside)),
        Some(_) => None,
        None => serde_json::from_str(text).ok().filter(|json: &Json| json.is_number() || json.is_boolean()),
    }
}

/// Splits at the first `end` that is neither in quotes nor in brackets.
fn until(text: &str, end: char) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match (quote, c) {
            (_, '\\') => escaped = true,
            (Some(open), _) => quote = if c == open { None } else { quote },
            (None, '\'' | '"') => quote = Some(c),
            (None, _) if c == end && depth == 0 => return Some((&text[..at], &text[at + c.len_utf8()..])),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

fn quotes_closed(text: &str) -> bool {
    let of = |quote| text.chars().filter(|c| *c == quote).count();
    of('"').is_multiple_of(2) && of('\'').is_multiple_of(2)
}

//! From a document to the values that a path finds.

use serde_json::Value as Json;

use super::{Comparison, Operand, Step};

/// The values at the end of `steps`, beginning at `here`.
pub(super) fn path<'a>(steps: &[Step], here: &'a Json, root: &'a Json) -> Result<Vec<&'a Json>, String> {
    steps.iter().try_fold(vec![here], |found, step| advance(step, found, root))
}

fn advance<'a>(step: &Step, from: Vec<&'a Json>, root: &'a Json) -> Result<Vec<&'a Json>, String> {
    match step {
        Step::Root => Ok(vec![root]),
        Step::Each => Ok(from.into_iter().flat_map(children).collect()),
        Step::Descend => Ok(from.into_iter().flat_map(within).collect()),
        Step::Field(name) => {
            let found: Vec<&Json> = from.into_iter().filter_map(|value| value.get(name.as_str())).collect();
            if found.is_empty() { Err(format!("{name} is not found")) } else { Ok(found) }
        }
        Step::Slice { from: first, to, by } => {
            let slices = from.into_iter().map(|value| slice(value, *first, *to, *by));
            slices.collect::<Result<Vec<_>, _>>().map(|slices| slices.concat())
        }
        Step::Union(choices) => {
            let found = choices.iter().map(|choice| advance(choice, from.clone(), root));
            found.collect::<Result<Vec<_>, _>>().map(|found| found.concat())
        }
        Step::Filter { left, test } => Ok(from
            .into_iter()
            .flat_map(children)
            .filter(|item| holds(left, test.as_ref(), item, root))
            .collect()),
    }
}

/// Members in the order of their names, or items.
fn children(value: &Json) -> Vec<&Json> {
    match value {
        Json::Array(items) => items.iter().collect(),
        Json::Object(members) => members.values().collect(),
        _ => Vec::new(),
    }
}

/// The value and all within it, outermost first. JSON that was parsed is not nested deeper than 128.
fn within(value: &Json) -> Vec<&Json> {
    std::iter::once(value).chain(children(value).into_iter().flat_map(within)).collect()
}

fn slice(value: &Json, from: Option<i64>, to: Option<i64>, by: usize) -> Result<Vec<&Json>, String> {
    let items = value.as_array().ok_or("an index is for lists")?;
    let length = items.len() as i64;
    let absolute = |at: i64| if at < 0 { at + length } else { at };
    let beyond = |at: i64| format!("array index out of bounds: index {at}, length {length}");
    let (from, to) = (absolute(from.unwrap_or(0)), absolute(to.unwrap_or(length)));
    if !(0..length).contains(&from) {
        return Err(beyond(from));
    }
    if !(0..=length).contains(&to) {
        return Err(beyond(to - 1));
    }
    let wanted = items.iter().take(to as usize).skip(from as usize);
    Ok(wanted.step_by(by).collect())
}

fn holds(left: &Operand, test: Option<&(Comparison, Operand)>, item: &Json, root: &Json) -> bool {
    let left = operand(left, item, root);
    match test {
        None => left.is_some(),
        Some((comparison, right)) => {
            let pair = left.zip(operand(right, item, root));
            pair.is_some_and(|(left, right)| compare(*comparison, &left, &right))
        }
    }
}

/// The one value of an operand; a path that finds nothing has none.
fn operand(operand: &Operand, item: &Json, root: &Json) -> Option<Json> {
    match operand {
        Operand::Literal(literal) => Some(literal.clone()),
        Operand::Path(steps) => path(steps, item, root).ok()?.first().copied().cloned(),
    }
}

fn compare(comparison: Comparison, left: &Json, right: &Json) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match (left, right) {
        (Json::Number(a), Json::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
        (Json::String(a), Json::String(b)) => Some(a.cmp(b)),
        (a, b) => (a == b).then_some(Equal),
    };
    match comparison {
        Comparison::Equal => order == Some(Equal),
        Comparison::NotEqual => order != Some(Equal),
        Comparison::Less => order == Some(Less),
        Comparison::LessOrEqual => matches!(order, Some(Less | Equal)),
        Comparison::Greater => order == Some(Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Greater | Equal)),
    }
}

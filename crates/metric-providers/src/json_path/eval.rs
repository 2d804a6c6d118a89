//! From a document to the values that a path finds.

use serde_json::Value as Json;

use super::budget::Budget;
use super::{Comparison, Operand, Step};

/// Why there is no result.
pub(super) enum Stop {
    /// The path leads nowhere in this document. In a filter it is only false.
    Nowhere(String),
    /// The budget is used up: everything ends.
    Spent(String),
}

type Found<'a> = Result<Vec<&'a Json>, Stop>;

/// The values at the end of `steps`, beginning at `here`. How deep filters lie in filters, the parser has bounded.
pub(super) fn path<'a>(steps: &[Step], here: &'a Json, root: &'a Json, budget: &mut Budget) -> Found<'a> {
    steps.iter().try_fold(vec![here], |found, step| advance(step, &found, root, budget))
}

fn advance<'a>(step: &Step, from: &[&'a Json], root: &'a Json, budget: &mut Budget) -> Found<'a> {
    budget.work(1 + from.len()).map_err(Stop::Spent)?;
    let mut found = Vec::new();
    match step {
        Step::Root => found.push(root),
        Step::Each => {
            for value in from {
                budget.collect(found.len(), size(value)).map_err(Stop::Spent)?;
                found.extend(children(value));
            }
        }
        Step::Descend => {
            for value in from {
                within(value, &mut found, budget).map_err(Stop::Spent)?;
            }
        }
        Step::Field(name) => {
            found.extend(from.iter().filter_map(|value| value.get(name.as_str())));
            if found.is_empty() {
                return Err(Stop::Nowhere(format!("{name} is not found")));
            }
        }
        Step::Slice { from: first, to, by } => {
            for value in from {
                let slice = slice(value, *first, *to).map_err(Stop::Nowhere)?;
                budget.collect(found.len(), slice.len().div_ceil(*by)).map_err(Stop::Spent)?;
                found.extend(slice.iter().step_by(*by));
            }
        }
        Step::Union(choices) => {
            for choice in choices {
                let more = advance(choice, from, root, budget)?;
                budget.collect(found.len(), more.len()).map_err(Stop::Spent)?;
                found.extend(more);
            }
        }
        Step::Filter { left, test } => {
            for value in from {
                for item in children(value) {
                    if holds(left, test.as_ref(), item, root, budget).map_err(Stop::Spent)? {
                        budget.collect(found.len(), 1).map_err(Stop::Spent)?;
                        found.push(item);
                    }
                }
            }
        }
    }
    Ok(found)
}

/// Members in the order of their names, or items.
fn children(value: &Json) -> impl Iterator<Item = &Json> {
    let (items, members) = match value {
        Json::Array(items) => (Some(items), None),
        Json::Object(members) => (None, Some(members)),
        _ => (None, None),
    };
    items.into_iter().flatten().chain(members.into_iter().flat_map(|members| members.values()))
}

/// How many [`children`] there are.
fn size(value: &Json) -> usize {
    match value {
        Json::Array(items) => items.len(),
        Json::Object(members) => members.len(),
        _ => 0,
    }
}

/// The value and all within it, outermost first. JSON that was parsed is not nested deeper than 128.
fn within<'a>(value: &'a Json, found: &mut Vec<&'a Json>, budget: &mut Budget) -> Result<(), String> {
    budget.collect(found.len(), 1)?;
    found.push(value);
    children(value).try_for_each(|child| within(child, found, budget))
}

fn slice(value: &Json, from: Option<i64>, to: Option<i64>) -> Result<&[Json], String> {
    let items = value.as_array().ok_or("an index is for lists")?;
    let length = items.len() as i64;
    let absolute = |at: i64| if at < 0 { at.saturating_add(length) } else { at };
    let beyond = |at: i64| format!("array index out of bounds: index {at}, length {length}");
    let (from, to) = (absolute(from.unwrap_or(0)), absolute(to.unwrap_or(length)));
    if !(0..length).contains(&from) {
        return Err(beyond(from));
    }
    if !(0..=length).contains(&to) {
        return Err(beyond(to.saturating_sub(1)));
    }
    Ok(items.get(from as usize..to as usize).unwrap_or_default())
}

/// Whether an item passes a filter; an error when the budget is used up.
fn holds(
    left: &Operand,
    test: Option<&(Comparison, Operand)>,
    item: &Json,
    root: &Json,
    budget: &mut Budget,
) -> Result<bool, String> {
    budget.work(1)?;
    let left = operand(left, item, root, budget)?;
    let Some((comparison, right)) = test else { return Ok(left.is_some()) };
    let Some((left, right)) = left.zip(operand(right, item, root, budget)?) else { return Ok(false) };
    // Two values are compared as far as the smaller one goes.
    charge(left, right, budget)?;
    Ok(compare(*comparison, left, right))
}

/// The one value of an operand; a path that finds nothing has none.
fn operand<'a>(
    operand: &'a Operand,
    item: &'a Json,
    root: &'a Json,
    budget: &mut Budget,
) -> Result<Option<&'a Json>, String> {
    match operand {
        Operand::Literal(literal) => Ok(Some(literal)),
        Operand::Path(steps) => match path(steps, item, root, budget) {
            Ok(found) => Ok(found.first().copied()),
            Err(Stop::Nowhere(_)) => Ok(None),
            Err(Stop::Spent(text)) => Err(text),
        },
    }
}

/// Charges a comparison: long texts and whole trees take as long as they are.
fn charge(left: &Json, right: &Json, budget: &mut Budget) -> Result<(), String> {
    match (left, right) {
        (Json::String(one), Json::String(other)) => budget.work(1 + one.len().min(other.len()) / 16),
        (Json::Array(one), Json::Array(other)) if one.len() == other.len() => {
            budget.work(1)?;
            one.iter().zip(other).try_for_each(|(one, other)| charge(one, other, budget))
        }
        (Json::Object(one), Json::Object(other)) if one.len() == other.len() => {
            budget.work(1)?;
            let mut pairs = one.iter().zip(other);
            pairs.try_for_each(|((name, one), (_, other))| {
                budget.work(1 + name.len() / 16)?;
                charge(one, other, budget)
            })
        }
        _ => budget.work(1),
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

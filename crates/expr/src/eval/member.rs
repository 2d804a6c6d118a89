//! `base.name`, `base[index]`, `base[from:to]` on values.

use std::sync::Arc;

use super::{Evaluated, Machine};
use crate::budget::Budget;
use crate::go_text;
use crate::operate;
use crate::tree::{Node, NodeId};
use crate::value::{List, Value};

/// The item at `index`, counted from the end if negative.
fn item_at(length: usize, index: i64) -> Result<usize, String> {
    let length = length as i64;
    let from_start = if index < 0 { length.wrapping_add(index) } else { index };
    if from_start < 0 || from_start >= length {
        return Err(format!("index out of range: {from_start} (array length is {length})"));
    }
    Ok(from_start as usize)
}

/// What is at `key` in `from`; a map without the key has nil there.
pub(crate) fn fetch(from: &Value, key: &Value) -> Result<Value, String> {
    match from {
        Value::List(list) => {
            let place = item_at(list.items().len(), operate::to_int(key)?)?;
            Ok(list.items().get(place).cloned().unwrap_or(Value::Nil))
        }
        Value::Text(text) => {
            let place = item_at(text.len(), operate::to_int(key)?)?;
            Ok(text.as_bytes().get(place).map_or(Value::Nil, |byte| Value::Uint8(*byte)))
        }
        Value::Map(map) => {
            let key = operate::key_of(map.kind(), key)?;
            Ok(map.entries().get(&key).cloned().unwrap_or(Value::Nil))
        }
        Value::Record(record) => match key {
            Value::Text(name) => record.get(name).cloned().ok_or_else(|| cannot_fetch(from, key)),
            other => Err(crate::environment::conversion(other, "string")),
        },
        _ => Err(cannot_fetch(from, key)),
    }
}

fn cannot_fetch(from: &Value, key: &Value) -> String {
    let key = if key.depth() == 0 { go_text::value(key) } else { key.go_type().to_owned() };
    format!("cannot fetch {key} from {}", from.go_type())
}

fn bounds(length: usize, from: i64, to: i64) -> (usize, usize) {
    let length = length as i64;
    let from_start = |i: i64| if i < 0 { length.wrapping_add(i).max(0) } else { i };
    let to = from_start(to).min(length);
    (from_start(from).min(to) as usize, to as usize)
}

impl Machine<'_> {
    pub(super) fn member(
        &mut self,
        id: NodeId,
        (base, head): (NodeId, &Value),
        property: NodeId,
    ) -> Evaluated {
        let key = self.eval(property)?;
        let charged =
            self.budget.work(if matches!(head, Value::Map(_)) { operate::look_up(&key) } else { 0 });
        self.at(id, charged)?;
        let fetched =
            fetch(head, &key).map_err(|message| self.after_filter(base, property).unwrap_or(message));
        self.at(id, fetched)
    }

    /// The reference looks for the first match only, and says so, where a program takes item 0 or -1 of a filter.
    fn after_filter(&self, base: NodeId, property: NodeId) -> Option<String> {
        let filter = matches!(self.tree.node(base), Node::Builtin { name: "filter", .. });
        let last = |id| matches!(self.tree.node(id), Node::Integer(1));
        let end = match self.tree.node(property) {
            Node::Integer(0) => true,
            Node::Unary { operand, spelling: "-", .. } => last(*operand),
            _ => false,
        };
        (filter && end).then(|| "reflect: slice index out of range".to_owned())
    }

    pub(super) fn slice(
        &mut self,
        id: NodeId,
        head: &Value,
        from: Option<NodeId>,
        to: Option<NodeId>,
    ) -> Evaluated {
        let length = match head {
            Value::List(list) => list.items().len(),
            Value::Text(text) => text.len(),
            other if to.is_none() => {
                return self.at(id, Err(format!("invalid argument for len (type {})", other.go_type())));
            }
            _ => 0,
        };
        let to = match to {
            Some(to) => self.eval(to)?,
            None => Value::Int(length as i64),
        };
        let from = match from {
            Some(from) => self.eval(from)?,
            None => Value::Int(0),
        };
        let sliced = slice(head, length, (&from, &to), &mut self.budget);
        self.at(id, sliced)
    }
}

fn slice(
    head: &Value,
    length: usize,
    (from, to): (&Value, &Value),
    budget: &mut Budget,
) -> Result<Value, String> {
    match head {
        Value::List(list) => {
            let (from, to) = bounds(length, operate::to_int(from)?, operate::to_int(to)?);
            budget.make((to - from) as u64)?;
            let items = list.items().get(from..to).unwrap_or_default().to_vec();
            Ok(Value::List(Arc::new(List::new(list.kind(), items))))
        }
        Value::Text(text) => {
            let (from, to) = bounds(length, operate::to_int(from)?, operate::to_int(to)?);
            budget.work((to - from) as u64 / 16)?;
            budget.cut(to - from)?;
            let bytes = text.as_bytes().get(from..to).unwrap_or_default();
            Ok(Value::text(String::from_utf8_lossy(bytes)))
        }
        _ => Err(format!("cannot slice {}", go_text::shown(from))),
    }
}

//! The builtins that take a predicate.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Evaluated, Machine, Scope};
use crate::environment::conversion;
use crate::error::Error;
use crate::operate;
use crate::tree::NodeId;
use crate::value::{Key, List, ListKind, Map, MapKind, Value};

impl Machine<'_> {
    pub(super) fn predicate(
        &mut self,
        id: NodeId,
        name: &str,
        head: Value,
        arguments: &[NodeId],
    ) -> Evaluated {
        let list = match head {
            Value::List(list) => list,
            Value::Text(text) => {
                let made = self.budget.make(text.len() as u64);
                self.at(id, made)?;
                bytes(&text)
            }
            other => return self.at(id, Err(no_list(&other))),
        };
        let body = arguments.get(1).copied();
        let extra = arguments.get(2).copied();
        self.scopes.push(Scope { list: Arc::clone(&list), index: 0, gathered: Value::Nil });
        let result = match name {
            "all" => self.until(id, list.len(), body, false).map(|found| Value::Bool(found.is_none())),
            "any" => self.until(id, list.len(), body, true).map(|found| Value::Bool(found.is_some())),
            "none" => self.until(id, list.len(), body, true).map(|found| Value::Bool(found.is_none())),
            "one" => self.matching(id, list.len(), body).map(|found| Value::Bool(found.len() == 1)),
            "count" => self.matching(id, list.len(), body).map(|found| Value::Int(found.len() as i64)),
            "find" => self.until(id, list.len(), body, true).map(|found| list.pick(found)),
            "findIndex" => self.until(id, list.len(), body, true).map(index),
            "findLast" => self.last(id, list.len(), body).map(|found| list.pick(found)),
            "findLastIndex" => self.last(id, list.len(), body).map(index),
            "filter" => self.filter(id, &list, body),
            "map" => self.each(id, list.len(), body).and_then(|items| self.list(id, items)),
            "sum" => self.sum(id, list.len(), body),
            "groupBy" => self.group(id, &list, body),
            "sortBy" => self.sort(id, &list, body, extra),
            _ => self.reduce(id, &list, body, extra),
        };
        self.scopes.pop();
        result
    }

    /// The predicate's value for one item; without a predicate, the item.
    fn value_at(&mut self, index: usize, body: Option<NodeId>) -> Evaluated {
        if let Some(scope) = self.scopes.last_mut() {
            scope.index = index;
        }
        match body {
            Some(body) => self.eval(body),
            None => Ok(self.pointer("")),
        }
    }

    fn holds_at(&mut self, id: NodeId, index: usize, body: Option<NodeId>) -> Result<bool, Error> {
        match self.value_at(index, body)? {
            Value::Bool(holds) => Ok(holds),
            other => self.at(id, Err(conversion(&other, "bool"))),
        }
    }

    fn until(
        &mut self,
        id: NodeId,
        length: usize,
        body: Option<NodeId>,
        wanted: bool,
    ) -> Result<Option<usize>, Error> {
        for index in 0..length {
            if self.holds_at(id, index, body)? == wanted {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    fn last(&mut self, id: NodeId, length: usize, body: Option<NodeId>) -> Result<Option<usize>, Error> {
        for index in (0..length).rev() {
            if self.holds_at(id, index, body)? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    fn matching(&mut self, id: NodeId, length: usize, body: Option<NodeId>) -> Result<Vec<usize>, Error> {
        let mut found = Vec::new();
        for index in 0..length {
            if self.holds_at(id, index, body)? {
                found.push(index);
            }
        }
        Ok(found)
    }

    fn each(&mut self, id: NodeId, length: usize, body: Option<NodeId>) -> Result<Vec<Value>, Error> {
        let each = |index| {
            let made = self.budget.make(1);
            self.at(id, made)?;
            self.value_at(index, body)
        };
        (0..length).map(each).collect()
    }

    fn filter(&mut self, id: NodeId, list: &List, body: Option<NodeId>) -> Evaluated {
        let found = self.matching(id, list.items().len(), body)?;
        let made = self.budget.make(found.len() as u64);
        self.at(id, made)?;
        self.list(id, found.into_iter().map(|index| list.pick(Some(index))).collect())
    }

    fn sum(&mut self, id: NodeId, length: usize, body: Option<NodeId>) -> Evaluated {
        let mut total = Value::Int(0);
        for index in 0..length {
            let value = self.value_at(index, body)?;
            let added = operate::add(&value, &total, &mut self.budget);
            total = self.at(id, added)?;
        }
        Ok(total)
    }

    fn group(&mut self, id: NodeId, list: &List, body: Option<NodeId>) -> Evaluated {
        let mut groups: BTreeMap<Key, Vec<Value>> = BTreeMap::new();
        for (index, item) in list.items().iter().enumerate() {
            let key = self.value_at(index, body)?;
            let unhashable = || format!("hash of unhashable type: {}", key.go_type());
            let charged = self.budget.make(1).and_then(|()| self.budget.work(operate::look_up(&key)));
            self.at(id, charged)?;
            let key = self.at(id, Key::new(&key).ok_or_else(unhashable))?;
            groups.entry(key).or_default().push(item.clone());
        }
        self.at(id, crate::budget::nest(list.items()))?;
        let groups = groups.into_iter().map(|(key, items)| (key, Value::list(items)));
        Ok(Value::Map(Arc::new(Map::new(MapKind::Groups, groups.collect()))))
    }

    fn sort(&mut self, id: NodeId, list: &List, body: Option<NodeId>, order: Option<NodeId>) -> Evaluated {
        let descending = match order {
            None => false,
            Some(order) => match self.eval(order)? {
                Value::Text(order) if &*order == "asc" => false,
                Value::Text(order) if &*order == "desc" => true,
                Value::Text(_) => return self.at(id, Err("unknown order, use asc or desc".into())),
                _ => return self.at(id, Err("sortBy order argument must be a string".into())),
            },
        };
        let keys = self.each(id, list.items().len(), body)?;
        let items = keys.into_iter().zip(list.items().iter().cloned()).collect();
        let sorted = crate::sort::by_key(items, descending, &mut self.budget);
        let sorted = self.at(id, sorted)?;
        self.list(id, sorted)
    }

    fn reduce(
        &mut self,
        id: NodeId,
        list: &List,
        body: Option<NodeId>,
        initial: Option<NodeId>,
    ) -> Evaluated {
        let (mut gathered, start) = match (initial, list.items().first()) {
            (Some(initial), _) => (self.eval(initial)?, 0),
            (None, Some(first)) => (first.clone(), 1),
            (None, None) => return self.at(id, Err("reduce of empty array with no initial value".into())),
        };
        for index in start..list.items().len() {
            if let Some(scope) = self.scopes.last_mut() {
                scope.gathered = gathered;
            }
            gathered = self.value_at(index, body)?;
        }
        Ok(gathered)
    }
}

/// The items of a text are its bytes, as a loop over it in Go has them by their index.
fn bytes(text: &str) -> Arc<List> {
    Arc::new(List::new(ListKind::Any, text.bytes().map(Value::Uint8).collect()))
}

/// What Go says of something that is no list.
fn no_list(value: &Value) -> String {
    match value {
        Value::Nil => "reflect: call of reflect.Value.Len on zero Value".to_owned(),
        Value::Map(_) => "reflect: call of reflect.Value.Index on map Value".to_owned(),
        other => format!("reflect: call of reflect.Value.Len on {} Value", other.go_type()),
    }
}

fn index(found: Option<usize>) -> Value {
    found.map_or(Value::Nil, |index| Value::Int(index as i64))
}

impl List {
    fn len(&self) -> usize {
        self.items().len()
    }

    fn pick(&self, index: Option<usize>) -> Value {
        index.and_then(|index| self.items().get(index)).cloned().unwrap_or(Value::Nil)
    }
}

/// A list of texts, as string functions give it.
pub(crate) fn texts(items: Vec<Value>) -> Value {
    Value::List(Arc::new(List::new(ListKind::Texts, items)))
}

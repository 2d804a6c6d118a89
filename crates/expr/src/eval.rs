//! Runs a checked program: a walk over the tree, bounded in time, memory and stack.

mod member;
mod predicate;

pub(crate) use member::fetch;
pub(crate) use predicate::texts;

use std::sync::Arc;

use jiff::Timestamp;

use crate::budget::Budget;
use crate::builtins::{self, Call};
use crate::environment::{Env, conversion};
use crate::error::Error;
use crate::operate;
use crate::operator::{Binary, Unary};
use crate::regex::Patterns;
use crate::time::method;
use crate::tree::{Node, NodeId, Tree};
use crate::value::{Key, List, ListKind, Map, MapKind, Value};

/// A predicate under way: the list, where in it we are, and what `reduce` has gathered.
struct Scope {
    list: Arc<List>,
    index: usize,
    gathered: Value,
}

pub(crate) struct Machine<'p> {
    tree: &'p Tree,
    env: &'p Env,
    now: Timestamp,
    budget: Budget,
    patterns: Patterns,
    scopes: Vec<Scope>,
    variables: Vec<(Arc<str>, Value)>,
}

type Evaluated = Result<Value, Error>;

/// What a link of a chain leaves behind.
enum Step {
    Value(Value),
    /// A `?.` found nil: nothing more happens up to the end of its chain.
    Nothing,
}

/// Runs the program.
pub(crate) fn run(tree: &Tree, root: NodeId, env: &Env, now: Timestamp) -> Evaluated {
    let budget = Budget::new();
    let patterns = Patterns::default();
    Machine { tree, env, now, budget, patterns, scopes: Vec::new(), variables: Vec::new() }.eval(root)
}

impl<'p> Machine<'p> {
    fn at<T>(&self, id: NodeId, result: Result<T, String>) -> Result<T, Error> {
        result.map_err(|message| Error::run(self.tree.at(id), message))
    }

    fn eval(&mut self, id: NodeId) -> Evaluated {
        let (leaf, mut passed) = self.tree.spine(id);
        let work = self.budget.work(1 + passed.len() as u64);
        self.at(id, work)?;
        if let Some(shortcut) = passed.iter().rposition(|id| self.decided(*id).is_some()) {
            // A literal decides the rest of the spine: `x and false` is false whatever x does.
            let decided = passed.get(shortcut).and_then(|id| self.decided(*id)).unwrap_or(Value::Nil);
            passed.truncate(shortcut);
            return self.climb(Step::Value(decided), passed);
        }
        let value = self.leaf(leaf)?;
        self.climb(Step::Value(value), passed)
    }

    /// From the leaf up the spine.
    fn climb(&mut self, from: Step, mut passed: Vec<NodeId>) -> Evaluated {
        let mut step = from;
        while let Some(id) = passed.pop() {
            step = match (step, self.tree.node(id)) {
                (Step::Nothing, Node::Chain(_)) => Step::Value(Value::Nil),
                (Step::Nothing, _)
                | (
                    Step::Value(Value::Nil),
                    Node::Member { optional: true, .. } | Node::Method { optional: true, .. },
                ) => Step::Nothing,
                (Step::Value(head), _) => Step::Value(self.finish(id, head)?),
            };
        }
        match step {
            Step::Value(value) => Ok(value),
            Step::Nothing => Ok(Value::Nil),
        }
    }

    /// The reference folds literals away before it runs.
    fn decided(&self, id: NodeId) -> Option<Value> {
        let Node::Binary { op, right, .. } = self.tree.node(id) else { return None };
        match (op, self.tree.node(*right)) {
            (Binary::And, Node::Bool(false)) => Some(Value::Bool(false)),
            (Binary::Or, Node::Bool(true)) => Some(Value::Bool(true)),
            _ => None,
        }
    }

    fn leaf(&mut self, id: NodeId) -> Evaluated {
        let tree: &'p Tree = self.tree;
        match tree.node(id) {
            Node::Bool(b) => Ok(Value::Bool(*b)),
            Node::Integer(i) => Ok(Value::Int(*i)),
            Node::Float(f) => Ok(Value::Float(*f)),
            Node::Text(text) => Ok(Value::Text(Arc::clone(text))),
            Node::Identifier(name) => Ok(self.identifier(name)),
            Node::Pointer(name) => Ok(self.pointer(name)),
            Node::Predicate(body) => self.eval(*body),
            Node::Let { name, value, body } => {
                let value = self.eval(*value)?;
                self.variables.push((Arc::clone(name), value));
                let result = self.eval(*body);
                self.variables.pop();
                result
            }
            Node::Sequence(nodes) => {
                let mut last = Value::Nil;
                for node in nodes {
                    last = self.eval(*node)?;
                }
                Ok(last)
            }
            Node::Array(items) => self.array(id, items),
            Node::Map(pairs) => self.map(id, pairs),
            Node::Builtin { name, .. } => self.builtin(id, name, &[]),
            Node::Call { name, .. } => self.function(id, name, &[]),
            // `nil`; every other node has a head.
            _ => Ok(Value::Nil),
        }
    }

    fn finish(&mut self, id: NodeId, head: Value) -> Evaluated {
        let tree: &'p Tree = self.tree;
        match tree.node(id) {
            Node::Unary { op, .. } => self.at(id, unary(*op, &head)),
            Node::Binary { op, left, right, .. } => self.binary(id, *op, (*left, head), *right),
            Node::Member { base, property, .. } => self.member(id, (*base, &head), *property),
            Node::Method { base, name, arguments, .. } => {
                let arguments = self.all(arguments)?;
                if matches!(tree.node(*base), Node::Identifier(name) if &**name == "$env") {
                    return self.function(id, name, &arguments);
                }
                let charged = self.texts_read(&arguments);
                self.at(id, charged)?;
                let given = self.at(id, method::call(&head, name, &arguments))?;
                // A time in a layout of its own may be as long as the layout.
                let made =
                    if let Value::Text(text) = &given { self.budget.make(text.len() as u64) } else { Ok(()) };
                self.at(id, made)?;
                Ok(given)
            }
            Node::Slice { from, to, .. } => self.slice(id, &head, *from, *to),
            Node::Conditional { condition, then, otherwise } => match head {
                Value::Bool(true) => self.eval(*then),
                Value::Bool(false) => self.eval(*otherwise),
                other => self.at(*condition, Err(conversion(&other, "bool"))),
            },
            Node::Builtin { name, arguments } if builtins::is_predicate(name) => {
                self.predicate(id, name, head, arguments)
            }
            Node::Builtin { name, arguments } => {
                let values = self.after(head, arguments)?;
                self.builtin(id, name, &values)
            }
            Node::Call { name, arguments } => {
                let values = self.after(head, arguments)?;
                self.function(id, name, &values)
            }
            _ => Ok(head),
        }
    }

    fn all(&mut self, nodes: &[NodeId]) -> Result<Vec<Value>, Error> {
        nodes.iter().map(|node| self.eval(*node)).collect()
    }

    fn after(&mut self, first: Value, nodes: &[NodeId]) -> Result<Vec<Value>, Error> {
        let mut values = vec![first];
        values.extend(self.all(nodes.get(1..).unwrap_or_default())?);
        Ok(values)
    }

    fn identifier(&self, name: &str) -> Value {
        if let Some((_, value)) = self.variables.iter().rev().find(|v| &*v.0 == name) {
            return value.clone();
        }
        if name == "$env" {
            let result = self.env.result().map(|result| (Key::Text(Arc::from("result")), result.clone()));
            return Value::Map(Arc::new(Map::new(MapKind::Texts, result.into_iter().collect())));
        }
        self.env.variable(name).cloned().unwrap_or(Value::Nil)
    }

    fn pointer(&self, name: &str) -> Value {
        let Some(scope) = self.scopes.last() else { return Value::Nil };
        match name {
            "" => scope.list.items().get(scope.index).cloned().unwrap_or(Value::Nil),
            "index" => Value::Int(scope.index as i64),
            _ => scope.gathered.clone(),
        }
    }

    fn binary(&mut self, id: NodeId, op: Binary, (left, l): (NodeId, Value), right: NodeId) -> Evaluated {
        let literal = |id| matches!(self.tree.node(id), Node::Bool(_));
        match (op, &l) {
            // A literal on one side leaves the other as it is, Boolean or not.
            (Binary::And | Binary::Or, _) if literal(right) => return Ok(l),
            (Binary::And, Value::Bool(true))
            | (Binary::Or, Value::Bool(false))
            | (Binary::Coalesce, Value::Nil) => {
                return self.eval(right);
            }
            (Binary::And | Binary::Or, Value::Bool(_)) | (Binary::Coalesce, _) => return Ok(l),
            (Binary::And | Binary::Or, other) => return self.at(left, Err(conversion(other, "bool"))),
            _ => {}
        }
        let r = self.eval(right)?;
        if op == Binary::In
            && let Err(message) = self.literal_texts(&l, right)
        {
            return self.at(id, Err(message));
        }
        let result = match op {
            Binary::Matches => operate::matches(&l, &r, &mut self.patterns, &mut self.budget),
            _ => operate::binary(op, &l, &r, &mut self.budget),
        };
        self.at(id, result)
    }

    /// The reference turns `x in ["a", "b"]` into a look-up, which wants a text.
    fn literal_texts(&self, needle: &Value, list: NodeId) -> Result<(), String> {
        let Node::Array(items) = self.tree.node(list) else { return Ok(()) };
        if items.is_empty() || !items.iter().all(|item| self.tree.text(*item).is_some()) {
            return Ok(());
        }
        operate::key_of(MapKind::Texts, needle).map(drop)
    }

    fn array(&mut self, id: NodeId, items: &[NodeId]) -> Evaluated {
        let made = self.budget.make(items.len() as u64);
        self.at(id, made)?;
        let items = self.all(items)?;
        self.list(id, items)
    }

    /// A list that the program has made.
    fn list(&self, id: NodeId, items: Vec<Value>) -> Evaluated {
        self.at(id, crate::budget::nest(&items))?;
        Ok(Value::List(Arc::new(List::new(ListKind::Any, items))))
    }

    fn map(&mut self, id: NodeId, pairs: &[(NodeId, NodeId)]) -> Evaluated {
        let made = self.budget.make(pairs.len() as u64);
        self.at(id, made)?;
        let mut entries = std::collections::BTreeMap::new();
        for (key, value) in pairs {
            let key = match self.eval(*key)? {
                Value::Text(text) => Key::Text(text),
                other => return self.at(id, Err(conversion(&other, "string"))),
            };
            let value = self.eval(*value)?;
            entries.insert(key, value);
        }
        self.at(id, crate::budget::nest(entries.values()))?;
        Ok(Value::Map(Arc::new(Map::new(MapKind::Texts, entries))))
    }

    fn function(&mut self, id: NodeId, name: &str, arguments: &[Value]) -> Evaluated {
        if let Some(function) = self.env.function(name) {
            let charged = self.texts_read(arguments);
            self.at(id, charged)?;
            return self.at(id, function.call(arguments, self.env.result()));
        }
        let message = match self.identifier(name) {
            Value::Nil => "invalid operation: cannot call nil".to_owned(),
            other => format!("invalid operation: cannot call non-function of type {}", other.go_type()),
        };
        self.at(id, Err(message))
    }

    /// Charges the texts among the arguments of a method or a function: layouts, and numbers as text.
    fn texts_read(&mut self, arguments: &[Value]) -> Result<(), String> {
        arguments.iter().try_for_each(|argument| match argument {
            Value::Text(text) => self.budget.work(text.len() as u64),
            _ => Ok(()),
        })
    }

    fn builtin(&mut self, id: NodeId, name: &str, arguments: &[Value]) -> Evaluated {
        let Some(builtin) = builtins::find(name) else { return Ok(Value::Nil) };
        let mut call = Call { arguments, now: self.now, budget: &mut self.budget };
        let result = (builtin.run)(&mut call);
        self.at(id, result)
    }
}

fn unary(op: Unary, value: &Value) -> Result<Value, String> {
    match (op, value) {
        (Unary::Not, Value::Bool(b)) => Ok(Value::Bool(!b)),
        (Unary::Not, other) => Err(conversion(other, "bool")),
        (Unary::Plus, value) => Ok(value.clone()),
        (Unary::Minus, Value::Float(f)) => Ok(Value::Float(-f)),
        (Unary::Minus, Value::Int(i)) => Ok(Value::Int(i.wrapping_neg())),
        (Unary::Minus, Value::Int64(i)) => Ok(Value::Int64(i.wrapping_neg())),
        (Unary::Minus, Value::Uint64(u)) => Ok(Value::Uint64(u.wrapping_neg())),
        (Unary::Minus, Value::Uint8(u)) => Ok(Value::Uint8(u.wrapping_neg())),
        (Unary::Minus, other) => Err(format!("invalid operation: - {}", other.go_type())),
    }
}

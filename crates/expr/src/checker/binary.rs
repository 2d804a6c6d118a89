//! Which operands fit which operator.

use super::{Checked, Checker};
use crate::operator::Binary;
use crate::regex::Pattern;
use crate::tree::{Node, NodeId};
use crate::types::Type;

/// Sorts of operands that an operator takes.
fn ordered(t: &Type) -> bool {
    t.number() || t.text() || matches!(t, Type::Time | Type::Duration)
}

fn both(l: &Type, r: &Type, sort: impl Fn(&Type) -> bool) -> bool {
    sort(l) && sort(r)
}

fn promoted(l: &Type, r: &Type) -> Type {
    if *l == Type::Float || *r == Type::Float { Type::Float } else { Type::Int }
}

/// What `l op r` gives, if it can be.
fn result(op: Binary, l: &Type, r: &Type) -> Option<Type> {
    use Type::{Bool, Duration, Float, Int, Time, Unknown};
    let numbers = both(l, r, Type::number);
    let texts = both(l, r, Type::text);
    match op {
        Binary::Equal | Binary::NotEqual => l.comparable(r).then_some(Bool),
        Binary::Or | Binary::And => {
            let bool = |t: &Type| *t == Bool;
            (both(l, r, bool) || l.maybe(r, bool)).then_some(Bool)
        }
        Binary::Less | Binary::Greater | Binary::GreaterEqual | Binary::LessEqual => {
            let times = matches!((l, r), (Time, Time) | (Duration, Duration));
            (numbers || texts || times || l.maybe(r, ordered)).then_some(Bool)
        }
        Binary::Add => match (l, r) {
            _ if numbers => Some(promoted(l, r)),
            _ if texts => Some(Type::Text),
            (Time, Duration) | (Duration, Time) => Some(Time),
            (Duration, Duration) => Some(Duration),
            _ => l.maybe(r, ordered).then_some(Unknown),
        },
        Binary::Subtract => match (l, r) {
            _ if numbers => Some(promoted(l, r)),
            (Time, Time) | (Duration, Duration) => Some(Duration),
            (Time, Duration) => Some(Time),
            _ => l.maybe(r, |t| t.number() || matches!(t, Time | Duration)).then_some(Unknown),
        },
        Binary::Multiply => match (l, r) {
            _ if numbers => Some(promoted(l, r)),
            (Duration, Duration) => Some(Duration),
            (Duration, n) | (n, Duration) if n.number() => Some(Duration),
            _ => l.maybe(r, |t| t.number() || *t == Duration).then_some(Unknown),
        },
        Binary::Divide | Binary::Power => (numbers || l.maybe(r, Type::number)).then_some(Float),
        Binary::Modulo => (both(l, r, Type::integer) || l.maybe(r, Type::integer)).then_some(Int),
        Binary::Matches | Binary::Contains | Binary::StartsWith | Binary::EndsWith => {
            (texts || l.maybe(r, Type::text)).then_some(Bool)
        }
        Binary::Range => (both(l, r, Type::integer) || l.maybe(r, Type::integer)).then(|| Type::list_of(Int)),
        Binary::Coalesce => Some(match (l, r) {
            (Type::Nil, other) | (other, Type::Nil) => other.clone(),
            _ if r.assignable(l) => l.clone(),
            _ => Unknown,
        }),
        Binary::In => None,
    }
}

impl Checker<'_> {
    pub(super) fn binary(
        &mut self,
        id: NodeId,
        op: Binary,
        spelling: &str,
        (left, l): (NodeId, Type),
        right: NodeId,
    ) -> Checked {
        let r = self.visit(right)?;
        if op == Binary::Matches
            && let Some(pattern) = self.tree.text(right)
            && let Err(error) = Pattern::new(pattern)
        {
            return self.error(id, error.to_string());
        }
        let found = if op == Binary::In { self.membership(id, &l, &r)? } else { result(op, &l, &r) };
        let Some(found) = found else {
            let (l, r) = (l.name(), r.name());
            return self.error(id, format!("invalid operation: {spelling} (mismatched types {l} and {r})"));
        };
        let literals = (self.tree.node(left), self.tree.node(right));
        if op == Binary::Modulo && matches!(literals, (Node::Integer(_), Node::Integer(0))) {
            return self.error(id, "integer divide by zero");
        }
        Ok(found)
    }

    fn membership(&self, id: NodeId, l: &Type, r: &Type) -> Result<Option<Type>, crate::error::Error> {
        match r {
            Type::Record(_) | Type::Time if l.text() || l.unknown() => Ok(Some(Type::Bool)),
            Type::Map(kind) => {
                let key = Type::map_key(*kind);
                if !l.unknown() && !l.assignable(&key) {
                    let message = format!("cannot use {} as type {} in map key", l.name(), key.name());
                    return self.error(id, message);
                }
                Ok(Some(Type::Bool))
            }
            Type::List(_, items) => {
                if !l.comparable(items) {
                    let message = format!("cannot use {} as type {} in array", l.name(), items.name());
                    return self.error(id, message);
                }
                Ok(Some(Type::Bool))
            }
            r if r.unknown() || (l.unknown() && r.text()) => Ok(Some(Type::Bool)),
            _ => Ok(None),
        }
    }
}

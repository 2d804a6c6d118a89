//! The builtins that take a predicate.

use super::{Checked, Checker, Scope};
use crate::error::Error;
use crate::tree::NodeId;
use crate::types::Type;
use crate::value::{ListKind, MapKind};

impl Checker<'_> {
    pub(super) fn predicate_builtin(&mut self, name: &str, list: &Type, arguments: &[NodeId]) -> Checked {
        let &[first, ref rest @ ..] = arguments else { return Ok(Type::Unknown) };
        if !list.is_list() && !list.unknown() {
            let message = format!("builtin {name} takes only array (got {})", list.name());
            return self.error(first, message);
        }
        let items = if list.unknown() { Type::Unknown } else { list.items() };
        let &[predicate, ref rest @ ..] = rest else {
            return Ok(if name == "count" { Type::Int } else { items });
        };
        let body = self.in_scope(name, items.clone(), predicate)?;
        let judges = !matches!(name, "map" | "sum" | "groupBy" | "sortBy" | "reduce");
        if body == Type::Nil {
            let inputs = if name == "reduce" { "two" } else { "one" };
            let message = format!("predicate should has {inputs} input and one output param");
            return self.error(predicate, message);
        }
        if judges && body != Type::Bool && !body.unknown() {
            return self.error(predicate, format!("predicate should return boolean (got {})", body.name()));
        }
        for extra in rest {
            let type_of = self.visit(*extra)?;
            if name == "sortBy" && !type_of.text() && !type_of.unknown() {
                let message = format!("sortBy order argument must be a string (got {})", type_of.name());
                return self.error(*extra, message);
            }
        }
        Ok(gives(name, list, items, body))
    }

    fn in_scope(&mut self, name: &str, items: Type, predicate: NodeId) -> Result<Type, Error> {
        let pointers: &'static [&'static str] = match name {
            "map" => &["index"],
            "reduce" => &["index", "acc"],
            _ => &[],
        };
        self.scopes.push(Scope { items, pointers });
        let body = self.visit(predicate);
        self.scopes.pop();
        body
    }
}

fn gives(name: &str, list: &Type, items: Type, body: Type) -> Type {
    match name {
        "all" | "none" | "any" | "one" => Type::Bool,
        "filter" if list.unknown() => Type::list(ListKind::Any),
        "filter" => Type::list_of(items),
        "map" => Type::list_of(body),
        "count" | "findIndex" | "findLastIndex" => Type::Int,
        "sum" if body.unknown() => Type::Any,
        "find" | "findLast" => items,
        "groupBy" => Type::Map(MapKind::Groups),
        "sortBy" => list.clone(),
        // `sum` and `reduce` give what their predicate gives.
        _ => body,
    }
}

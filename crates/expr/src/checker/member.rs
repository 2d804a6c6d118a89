//! `base.name`, `base[property]`, `base[from:to]`.

use super::{Checked, Checker};
use crate::tree::{Node, NodeId};
use crate::types::Type;

impl Checker<'_> {
    pub(super) fn is_env(&self, base: NodeId) -> bool {
        matches!(self.tree.node(base), Node::Identifier(name) if &**name == "$env")
    }

    pub(super) fn member(
        &mut self,
        id: NodeId,
        (base, head): (NodeId, Type),
        property: NodeId,
        optional: bool,
    ) -> Checked {
        let name = self.tree.text(property).cloned();
        if self.is_env(base) {
            return match name {
                Some(name) => self.of_env(id, &name, optional),
                None => Ok(Type::Unknown),
            };
        }
        let key = self.visit(property)?;
        match (&head, name) {
            (head, _) if head.unknown() => Ok(Type::Unknown),
            (Type::Nil, Some(name)) => self.error(id, format!("type nil has no field {name}")),
            (Type::Map(kind), _) => {
                if !key.assignable(&Type::map_key(*kind)) && !key.unknown() {
                    let message = format!("cannot use {} to get an element from {}", key.name(), head.name());
                    return self.error(property, message);
                }
                Ok(head.items())
            }
            (Type::List(..), _) if key.integer() || key.unknown() => Ok(head.items()),
            (Type::List(..), _) => {
                let message =
                    format!("array elements can only be selected using an integer (got {})", key.name());
                self.error(property, message)
            }
            (Type::Record(of), Some(name)) => match of.fields.iter().find(|field| field.0 == &*name) {
                Some((_, field)) => Ok(Type::field(*field)),
                None => self.error(id, format!("type {} has no field {name}", of.name)),
            },
            (head, Some(name)) => self.error(id, format!("type {} has no field {name}", head.name())),
            (head, None) => self.error(id, format!("type {}[{}] is undefined", head.name(), key.name())),
        }
    }

    fn of_env(&self, id: NodeId, name: &str, optional: bool) -> Checked {
        match self.env.variable(name) {
            Some(value) => Ok(Type::of(value)),
            None if optional => Ok(Type::Unknown),
            None => self.error(id, format!("unknown name {name}")),
        }
    }

    pub(super) fn slice(&mut self, id: NodeId, head: Type, bounds: [Option<NodeId>; 2]) -> Checked {
        if head.unknown() {
            return Ok(Type::Unknown);
        }
        if !head.text() && !head.is_list() {
            return self.error(id, format!("cannot slice {}", head.name()));
        }
        for bound in bounds.into_iter().flatten() {
            let type_of = self.visit(bound)?;
            if !type_of.integer() && !type_of.unknown() {
                return self.error(bound, format!("non-integer slice index {}", type_of.name()));
            }
        }
        Ok(head)
    }
}

//! `base.name(arguments)`: the methods of times and durations.

use std::sync::Arc;

use super::{Checked, Checker};
use crate::time::method;
use crate::tree::NodeId;
use crate::types::Type;

impl Checker<'_> {
    pub(super) fn method(
        &mut self,
        id: NodeId,
        (base, head): (NodeId, Type),
        name: &Arc<str>,
        optional: bool,
        arguments: &[NodeId],
    ) -> Checked {
        let mut types = Vec::with_capacity(arguments.len());
        if self.is_env(base) {
            if self.env.function(name).is_none() && !optional {
                return self.error(id, format!("unknown name {name}"));
            }
            for argument in arguments {
                types.push(self.visit(*argument)?);
            }
            return self.function(id, name, arguments, &types);
        }
        if head.unknown() {
            // Go leaves the arguments of what it does not know unchecked; they must be walked for literals all the same.
            for argument in arguments {
                self.visit(*argument)?;
            }
            return Ok(Type::Unknown);
        }
        let found = match &head {
            Type::Nil => return self.error(id, format!("type nil has no field {name}")),
            Type::Map(_) => return self.error(id, format!("{name} is not callable")),
            Type::List(..) => {
                let message = "array elements can only be selected using an integer (got string)";
                return self.error(id, message);
            }
            other => method::find(other, name),
        };
        let Some(found) = found else {
            return self.error(id, format!("type {} has no method {name}", head.name()));
        };
        for argument in arguments {
            types.push(self.visit(*argument)?);
        }
        self.arguments(id, name, found.parameters, arguments, &types)?;
        Ok(found.gives.clone())
    }
}

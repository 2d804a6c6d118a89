//! Which arguments fit which function.

use super::{Checked, Checker};
use crate::builtins::{self, Check};
use crate::error::Error;
use crate::operator::Binary;
use crate::tree::{Node, NodeId};
use crate::types::Type;

impl Checker<'_> {
    /// `name(...)` must name a function of the environment, or something whose type is not known.
    pub(super) fn callable(&self, id: NodeId, name: &str) -> Result<(), Error> {
        if self.env.function(name).is_some() {
            return Ok(());
        }
        let message = match self.identifier(id, name)? {
            other if other.unknown() => return Ok(()),
            Type::Nil => format!("{name} is nil; cannot call nil as function"),
            other => format!("{} is not callable", other.name()),
        };
        self.error(id, message)
    }

    /// A call of a function of the environment.
    pub(super) fn function(
        &mut self,
        id: NodeId,
        name: &str,
        arguments: &[NodeId],
        types: &[Type],
    ) -> Checked {
        let Some(function) = self.env.function(name) else { return Ok(Type::Unknown) };
        let (parameters, gives) = function.signature();
        self.arguments(id, name, parameters, arguments, types)?;
        Ok(gives)
    }

    /// A call of a builtin without a predicate.
    pub(super) fn plain_builtin(
        &mut self,
        id: NodeId,
        name: &str,
        arguments: &[NodeId],
        types: &[Type],
    ) -> Checked {
        let Some(builtin) = builtins::find(name) else {
            return self.error(id, format!("unknown builtin {name}"));
        };
        match builtin.check {
            Check::Rule(rule) => rule(types).or_else(|message| self.error(id, message)),
            Check::Get => self.get(id, arguments, types),
            Check::Signatures(signatures) => {
                let mut last = self.error(id, format!("no matching overload for {name}"));
                for (parameters, gives) in signatures {
                    let parameters: Vec<Type> = parameters.iter().map(|p| p.type_of()).collect();
                    match self.arguments(id, name, &parameters, arguments, types) {
                        Ok(()) => return Ok(gives.type_of()),
                        Err(error) => last = Err(error),
                    }
                }
                last
            }
        }
    }

    /// Whether the first arguments fit, of which the types are known.
    pub(super) fn fit_so_far(
        &mut self,
        id: NodeId,
        name: &str,
        arguments: &[NodeId],
        types: &[Type],
    ) -> Result<(), Error> {
        if let Some(function) = self.env.function(name) {
            return self.arguments(id, name, function.signature().0, arguments, types);
        }
        // With several signatures all arguments are looked at before any of them is compared.
        let Some(Check::Signatures([(parameters, _)])) = builtins::find(name).map(|builtin| &builtin.check)
        else {
            return Ok(());
        };
        let parameters: Vec<Type> = parameters.iter().map(|p| p.type_of()).collect();
        self.arguments(id, name, &parameters, arguments, types)
    }

    /// Whether arguments of these types fit; integer literals given for floats become floats.
    pub(super) fn arguments(
        &mut self,
        id: NodeId,
        name: &str,
        parameters: &[Type],
        arguments: &[NodeId],
        types: &[Type],
    ) -> Result<(), Error> {
        if arguments.len() > parameters.len() {
            return self.error(id, format!("too many arguments to call {name}"));
        }
        if arguments.len() < parameters.len() {
            return self.error(id, format!("not enough arguments to call {name}"));
        }
        for ((argument, type_of), wanted) in arguments.iter().zip(types).zip(parameters) {
            if *wanted == Type::Float && type_of.integer() {
                self.make_float(*argument);
            } else if *type_of == Type::Nil && !matches!(wanted, Type::Any) {
                let message = format!("cannot use nil as argument (type {}) to call {name}", wanted.name());
                return self.error(*argument, message);
            } else if !fits(type_of, wanted) {
                let (given, wanted) = (type_of.name(), wanted.name());
                return self.error(
                    *argument,
                    format!("cannot use {given} as argument (type {wanted}) to call {name} "),
                );
            }
        }
        Ok(())
    }

    /// Integer literals in a sum, difference or product become floats.
    fn make_float(&mut self, id: NodeId) {
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            match *self.tree.node(id) {
                Node::Integer(i) => self.tree.replace(id, Node::Float(i as f64)),
                Node::Unary { operand, .. } => open.push(operand),
                Node::Binary {
                    op: Binary::Add | Binary::Subtract | Binary::Multiply, left, right, ..
                } => {
                    open.extend([left, right]);
                }
                _ => {}
            }
        }
    }

    fn get(&self, id: NodeId, arguments: &[NodeId], types: &[Type]) -> Checked {
        let (&[from, key], [base, property]) = (arguments, types) else {
            let count = types.len();
            return self.error(id, format!("invalid number of arguments (expected 2, got {count})"));
        };
        match base {
            base if base.unknown() => Ok(Type::Unknown),
            Type::List(..) if property.integer() || property.unknown() => Ok(base.items()),
            Type::List(..) => self.error(key, format!("non-integer slice index {}", property.name())),
            Type::Map(kind) => {
                if property.assignable(&Type::map_key(*kind)) || property.unknown() {
                    return Ok(base.items());
                }
                let message =
                    format!("cannot use {} to get an element from {}", property.name(), base.name());
                self.error(key, message)
            }
            _ => self.error(from, format!("type {} does not support indexing", base.name())),
        }
    }
}

/// Integers of different widths fit one another; what is not known, or nil where anything goes, may fit.
fn fits(given: &Type, wanted: &Type) -> bool {
    let integers = wanted.integer() && given.integer();
    integers || given.assignable(wanted) || given.unknown() || *given == Type::Nil
}

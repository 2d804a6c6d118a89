//! Calls of functions, builtins and predicates.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::builtins;
use crate::error::Error;
use crate::operator::PIPE;
use crate::token::Token;
use crate::tree::{Node, NodeId};

/// What stands at a place in a predicate builtin's argument list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Argument {
    Expression,
    Predicate,
    OptionalExpression,
    OptionalPredicate,
}

use Argument::{Expression, OptionalExpression, OptionalPredicate, Predicate};

const PREDICATES: [(&str, &[Argument]); 15] = [
    ("all", &[Expression, Predicate]),
    ("none", &[Expression, Predicate]),
    ("any", &[Expression, Predicate]),
    ("one", &[Expression, Predicate]),
    ("filter", &[Expression, Predicate]),
    ("map", &[Expression, Predicate]),
    ("count", &[Expression, OptionalPredicate]),
    ("sum", &[Expression, OptionalPredicate]),
    ("find", &[Expression, Predicate]),
    ("findIndex", &[Expression, Predicate]),
    ("findLast", &[Expression, Predicate]),
    ("findLastIndex", &[Expression, Predicate]),
    ("groupBy", &[Expression, Predicate]),
    ("sortBy", &[Expression, Predicate, OptionalExpression]),
    ("reduce", &[Expression, Predicate, OptionalExpression]),
];

impl Parser {
    /// The arguments of `name` follow; `arguments` holds what a pipe has brought.
    pub(super) fn call(&mut self, name: &Token, arguments: Vec<NodeId>) -> Parsed {
        if let Some((name_of, shape)) = PREDICATES.iter().find(|row| row.0 == name.value) {
            let arguments = self.predicate_arguments(shape, arguments)?;
            return self.push(Node::Builtin { name: name_of, arguments }, name.at);
        }
        if let Some(builtin) = builtins::find(&name.value) {
            let arguments = self.arguments(arguments)?;
            return self.push(Node::Builtin { name: builtin.name, arguments }, name.at);
        }
        self.count()?;
        let arguments = self.arguments(arguments)?;
        self.push(Node::Call { name: Arc::from(name.value.as_str()), arguments }, name.at)
    }

    pub(super) fn arguments(&mut self, mut arguments: Vec<NodeId>) -> Result<Vec<NodeId>, Error> {
        let piped = arguments.len();
        self.expect_bracket("(")?;
        while !self.current.bracket(")") {
            if arguments.len() > piped {
                self.expect_operator(",")?;
            }
            if self.current.bracket(")") {
                break;
            }
            arguments.push(self.expression(PIPE)?);
        }
        self.expect_bracket(")")?;
        Ok(arguments)
    }

    fn predicate_arguments(&mut self, shape: &[Argument], piped: Vec<NodeId>) -> Result<Vec<NodeId>, Error> {
        let mut arguments = piped;
        self.expect_bracket("(")?;
        let shape = shape.get(arguments.len()..).unwrap_or_default();
        for (i, argument) in shape.iter().enumerate() {
            if self.current.bracket(")") {
                if matches!(argument, OptionalExpression | OptionalPredicate) {
                    break;
                }
                return Err(self.error(format!("expected at least {} arguments", shape.len())));
            }
            if i > 0 {
                self.expect_operator(",")?;
            }
            arguments.push(match argument {
                Expression | OptionalExpression => self.expression(PIPE)?,
                Predicate | OptionalPredicate => self.predicate()?,
            });
        }
        if self.current.operator(",") {
            self.advance()?;
        }
        self.expect_bracket(")")?;
        Ok(arguments)
    }

    /// `{ body }` or a bare expression.
    fn predicate(&mut self) -> Parsed {
        let at = self.current.at;
        let braced = self.current.bracket("{");
        self.predicates += 1;
        let body = if braced { self.block()? } else { self.expression(PIPE)? };
        self.predicates -= 1;
        if !braced && self.current.operator(";") {
            return Err(self.error("wrap predicate with brackets { and }"));
        }
        self.push(Node::Predicate(body), at)
    }
}

//! What may follow a value: `.name`, `?.name`, `.method()`, `[index]`, `?.[index]`, `[from:to]`.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::error::Error;
use crate::lexer;
use crate::operator::PIPE;
use crate::token::{Kind, Token};
use crate::tree::{Node, NodeId};

impl Parser {
    pub(super) fn postfix(&mut self, mut node: NodeId) -> Parsed {
        loop {
            let optional = self.current.operator("?.");
            if optional || self.current.operator(".") {
                self.advance()?;
                if !(optional && self.current.bracket("[")) {
                    node = self.member(node, optional)?;
                    continue;
                }
            }
            if !self.current.bracket("[") {
                return Ok(node);
            }
            node = self.index(node, optional)?;
        }
    }

    fn name(&mut self) -> Result<Token, Error> {
        let token = self.advance()?;
        let word = || token.value.chars().next().is_some_and(lexer::starts_word);
        if token.kind == Kind::Identifier || (token.kind == Kind::Operator && word()) {
            return Ok(token);
        }
        Err(self.error("expected name"))
    }

    fn member(&mut self, base: NodeId, optional: bool) -> Parsed {
        let name = self.name()?;
        let at = name.at;
        // A later link joins the chain that an earlier `?.` began, so that one nil ends them all.
        let (base, chained) = match self.tree.node(base) {
            Node::Chain(inner) => (*inner, true),
            _ => (base, false),
        };
        self.count()?;
        let name: Arc<str> = Arc::from(name.value);
        let node = if self.current.bracket("(") {
            self.count()?;
            let arguments = self.arguments(Vec::new())?;
            self.push(Node::Method { base, name, optional, arguments }, at)?
        } else {
            let property = self.tree.push(Node::Text(name), at);
            self.push(Node::Member { base, property, optional }, at)?
        };
        if chained || optional { self.push(Node::Chain(node), at) } else { Ok(node) }
    }

    fn index(&mut self, base: NodeId, optional: bool) -> Parsed {
        let at = self.advance()?.at;
        let from = if self.current.operator(":") { None } else { Some(self.expression(PIPE)?) };
        if let Some(property) = from
            && !self.current.operator(":")
        {
            let node = self.push(Node::Member { base, property, optional }, at)?;
            let node = if optional { self.push(Node::Chain(node), at)? } else { node };
            self.expect_bracket("]")?;
            return Ok(node);
        }
        self.advance()?;
        let to = if self.current.bracket("]") { None } else { Some(self.expression(PIPE)?) };
        let node = self.push(Node::Slice { base, from, to }, at)?;
        self.expect_bracket("]")?;
        Ok(node)
    }
}

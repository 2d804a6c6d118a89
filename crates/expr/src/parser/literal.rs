//! Names, numbers, text, lists and maps.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::error::Error;
use crate::operator::PIPE;
use crate::token::{Kind, Token};
use crate::tree::{Node, NodeId};

impl Parser {
    pub(super) fn secondary(&mut self) -> Parsed {
        let node = match self.current.kind {
            Kind::Identifier => {
                let name = self.advance()?;
                match name.value.as_str() {
                    "true" => return self.push(Node::Bool(true), name.at),
                    "false" => return self.push(Node::Bool(false), name.at),
                    "nil" => return self.push(Node::Nil, name.at),
                    _ if self.current.bracket("(") => self.call(&name, Vec::new())?,
                    _ => self.push(Node::Identifier(Arc::from(name.value)), name.at)?,
                }
            }
            Kind::Number => {
                let token = self.advance()?;
                return self.number(&token);
            }
            Kind::Text => {
                let token = self.advance()?;
                self.push(Node::Text(Arc::from(token.value)), token.at)?
            }
            _ if self.current.bracket("[") => self.list()?,
            _ if self.current.bracket("{") => self.map()?,
            _ => return Err(self.unexpected()),
        };
        self.postfix(node)
    }

    fn number(&mut self, token: &Token) -> Parsed {
        let text = token.value.replace('_', "");
        let lower = text.to_lowercase();
        let node = if let Some(digits) = lower.strip_prefix("0x") {
            Node::Integer(self.integer("hex", digits, 16, &text)?)
        } else if lower.contains(['.', 'e']) {
            Node::Float(self.float(&text)?)
        } else if let Some(digits) = lower.strip_prefix("0b") {
            Node::Integer(self.integer("binary", digits, 2, &text)?)
        } else if let Some(digits) = lower.strip_prefix("0o") {
            Node::Integer(self.integer("octal", digits, 8, &text)?)
        } else {
            Node::Integer(self.integer("integer", &text, 10, &text)?)
        };
        self.push(node, token.at)
    }

    fn integer(&self, what: &str, digits: &str, radix: u32, text: &str) -> Result<i64, Error> {
        i64::from_str_radix(digits, radix).map_err(|error| {
            let why = match error.kind() {
                std::num::IntErrorKind::PosOverflow => "value out of range",
                _ => "invalid syntax",
            };
            self.error(format!("invalid {what} literal: strconv.ParseInt: parsing \"{text}\": {why}"))
        })
    }

    fn float(&self, text: &str) -> Result<f64, Error> {
        let why = match text.parse::<f64>() {
            Ok(number) if number.is_finite() => return Ok(number),
            Ok(_) => "value out of range",
            Err(_) => "invalid syntax",
        };
        Err(self.error(format!("invalid float literal: strconv.ParseFloat: parsing \"{text}\": {why}")))
    }

    fn list(&mut self) -> Parsed {
        let at = self.advance()?.at;
        let mut items = Vec::new();
        while !self.current.bracket("]") {
            if !items.is_empty() {
                self.expect_operator(",")?;
                if self.current.bracket("]") {
                    break;
                }
            }
            items.push(self.expression(PIPE)?);
        }
        self.expect_bracket("]")?;
        self.push(Node::Array(items), at)
    }

    fn map(&mut self) -> Parsed {
        let at = self.advance()?.at;
        let mut pairs = Vec::new();
        while !self.current.bracket("}") {
            if !pairs.is_empty() {
                self.expect_operator(",")?;
                if self.current.bracket("}") {
                    break;
                }
                if self.current.operator(",") {
                    return Err(self.unexpected());
                }
            }
            let key = self.map_key()?;
            self.expect_operator(":")?;
            let value = self.expression(PIPE)?;
            self.count()?;
            pairs.push((key, value));
        }
        self.expect_bracket("}")?;
        self.push(Node::Map(pairs), at)
    }

    /// A number, text or name stands for itself; anything else needs parentheses.
    fn map_key(&mut self) -> Result<NodeId, Error> {
        match self.current.kind {
            Kind::Number | Kind::Text | Kind::Identifier => {
                let token = self.advance()?;
                self.push(Node::Text(Arc::from(token.value)), token.at)
            }
            _ if self.current.bracket("(") => self.expression(PIPE),
            _ => Err(self.error(format!(
                "a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses \
                 (unexpected token {})",
                self.current
            ))),
        }
    }
}

//! Words into a tree: a Pratt parser with the reference's grammar, node limit and messages.

mod call;
mod literal;
mod postfix;

use std::sync::Arc;

use crate::error::Error;
use crate::lexer::Lexer;
use crate::operator::{self, Binary, PIPE, Precedence};
use crate::token::{Kind, Token};
use crate::tree::{Node, NodeId, Tree};

/// As the reference limits a program.
const MAX_NODES: usize = 10_000;

/// How deep expressions may nest; the reference has no bound, a thread's stack has one.
const MAX_NESTING: usize = 128;

pub(crate) struct Parser {
    lexer: Lexer,
    current: Token,
    stashed: Option<Token>,
    tree: Tree,
    nodes: usize,
    nesting: usize,
    /// Inside how many predicates we are: `#` and `.field` have a meaning there.
    predicates: usize,
}

type Parsed = Result<NodeId, Error>;

/// Parses a whole program.
pub(crate) fn parse(source: &str) -> Result<(Tree, NodeId), Error> {
    let mut lexer = Lexer::new(source);
    let current = lexer.next_token()?;
    let tree = Tree::default();
    let mut parser = Parser { lexer, current, stashed: None, tree, nodes: 0, nesting: 0, predicates: 0 };
    let root = parser.sequence()?;
    if parser.current.kind != Kind::End {
        return Err(parser.unexpected());
    }
    Ok((parser.tree, root))
}

impl Parser {
    fn advance(&mut self) -> Result<Token, Error> {
        let next = match self.stashed.take() {
            Some(token) => token,
            None => self.lexer.next_token()?,
        };
        Ok(std::mem::replace(&mut self.current, next))
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::compile(self.current.at, message)
    }

    fn unexpected(&self) -> Error {
        self.error(format!("unexpected token {}", self.current))
    }

    fn expect_operator(&mut self, value: &str) -> Result<(), Error> {
        if !self.current.operator(value) {
            return Err(self.unexpected());
        }
        self.advance().map(drop)
    }

    fn expect_bracket(&mut self, value: &str) -> Result<(), Error> {
        if !self.current.bracket(value) {
            return Err(self.unexpected());
        }
        self.advance().map(drop)
    }

    fn expect_identifier(&mut self) -> Result<Token, Error> {
        if self.current.kind != Kind::Identifier {
            return Err(self.unexpected());
        }
        self.advance()
    }

    /// Nodes that the reference makes and we do not need count all the same.
    fn count(&mut self) -> Result<(), Error> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.error("compilation failed: expression exceeds maximum allowed nodes"));
        }
        Ok(())
    }

    fn push(&mut self, node: Node, at: usize) -> Parsed {
        self.count()?;
        Ok(self.tree.push(node, at))
    }

    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.nesting >= MAX_NESTING {
            return Err(self.error(format!("expression is nested too deeply (at most {MAX_NESTING} levels)")));
        }
        self.nesting += 1;
        let parsed = parse(self);
        self.nesting -= 1;
        parsed
    }

    /// `e1; e2; ...`, a trailing `;` allowed.
    fn sequence(&mut self) -> Parsed {
        let at = self.current.at;
        let first = self.expression(PIPE)?;
        let mut nodes = vec![first];
        while self.current.operator(";") {
            self.advance()?;
            if self.current.kind == Kind::End {
                break;
            }
            nodes.push(self.expression(PIPE)?);
        }
        if nodes.len() == 1 { Ok(first) } else { self.push(Node::Sequence(nodes), at) }
    }

    fn expression(&mut self, least: Precedence) -> Parsed {
        self.nested(|parser| {
            if least == PIPE && parser.current.operator("let") {
                return parser.declaration();
            }
            if least == PIPE && parser.current.operator("if") {
                return parser.conditional();
            }
            let left = parser.primary()?;
            let left = parser.infix(left, least)?;
            if least == PIPE { parser.ternary(left) } else { Ok(left) }
        })
    }

    /// Everything that may follow a value and binds at least as tightly as `least`.
    fn infix(&mut self, mut left: NodeId, least: Precedence) -> Parsed {
        let mut after_coalesce = false;
        while self.current.kind == Kind::Operator {
            let Some(negated) = self.negation(least)? else { break };
            if self.current.operator("|") {
                if least > PIPE {
                    break;
                }
                self.advance()?;
                let name = self.expect_identifier()?;
                left = self.call(&name, vec![left])?;
                after_coalesce = false;
                continue;
            }
            let Some((spelling, op, precedence)) = operator::binary(&self.current.value) else { break };
            if precedence < least {
                break;
            }
            let token = self.advance()?;
            if after_coalesce && op != Binary::Coalesce {
                let message = format!(
                    "Operator ({spelling}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses."
                );
                return Err(Error::compile(token.at, message));
            }
            after_coalesce = op == Binary::Coalesce;
            if op.chains() {
                left = self.comparison(left, (spelling, op), token.at, precedence)?;
                continue;
            }
            let right = self.expression(if op.right_associative() { precedence } else { precedence + 1 })?;
            left = self.push(Node::Binary { op, spelling, left, right }, token.at)?;
            if negated {
                let not = Node::Unary { op: operator::Unary::Not, spelling: "not", operand: left };
                left = self.push(not, token.at)?;
            }
        }
        Ok(left)
    }

    /// `not` before an operator: steps over it and says so. `None`: what follows belongs to an outer expression.
    fn negation(&mut self, least: Precedence) -> Result<Option<bool>, Error> {
        if !self.current.operator("not") {
            return Ok(Some(false));
        }
        let not = self.advance()?;
        match operator::binary(&self.current.value) {
            Some((_, op, precedence)) if op.negatable() => {
                if precedence >= least {
                    return Ok(Some(true));
                }
                self.stashed = Some(std::mem::replace(&mut self.current, not));
                Ok(None)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// `a < b < c`: each neighbouring pair must hold.
    fn comparison(
        &mut self,
        left: NodeId,
        first: (&'static str, Binary),
        at: usize,
        precedence: Precedence,
    ) -> Parsed {
        let (mut left, mut operator, mut at) = (left, first, at);
        let mut root = None;
        loop {
            let right = self.expression(precedence + 1)?;
            let pair = Node::Binary { op: operator.1, spelling: operator.0, left, right };
            let pair = self.push(pair, at)?;
            let joined = match root {
                None => pair,
                Some(left) => {
                    self.push(Node::Binary { op: Binary::And, spelling: "&&", left, right: pair }, at)?
                }
            };
            root = Some(joined);
            left = right;
            match operator::binary(&self.current.value) {
                Some((spelling, op, _)) if self.current.kind == Kind::Operator && op.chains() => {
                    at = self.advance()?.at;
                    operator = (spelling, op);
                }
                _ => return Ok(joined),
            }
        }
    }

    fn declaration(&mut self) -> Parsed {
        self.expect_operator("let")?;
        let name = self.expect_identifier()?;
        self.expect_operator("=")?;
        let value = self.expression(PIPE)?;
        self.expect_operator(";")?;
        let body = self.sequence()?;
        self.push(Node::Let { name: Arc::from(name.value), value, body }, name.at)
    }

    fn conditional(&mut self) -> Parsed {
        self.expect_operator("if")?;
        let condition = self.expression(PIPE)?;
        let then = self.block()?;
        self.expect_operator("else")?;
        let otherwise =
            if self.current.operator("if") { self.nested(Self::conditional)? } else { self.block()? };
        Ok(self.tree.push(Node::Conditional { condition, then, otherwise }, 0))
    }

    fn block(&mut self) -> Parsed {
        self.expect_bracket("{")?;
        let body = self.sequence()?;
        self.expect_bracket("}")?;
        Ok(body)
    }

    fn ternary(&mut self, mut condition: NodeId) -> Parsed {
        while self.current.operator("?") {
            self.advance()?;
            let (then, otherwise) = if self.current.operator(":") {
                self.advance()?;
                (condition, self.expression(PIPE)?)
            } else {
                let then = self.expression(PIPE)?;
                self.expect_operator(":")?;
                (then, self.expression(PIPE)?)
            };
            condition = self.push(Node::Conditional { condition, then, otherwise }, self.current.at)?;
        }
        Ok(condition)
    }

    fn primary(&mut self) -> Parsed {
        if self.current.kind == Kind::Operator
            && let Some((spelling, op, precedence)) = operator::unary(&self.current.value)
        {
            let at = self.advance()?.at;
            let operand = self.expression(precedence)?;
            let node = self.push(Node::Unary { op, spelling, operand }, at)?;
            return self.postfix(node);
        }
        if self.current.bracket("(") {
            self.advance()?;
            let inner = self.sequence()?;
            self.expect_bracket(")")?;
            return self.postfix(inner);
        }
        if self.predicates > 0 && (self.current.operator("#") || self.current.operator(".")) {
            return self.pointer();
        }
        if self.current.operator("::") {
            self.advance()?;
            let name = self.expect_identifier()?;
            let call = self.call(&name, Vec::new())?;
            return self.postfix(call);
        }
        self.secondary()
    }

    /// `#`, `#index`, `#acc`; a leading `.` stands for `#.`.
    fn pointer(&mut self) -> Parsed {
        let at = self.current.at;
        let mut name = String::new();
        if self.current.operator("#") {
            self.advance()?;
            if self.current.kind == Kind::Identifier {
                name = self.advance()?.value;
            }
        }
        let node = self.push(Node::Pointer(Arc::from(name)), at)?;
        self.postfix(node)
    }
}

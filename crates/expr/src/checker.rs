//! What can be known to fail before the program runs, with the reference's rules and messages.

mod binary;
mod call;
mod member;
mod method;
mod predicate;

use std::sync::Arc;

use crate::builtins;
use crate::environment::Env;
use crate::error::Error;
use crate::operator::Unary;
use crate::tree::{Node, NodeId, Tree};
use crate::types::Type;

/// A predicate's surroundings: what `#` is, and the names that `#name` knows.
struct Scope {
    items: Type,
    pointers: &'static [&'static str],
}

pub(crate) struct Checker<'e> {
    tree: Tree,
    env: &'e Env,
    scopes: Vec<Scope>,
    variables: Vec<(Arc<str>, Type)>,
    /// A node may have two parents (`a < b < c`); it is looked at once.
    known: std::collections::BTreeMap<NodeId, Type>,
}

type Checked = Result<Type, Error>;

/// Checks the program; integer literals that stand for floats come back as floats.
pub(crate) fn check(tree: Tree, root: NodeId, env: &Env) -> Result<Tree, Error> {
    let mut checker = Checker {
        tree,
        env,
        scopes: Vec::new(),
        variables: Vec::new(),
        known: std::collections::BTreeMap::new(),
    };
    checker.visit(root)?;
    Ok(checker.tree)
}

impl Checker<'_> {
    fn error<T>(&self, id: NodeId, message: impl Into<String>) -> Result<T, Error> {
        Err(Error::compile(self.tree.at(id), message))
    }

    fn visit(&mut self, id: NodeId) -> Checked {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        let (leaf, mut passed) = self.tree.spine(id);
        for id in &passed {
            self.enter(*id)?;
        }
        let mut type_of = self.leaf(leaf)?;
        self.known.insert(leaf, type_of.clone());
        while let Some(id) = passed.pop() {
            type_of = self.finish(id, type_of)?;
            self.known.insert(id, type_of.clone());
        }
        Ok(type_of)
    }

    /// What must hold before a node's first child is looked at: a function is known before its arguments are.
    fn enter(&self, id: NodeId) -> Result<(), Error> {
        match self.tree.node(id) {
            Node::Call { name, .. } => self.callable(id, name),
            _ => Ok(()),
        }
    }

    /// A node without a head.
    fn leaf(&mut self, id: NodeId) -> Checked {
        match self.tree.node(id).clone() {
            Node::Nil => Ok(Type::Nil),
            Node::Bool(_) => Ok(Type::Bool),
            Node::Integer(_) => Ok(Type::Int),
            Node::Float(_) => Ok(Type::Float),
            Node::Text(_) => Ok(Type::Text),
            Node::Identifier(name) => self.identifier(id, &name),
            Node::Pointer(name) => self.pointer(id, &name),
            Node::Predicate(body) => self.visit(body),
            Node::Let { name, value, body } => self.declaration(id, name, value, body),
            Node::Sequence(nodes) => {
                let mut last = Type::Unknown;
                for node in nodes {
                    last = self.visit(node)?;
                }
                Ok(last)
            }
            Node::Array(items) => self.array(&items),
            Node::Map(pairs) => {
                for (key, value) in pairs {
                    self.visit(key)?;
                    self.visit(value)?;
                }
                Ok(Type::Map(crate::value::MapKind::Texts))
            }
            Node::Builtin { name, .. } => self.plain_builtin(id, name, &[], &[]),
            Node::Call { name, .. } => {
                self.callable(id, &name)?;
                self.function(id, &name, &[], &[])
            }
            // Every other node has a head.
            _ => Ok(Type::Unknown),
        }
    }

    /// A node whose head is of type `head`.
    fn finish(&mut self, id: NodeId, head: Type) -> Checked {
        match self.tree.node(id).clone() {
            Node::Unary { op, spelling, .. } => self.unary(id, op, spelling, head),
            Node::Binary { op, spelling, left, right } => self.binary(id, op, spelling, (left, head), right),
            Node::Member { base, property, optional } => self.member(id, (base, head), property, optional),
            Node::Method { base, name, optional, arguments } => {
                self.method(id, (base, head), &name, optional, &arguments)
            }
            Node::Slice { from, to, .. } => self.slice(id, head, [from, to]),
            Node::Conditional { condition, then, otherwise } => {
                self.conditional(condition, &head, then, otherwise)
            }
            Node::Builtin { name, arguments } if builtins::is_predicate(name) => {
                self.predicate_builtin(name, &head, &arguments)
            }
            Node::Builtin { name, arguments } => {
                let types = self.rest(id, name, head, &arguments)?;
                self.plain_builtin(id, name, &arguments, &types)
            }
            Node::Call { name, arguments } => {
                let types = self.rest(id, &name, head, &arguments)?;
                self.function(id, &name, &arguments, &types)
            }
            // A chain is what is in it; every other node is a leaf.
            _ => Ok(head),
        }
    }

    /// The types of all arguments, the first of which is known. One that does not fit is told of before what is wrong in
    /// those after it.
    fn rest(
        &mut self,
        id: NodeId,
        name: &str,
        first: Type,
        arguments: &[NodeId],
    ) -> Result<Vec<Type>, Error> {
        let mut types = vec![first];
        for argument in arguments.iter().skip(1) {
            match self.visit(*argument) {
                Ok(type_of) => types.push(type_of),
                Err(error) => {
                    self.fit_so_far(id, name, arguments, &types)?;
                    return Err(error);
                }
            }
        }
        Ok(types)
    }

    fn identifier(&self, id: NodeId, name: &str) -> Checked {
        if let Some((_, type_of)) = self.variables.iter().rev().find(|v| &*v.0 == name) {
            return Ok(type_of.clone());
        }
        if name == "$env" {
            return Ok(Type::Unknown);
        }
        match self.env.variable(name) {
            Some(value) => Ok(Type::of(value)),
            None => self.error(id, format!("unknown name {name}")),
        }
    }

    fn pointer(&self, id: NodeId, name: &str) -> Checked {
        let Some(scope) = self.scopes.last() else {
            return self.error(id, "cannot use pointer accessor outside predicate");
        };
        match name {
            "" => Ok(scope.items.clone()),
            "index" if scope.pointers.contains(&name) => Ok(Type::Int),
            name if scope.pointers.contains(&name) => Ok(Type::Unknown),
            _ => self.error(id, format!("unknown pointer #{name}")),
        }
    }

    fn declaration(&mut self, id: NodeId, name: Arc<str>, value: NodeId, body: NodeId) -> Checked {
        if self.env.variable(&name).is_some() || self.env.function(&name).is_some() {
            return self.error(id, format!("cannot redeclare {name}"));
        }
        if builtins::find(&name).is_some() || builtins::is_predicate(&name) {
            return self.error(id, format!("cannot redeclare builtin {name}"));
        }
        if self.variables.iter().any(|v| v.0 == name) {
            return self.error(id, format!("cannot redeclare variable {name}"));
        }
        let type_of = self.visit(value)?;
        self.variables.push((name, type_of));
        let checked = self.visit(body);
        self.variables.pop();
        checked
    }

    fn array(&mut self, items: &[NodeId]) -> Checked {
        let mut previous: Option<Type> = None;
        let mut alike = true;
        for item in items {
            let type_of = self.visit(*item)?;
            alike &= previous.as_ref().is_none_or(|previous| type_of.same_kind(previous));
            previous = Some(type_of);
        }
        Ok(if alike { Type::list_of(previous.unwrap_or(Type::Unknown)) } else { Type::list_of(Type::Any) })
    }

    fn unary(&self, id: NodeId, op: Unary, spelling: &str, operand: Type) -> Checked {
        match op {
            Unary::Not if operand == Type::Bool || operand.unknown() => Ok(Type::Bool),
            Unary::Minus | Unary::Plus if operand.number() => Ok(operand),
            Unary::Minus | Unary::Plus if operand.unknown() => Ok(Type::Unknown),
            _ => {
                self.error(id, format!("invalid operation: {spelling} (mismatched type {})", operand.name()))
            }
        }
    }

    fn conditional(&mut self, condition: NodeId, head: &Type, then: NodeId, otherwise: NodeId) -> Checked {
        if *head != Type::Bool && !head.unknown() {
            let message = format!("non-bool expression (type {}) used as condition", head.name());
            return self.error(condition, message);
        }
        let (then, otherwise) = (self.visit(then)?, self.visit(otherwise)?);
        Ok(match (then, otherwise) {
            (Type::Nil, other) | (other, Type::Nil) => other,
            (Type::List(a, x), Type::List(b, y)) if a == b => {
                let alike = x.assignable(&y) && y.assignable(&x);
                if alike { Type::List(a, x) } else { Type::list_of(Type::Any) }
            }
            (then, otherwise) if then.assignable(&otherwise) => then,
            _ => Type::Unknown,
        })
    }
}

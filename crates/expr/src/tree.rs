//! The program as a tree, kept in one vector: dropping it needs no stack, however deep it is.

use std::sync::Arc;

use crate::operator::{Binary, Unary};

/// A node's place in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeId(u32);

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Nil,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(Arc<str>),
    Identifier(Arc<str>),
    /// `#` (empty name), `#index`, `#acc`.
    Pointer(Arc<str>),
    Unary {
        op: Unary,
        spelling: &'static str,
        operand: NodeId,
    },
    Binary {
        op: Binary,
        spelling: &'static str,
        left: NodeId,
        right: NodeId,
    },
    /// Where a `?.` that found nothing lands.
    Chain(NodeId),
    /// `base.name` or `base[property]`.
    Member {
        base: NodeId,
        property: NodeId,
        optional: bool,
    },
    /// `base.name(arguments)`.
    Method {
        base: NodeId,
        name: Arc<str>,
        optional: bool,
        arguments: Vec<NodeId>,
    },
    Slice {
        base: NodeId,
        from: Option<NodeId>,
        to: Option<NodeId>,
    },
    /// A function of the environment, or a name that turns out to be none.
    Call {
        name: Arc<str>,
        arguments: Vec<NodeId>,
    },
    Builtin {
        name: &'static str,
        arguments: Vec<NodeId>,
    },
    Predicate(NodeId),
    Let {
        name: Arc<str>,
        value: NodeId,
        body: NodeId,
    },
    Sequence(Vec<NodeId>),
    Conditional {
        condition: NodeId,
        then: NodeId,
        otherwise: NodeId,
    },
    Array(Vec<NodeId>),
    Map(Vec<(NodeId, NodeId)>),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    nodes: Vec<(Node, usize)>,
}

/// What a foreign id would find: there are none, ids come from `push` alone.
const NOTHING: (Node, usize) = (Node::Nil, 0);

impl Tree {
    pub(crate) fn push(&mut self, node: Node, at: usize) -> NodeId {
        self.nodes.push((node, at));
        NodeId(self.nodes.len() as u32 - 1)
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes.get(id.0 as usize).unwrap_or(&NOTHING).0
    }

    /// Characters from the start of the source.
    pub(crate) fn at(&self, id: NodeId) -> usize {
        self.nodes.get(id.0 as usize).unwrap_or(&NOTHING).1
    }

    pub(crate) fn replace(&mut self, id: NodeId, node: Node) {
        if let Some(slot) = self.nodes.get_mut(id.0 as usize) {
            slot.0 = node;
        }
    }

    pub(crate) fn text(&self, id: NodeId) -> Option<&Arc<str>> {
        match self.node(id) {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The child that is looked at first, if there is one whatever the others say.
    ///
    /// Long programs are long on this side (`a + b + c`, `x | f() | g()`, `a.b.c`), so checker and evaluator walk it
    /// in a loop and recurse only into the other children, whose depth the parser bounds.
    pub(crate) fn head(&self, id: NodeId) -> Option<NodeId> {
        match self.node(id) {
            Node::Unary { operand: head, .. }
            | Node::Binary { left: head, .. }
            | Node::Chain(head)
            | Node::Member { base: head, .. }
            | Node::Method { base: head, .. }
            | Node::Slice { base: head, .. }
            | Node::Conditional { condition: head, .. } => Some(*head),
            Node::Builtin { arguments, .. } | Node::Call { arguments, .. } => arguments.first().copied(),
            _ => None,
        }
    }

    /// From `id` down its heads: the leaf, and the nodes passed, outermost first.
    pub(crate) fn spine(&self, id: NodeId) -> (NodeId, Vec<NodeId>) {
        let mut passed = Vec::new();
        let mut at = id;
        while let Some(head) = self.head(at) {
            passed.push(at);
            at = head;
        }
        (at, passed)
    }
}

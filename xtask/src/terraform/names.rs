//! Names of references in expressions: `var.x`, `module.m.output`, `aws_vpc.this.id`.

use hcl_edit::Span;
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::structure::Body;
use hcl_edit::visit::{Visit, visit_traversal};

/// A reference with the byte where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Its words, up to the first index or splat: `["aws_subnet", "private"]`; with the name read behind it, if any.
    pub(crate) words: Vec<String>,
    pub(crate) byte: usize,
}

/// Every reference in a body, also inside of texts and nested blocks.
pub(crate) fn references(body: &Body) -> Vec<Reference> {
    let mut finder = Finder::default();
    finder.visit_body(body);
    finder.0
}

#[derive(Default)]
struct Finder(Vec<Reference>);

impl Visit for Finder {
    fn visit_traversal(&mut self, node: &Traversal) {
        if let Expression::Variable(root) = &node.expr {
            let mut words = vec![root.as_str().to_owned()];
            for operator in &node.operators {
                match operator.value() {
                    TraversalOperator::GetAttr(name) => words.push(name.as_str().to_owned()),
                    // An element has the names of all.
                    TraversalOperator::AttrSplat(_)
                    | TraversalOperator::FullSplat(_)
                    | TraversalOperator::Index(_)
                    | TraversalOperator::LegacyIndex(_) => {}
                }
            }
            self.0.push(Reference { words, byte: root.span().map_or(0, |span| span.start) });
        }
        visit_traversal(self, node);
    }
}

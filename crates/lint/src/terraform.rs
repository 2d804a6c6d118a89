//! A Terraform file, as far as it concerns a release.

use crd::yaml::Position;
use hcl_edit::Span;
use hcl_edit::structure::Body;

/// A Terraform file.
#[derive(Debug)]
pub(crate) struct Terraform {
    pub(crate) source: usize,
    /// Blocks on the top level, in order.
    pub(crate) blocks: Vec<Block>,
}

/// A block on the top level.
#[derive(Debug)]
pub(crate) struct Block {
    /// `provider`, `module`, `resource`, ...
    pub(crate) kind: String,
    pub(crate) labels: Vec<String>,
    pub(crate) position: Position,
    /// Names of its attributes with their expressions, as written.
    pub(crate) attributes: Vec<(String, String)>,
}

impl Block {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn label(&self, index: usize) -> &str {
        self.labels.get(index).map_or("", String::as_str)
    }
}

impl Terraform {
    pub(crate) fn read(source: usize, text: &str) -> Result<Self, (Position, String)> {
        let body: Body = hcl_edit::parser::parse_body(text).map_err(|error| {
            let at = error.location();
            (Position { line: at.line(), column: at.column() }, error.message().to_owned())
        })?;
        let blocks = body.blocks().map(|block| Block {
            kind: block.ident.as_str().to_owned(),
            labels: block.labels.iter().map(|label| label.as_str().to_owned()).collect(),
            position: position(text, block.ident.span().map_or(0, |span| span.start)),
            attributes: block
                .body
                .attributes()
                .map(|attribute| {
                    (attribute.key.as_str().to_owned(), attribute.value.to_string().trim().to_owned())
                })
                .collect(),
        });
        Ok(Self { source, blocks: blocks.collect() })
    }
}

/// Line and column of a byte.
fn position(text: &str, byte: usize) -> Position {
    let before = text.get(..byte).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Position { line, column }
}

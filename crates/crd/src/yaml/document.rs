//! Streams of manifests, with the lines on which things stand.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Error, node::Node};

/// One document of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Lines by JSON pointer: of a member the line of its key, of an item the line on which it begins.
    lines: BTreeMap<String, usize>,
}

impl Document {
    /// The line of what the JSON pointer names, or of the nearest part around it that exists.
    pub fn line_of(&self, pointer: &str) -> usize {
        let mut pointer = pointer;
        loop {
            if let Some(line) = self.lines.get(pointer) {
                return *line;
            }
            match pointer.rfind('/') {
                Some(end) => pointer = pointer.get(..end).unwrap_or_default(),
                None => return self.line,
            }
        }
    }
}

/// Reads every document of a stream; empty ones are dropped. A document that cannot be read does not hide the
/// others.
///
/// ```
/// use aviary_crd::yaml::documents;
/// let documents = documents("a: 1\n---\n# only a comment\n---\nb:\n  - c: 2\n");
/// let second = documents[1].as_ref().unwrap();
/// assert_eq!((second.line, second.line_of("/b/0/c")), (5, 6));
/// ```
pub fn documents(text: &str) -> Vec<Result<Document, Box<Error>>> {
    split(text).into_iter().filter_map(|(first, part)| read(first, part).transpose()).collect()
}

fn read(first: usize, part: &str) -> Result<Option<Document>, Box<Error>> {
    let is_content = |line: &str| {
        let rest = line.strip_prefix("---").unwrap_or(line).trim_start();
        !(rest.is_empty() || rest.starts_with('#') || line.starts_with('%'))
    };
    let Some(offset) = part.lines().position(is_content) else { return Ok(None) };
    // Empty lines before it make every position one in the whole stream, also those in error messages.
    let padded = format!("{}{part}", "\n".repeat(first));
    let node: Node = super::from_str(&padded)?;
    let mut lines = BTreeMap::new();
    let value = node.flatten(&mut String::new(), &mut lines);
    Ok((!value.is_null()).then_some(Document { value, line: first + offset + 1, lines }))
}

/// The parts between document markers, each with the number of lines before it.
///
/// A line that begins with a marker ends a document wherever it stands, also inside a block of text.
fn split(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let (mut start, mut first, mut offset) = (0, 0, 0);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let marker = ["---", "..."].iter().find_map(|marker| line.strip_prefix(marker));
        if marker.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace)) {
            parts.push((first, text.get(start..offset).unwrap_or_default()));
            // What follows a marker on its line may be content; the marker itself is harmless before it.
            (start, first) = (offset, index);
            if line.starts_with("...") {
                (start, first) = (offset + line.len(), index + 1);
            }
        }
        offset += line.len();
    }
    parts.push((first, text.get(start..).unwrap_or_default()));
    parts
}

//! Streams of manifests, with the lines on which things stand.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Error, node::Node, node::Places};

/// Where something stands, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line of the stream.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// One document of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Positions by JSON pointer: of a member that of its key, of an item that on which it begins.
    positions: BTreeMap<String, Position>,
    /// JSON pointers of the members that stand there more than once, in order; the last one counts.
    pub duplicates: Vec<(String, Position)>,
}

impl Document {
    /// The line of what the JSON pointer names, or of the nearest part around it that exists.
    pub fn line_of(&self, pointer: &str) -> usize {
        self.position_of(pointer).line
    }

    /// The position of what the JSON pointer names, or of the nearest part around it that exists.
    pub fn position_of(&self, pointer: &str) -> Position {
        let mut pointer = pointer;
        loop {
            if let Some(position) = self.positions.get(pointer) {
                return *position;
            }
            match pointer.rfind('/') {
                Some(end) => pointer = pointer.get(..end).unwrap_or_default(),
                None => return Position { line: self.line, column: 1 },
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
    split(text)
        .into_iter()
        .filter_map(|(first, part)| read(first, part, super::from_str).transpose())
        .collect()
}

/// The same for readers who point at mistakes: a key that stands twice is told in [`Document::duplicates`], and no
/// error.
///
/// ```
/// let documents = aviary_crd::yaml::tolerant_documents("a: 1\nb: 2\na: 3\n");
/// let document = documents[0].as_ref().unwrap();
/// assert_eq!((document.value["a"].as_i64(), document.duplicates[0].1.line), (Some(3), 3));
/// ```
pub fn tolerant_documents(text: &str) -> Vec<Result<Document, Box<Error>>> {
    split(text)
        .into_iter()
        .filter_map(|(first, part)| read(first, part, super::tolerant).transpose())
        .collect()
}

fn read(
    first: usize,
    part: &str,
    parse: impl Fn(&str) -> Result<Node, Error>,
) -> Result<Option<Document>, Box<Error>> {
    let is_content = |line: &str| {
        let rest = line.strip_prefix("---").unwrap_or(line).trim_start();
        !(rest.is_empty() || rest.starts_with('#') || line.starts_with('%'))
    };
    let Some(offset) = part.lines().position(is_content) else { return Ok(None) };
    // Empty lines before it make every position one in the whole stream, also those in error messages.
    let padded = format!("{}{part}", "\n".repeat(first));
    let node: Node = parse(&padded)?;
    let mut places = Places::default();
    let value = node.flatten(&mut String::new(), &mut places);
    let Places { positions, duplicates } = places;
    Ok((!value.is_null()).then_some(Document { value, line: first + offset + 1, positions, duplicates }))
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

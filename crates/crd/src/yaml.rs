//! YAML as kubectl reads it.

mod document;
mod node;

use serde::de::DeserializeOwned;

pub use document::{Document, Position, documents, tolerant_documents};

/// Why a document could not be read, with line and column.
pub type Error = serde_yaml::Error;

/// Reads one document. `0644` is octal and `yes` a boolean, as kubectl has it.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_yaml::from_str_with_options(text, options())
}

/// Reads every document of a stream; empty ones are dropped.
pub fn from_documents<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, Error> {
    serde_yaml::from_multiple_with_options(text, options())
}

/// Where and why a document could not be read, as one says it behind the file's name.
pub fn told(error: &Error) -> (Position, String) {
    let position = error.location().map_or(Position { line: 1, column: 1 }, |at| Position {
        line: usize::try_from(at.line()).unwrap_or(1),
        column: usize::try_from(at.column()).unwrap_or(1),
    });
    // The first line alone, without the position in front of it: the others show the text around it.
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    let why = match line.split_once(": ") {
        Some((before, why)) if before.starts_with("line ") => why,
        _ => line,
    };
    (position, why.to_owned())
}

/// Why a value could not be written.
pub type WriteError = serde_yaml::SerializeError;

/// Writes one document.
pub fn to_string(value: &impl serde::Serialize) -> Result<String, WriteError> {
    serde_yaml::to_string(value)
}

/// The same, but a key that stands twice in a mapping is no error.
fn tolerant<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let options = serde_yaml::options! {
        legacy_octal_numbers: true,
        duplicate_keys: serde_yaml::options::DuplicateKeyPolicy::LastWins,
    };
    serde_yaml::from_str_with_options(text, options)
}

fn options() -> serde_yaml::Options {
    serde_yaml::options! { legacy_octal_numbers: true }
}

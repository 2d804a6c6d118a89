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

//! YAML as kubectl reads it.

use serde::de::DeserializeOwned;

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

fn options() -> serde_yaml::Options {
    serde_yaml::options! { legacy_octal_numbers: true }
}

//! What is rated.

use std::fmt;

/// The name of an item: 1 to 128 characters of `A-Z a-z 0-9 . _ ~ -`, so that it needs no escaping in a URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(String);

/// An item name that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("item id {0:?} must have 1 to 128 characters out of A-Z a-z 0-9 . _ ~ -")]
pub struct InvalidItem(String);

impl ItemId {
    /// Checks `text`.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidItem> {
        let text = text.into();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '~' | '-');
        if (1..=128).contains(&text.len()) && text.chars().all(plain) {
            Ok(Self(text))
        } else {
            Err(InvalidItem(text.chars().take(128).collect()))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

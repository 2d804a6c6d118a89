//! Why a configuration is refused.

use std::fmt;

/// Where a setting stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Field {
    shown: String,
    pointer: String,
}

impl Field {
    /// A field of this one, or one further in: `passBelow.absolute`.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        path.split('.').fold(self.clone(), |field, name| field.member(name))
    }

    /// A field of this one, whatever is in its name.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        let dot = if self.shown.is_empty() { "" } else { "." };
        let escaped = name.replace('~', "~0").replace('/', "~1");
        let shown = format!("{}{dot}{}", self.shown, short(name));
        Self { shown, pointer: format!("{}/{escaped}", self.pointer) }
    }

    /// An item of this list; people know it by its name.
    #[must_use]
    pub fn item(&self, index: usize, name: &str) -> Self {
        Self {
            shown: format!("{}[{}]", self.shown, short(name)),
            pointer: format!("{}/{index}", self.pointer),
        }
    }

    /// The same for machines: a JSON pointer from what was read.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }
}

/// Characters of a text of strangers that are told.
const SHOWN: usize = 60;

/// The beginning of what somebody wrote.
pub(super) fn short(text: &str) -> String {
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { short + "…" } else { short }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.shown.is_empty() { "the configuration" } else { &self.shown })
    }
}

/// What is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A value that cannot be read.
    #[error("{field}: `{value}` is no {wanted}: {remedy}")]
    Unreadable {
        /// Where.
        field: Field,
        /// What stands there.
        value: String,
        /// What should stand there.
        wanted: &'static str,
        /// What to write.
        remedy: String,
    },
    /// A value that makes no sound or no useful test.
    #[error("{field}: `{value}` {why}: {remedy}")]
    Refused {
        /// Where.
        field: Field,
        /// What stands there.
        value: String,
        /// What is wrong with it.
        why: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Something that is needed.
    #[error("{field} is missing: {remedy}")]
    Missing {
        /// Where.
        field: Field,
        /// What to do.
        remedy: &'static str,
    },
    /// A setting that there is not.
    #[error("{field}: there is no `{name}` here: {remedy}")]
    Unknown {
        /// Where.
        field: Field,
        /// How it is called.
        name: String,
        /// What to write.
        remedy: String,
    },
}

impl Error {
    /// A name that is none of those that are known there, in the mapping `holder`.
    #[must_use]
    pub fn unknown(holder: &Field, name: &str, known: &[&str]) -> Self {
        Self::Unknown { field: holder.member(name), name: short(name), remedy: one_of(name, known) }
    }

    /// Where it is.
    #[must_use]
    pub fn field(&self) -> &Field {
        match self {
            Self::Unreadable { field, .. }
            | Self::Refused { field, .. }
            | Self::Missing { field, .. }
            | Self::Unknown { field, .. } => field,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &str {
        match self {
            Self::Unreadable { remedy, .. } | Self::Unknown { remedy, .. } => remedy,
            Self::Refused { remedy, .. } | Self::Missing { remedy, .. } => remedy,
        }
    }

    /// The whole text but for the remedy.
    #[must_use]
    pub fn problem(&self) -> String {
        let text = self.to_string();
        let problem = text.strip_suffix(self.remedy()).and_then(|text| text.strip_suffix(": "));
        problem.unwrap_or(&text).to_owned()
    }
}

/// What may have been meant by a word, or all that could have been.
pub(super) fn one_of(word: &str, known: &[&str]) -> String {
    let only = if let [only] = known { Some(*only) } else { None };
    match crd::nearest(word, known.iter().copied()).or(only) {
        Some(meant) => format!("write `{meant}`"),
        None => format!("write one of {}", known.join(", ")),
    }
}

/// Mistakes in one text: it goes into a status, which has room for so much.
const TOLD: usize = 10;

/// All that is wrong with a configuration; at least one thing. As a text, the first ten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(Vec<Error>);

impl Mistakes {
    /// These; `None` if there are none.
    #[must_use]
    pub fn of(errors: impl IntoIterator<Item = Error>) -> Option<Self> {
        let errors: Vec<Error> = errors.into_iter().collect();
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Error> {
        self.0.iter()
    }
}

impl From<Error> for Mistakes {
    fn from(error: Error) -> Self {
        Self(vec![error])
    }
}

impl IntoIterator for Mistakes {
    type Item = Error;
    type IntoIter = std::vec::IntoIter<Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Mistakes {
    type Item = &'a Error;
    type IntoIter = std::slice::Iter<'a, Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().take(TOLD).enumerate() {
            let between = if index == 0 { "" } else { "; " };
            write!(f, "{between}{error}")?;
        }
        match self.0.len().saturating_sub(TOLD) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for Mistakes {}

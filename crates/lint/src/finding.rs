//! What a rule found.

use serde::Serialize;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works, but not as well as it reads.
    Warning,
    /// Does not do what it says.
    Error,
}

impl Severity {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Error].into_iter().find(|severity| severity.name() == name)
    }
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Name of the source.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One thing that will not work as it reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Id of the rule.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// Kind and name of the object, such as `Rollout openclaw/rating`; empty outside of objects.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub object: String,
    /// Path of the field in the object, such as `spec.strategy.canary.steps[0].setWeight`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// What is wrong and what comes of it, in plain words.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// Where more is written.
    pub page: String,
    /// Changes to the file that mend it, when that can be done without thinking.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<Edit>,
}

/// Replaces characters of one line. The text may hold line breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// Line, from 1.
    pub line: usize,
    /// Column of the first replaced character, from 1.
    pub column: usize,
    /// How many characters go.
    pub remove: usize,
    /// What comes in their place.
    pub insert: String,
}

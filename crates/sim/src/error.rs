//! What can go wrong with a simulation.

use std::time::Duration;

/// What can go wrong with a simulation.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A manifest was refused.
    #[error("{object}: {status}; correct the manifest")]
    Refused {
        /// Kind and name.
        object: String,
        /// What the API said.
        status: world::Status,
    },
    /// A manifest has no `kind`, `apiVersion` or name.
    #[error("a manifest has no {field}: {text}; give it one")]
    Incomplete {
        /// What is missing.
        field: &'static str,
        /// The beginning of the manifest.
        text: String,
    },
    /// What was waited for did not come.
    #[error("what was waited for did not come within {bound:?}: {why}\n{timeline}")]
    NotReached {
        /// How long was waited.
        bound: Duration,
        /// Nothing is due any more, or the time is over.
        why: &'static str,
        /// What happened instead.
        timeline: String,
    },
    /// A scenario cannot be read.
    #[error("the scenario cannot be read: {0}")]
    Scenario(String),
}

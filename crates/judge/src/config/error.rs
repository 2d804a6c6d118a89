//! Why a configuration is refused.

/// What is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A value that cannot be read.
    #[error("{field}: `{value}` is no {wanted}: write {remedy}")]
    Unreadable {
        /// Where.
        field: String,
        /// What stands there.
        value: String,
        /// What should stand there.
        wanted: &'static str,
        /// An example.
        remedy: &'static str,
    },
    /// A value that makes no sound or no useful test.
    #[error("{field}: `{value}` {why}: {remedy}")]
    Refused {
        /// Where.
        field: String,
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
        field: String,
        /// What to do.
        remedy: &'static str,
    },
}

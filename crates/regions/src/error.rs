//! What can go wrong while regions are verified.

/// What can go wrong while regions are verified. A check that does not hold is no error: it is in the report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A field of the configuration is wrong.
    #[error("{field}: {problem}; {remedy}")]
    Config {
        /// The field, as a path.
        field: String,
        /// What is wrong with it, with its value.
        problem: String,
        /// What to write instead.
        remedy: String,
    },
    /// The file is not the YAML that it should be.
    #[error("not a list of regions and checks: {0}")]
    Yaml(String),
    /// A region did not answer in time.
    #[error("no answer from region {region} ({url}) within {seconds} s: {reason}")]
    Unreachable {
        /// The region.
        region: String,
        /// What was asked.
        url: String,
        /// How long it was waited for.
        seconds: u64,
        /// What the last attempt said.
        reason: String,
    },
}

impl Error {
    pub(crate) fn config(
        field: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Config { field: field.into(), problem: problem.into(), remedy: remedy.into() }
    }
}

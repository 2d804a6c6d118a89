//! Why a query has no answer.

use serde_json::json;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not PromQL.
    #[error("cannot parse the query {query:?}: {reason}")]
    Parse {
        /// The query as given, shortened.
        query: String,
        /// What the parser says.
        reason: String,
    },
    /// PromQL that this engine leaves out.
    #[error("{construct} is not supported by the local metrics store; rewrite the query without it")]
    Unsupported {
        /// The construct, as written in PromQL.
        construct: String,
    },
    /// Two series of one result have the same labels.
    #[error("vector cannot contain metrics with the same labelset: {labels}")]
    SameLabels {
        /// The labels that occur twice.
        labels: String,
    },
    /// A binary operation found several series where one is allowed.
    #[error("found several series for the match group {group}: {remedy}")]
    ManyMatches {
        /// The labels that were matched on.
        group: String,
        /// What to write instead.
        remedy: &'static str,
    },
    /// An argument has another type than its place needs.
    #[error("expected {expected}, found {found}")]
    Type {
        /// `instant vector`, `scalar`, ...
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
}

impl Error {
    /// Names a construct that is left out.
    pub(super) fn unsupported(construct: impl Into<String>) -> Self {
        Self::Unsupported { construct: construct.into() }
    }

    /// The word for `errorType` in an HTTP answer: `bad_data` when the query is at fault, else `execution`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Parse { .. } | Self::Unsupported { .. } | Self::Type { .. } => "bad_data",
            Self::SameLabels { .. } | Self::ManyMatches { .. } => "execution",
        }
    }

    /// The HTTP status that goes with it: 400 for `bad_data`, 422 for `execution`.
    pub fn http_status(&self) -> u16 {
        if self.kind() == "bad_data" { 400 } else { 422 }
    }

    /// The body of the HTTP answer.
    pub fn to_json(&self) -> serde_json::Value {
        json!({"status": "error", "errorType": self.kind(), "error": self.to_string()})
    }
}

//! Why a command failed.

use kube::core::Status;

/// Why a command failed. The text goes to the error stream after `Error: `.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line does not fit the command: what of it does not, if that is to be said before the usage.
    #[error("{0}")]
    Usage(String),
    /// Whoever read the output has seen enough. There is nobody left to tell.
    #[error("the output is closed")]
    Closed,
    /// The command said its verdict, which is not the good one: only the exit code is left to give.
    #[error("verdict with exit code {0}")]
    Verdict(u8),
    /// Everything that explains itself.
    #[error("{0}")]
    Message(String),
    /// The API server refused; its own words.
    #[error("{}", .0.message)]
    Api(Box<Status>),
    /// The API server did not answer.
    #[error("cannot reach the API server: {0}; check the address, the credentials and the network")]
    Client(#[source] Box<kube::Error>),
}

impl Error {
    /// An error that says `text`.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self::Message(text.into())
    }

    /// Something is missing on the command line, as clap says it of what it looks for by itself.
    pub(crate) fn missing(what: &str) -> Self {
        Self::Usage(format!("the following required arguments were not provided:\n  {what}"))
    }

    /// A file that cannot be read, and what could be given instead.
    pub(crate) fn unreadable(shown: impl std::fmt::Display, error: &std::io::Error) -> Self {
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => "; name one that is there, or - for the standard input",
            std::io::ErrorKind::PermissionDenied => "; check its permissions",
            _ => "",
        };
        Self::Message(format!("cannot read {shown}: {error}{remedy}"))
    }

    /// Whether the server says that there is no such object, or no such path.
    pub(crate) fn is_not_found(&self) -> bool {
        self.code() == Some(404)
    }

    /// Whether the object changed in between.
    pub(crate) fn is_conflict(&self) -> bool {
        self.code() == Some(409)
    }

    fn code(&self) -> Option<u16> {
        match self {
            Self::Api(status) => Some(status.code),
            _ => None,
        }
    }
}

impl From<kube::Error> for Error {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::Api(status),
            other => Self::Client(Box::new(other)),
        }
    }
}

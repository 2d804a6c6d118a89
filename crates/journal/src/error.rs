//! Why a journal cannot be used.

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It was written by a later version.
    #[error(
        "the journal has the version {found}, and this program reads 1: use the version of aviary that wrote it"
    )]
    Version {
        /// What it says.
        found: u64,
    },
    /// It is no journal.
    #[error(
        "this is no decision journal: {0}; give a ConfigMap `<rollout>-decisions`, or what `history -o json` prints"
    )]
    Malformed(String),
    /// One entry cannot be read.
    #[error("entry {number} of the journal cannot be read: {why}")]
    Entry {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        why: String,
    },
    /// One entry alone is larger than a ConfigMap may be.
    #[error("one entry takes {bytes} bytes, and a ConfigMap holds {most}", most = crate::MOST_BYTES)]
    TooLarge {
        /// Its size when compressed.
        bytes: usize,
    },
    /// The ConfigMap of that name was not made by a controller.
    #[error("ConfigMap {name} is somebody else's: it has no label {label}", label = crate::LABEL)]
    Foreign {
        /// Its name.
        name: String,
    },
}

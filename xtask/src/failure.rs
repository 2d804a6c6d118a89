//! What went wrong, and how to repair it: no command fails without both.

use std::fmt;

/// A failed check. Printed as two paragraphs: what was found, then the repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    what: String,
    repair: String,
}

impl Failure {
    /// Pairs a finding with the words or the command that repair it.
    pub fn new(what: impl Into<String>, repair: impl Into<String>) -> Self {
        Self { what: what.into(), repair: repair.into() }
    }

    /// `Ok` when nothing was found, else one failure that lists all findings.
    pub(crate) fn unless_empty(findings: &[String], repair: impl Into<String>) -> Result<(), Self> {
        if findings.is_empty() { Ok(()) } else { Err(Self::new(findings.join("\n"), repair)) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  repair: {}", self.what, self.repair)
    }
}

impl std::error::Error for Failure {}

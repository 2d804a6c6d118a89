//! A whole check.

use serde::Serialize;

use crate::bundle::{Bundle, Source};
use crate::finding::{Finding, Severity};
use crate::rule::{RULES, Sink};
use crate::suppress;

/// What a check of a bundle found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// By file, line and column.
    pub findings: Vec<Finding>,
    /// How many findings comments in the files have silenced.
    pub suppressed: usize,
    /// How many files were read.
    pub files: usize,
    /// How many Rollouts were found in them.
    pub rollouts: usize,
}

impl Report {
    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Gives the findings of a rule another severity; `None` drops them.
    pub fn set_severity(&mut self, rule: &str, severity: Option<Severity>) {
        self.findings.retain_mut(|finding| {
            if finding.rule != rule {
                return true;
            }
            finding.severity = severity.unwrap_or(finding.severity);
            severity.is_some()
        });
    }

    /// Whether any finding is at least this severe.
    pub fn reaches(&self, severity: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity >= severity)
    }
}

/// Applies every rule to a bundle.
pub fn check(sources: Vec<Source>) -> Report {
    let bundle = Bundle::read(sources);
    let mut findings = Vec::new();
    for rule in RULES {
        (rule.check)(&bundle, &mut Sink { rule, bundle: &bundle, findings: &mut findings });
    }
    let (mut findings, suppressed) = suppress::apply(&bundle, findings);
    findings.sort_by(|one, other| one.place.cmp(&other.place));
    findings.dedup();
    let rollouts = bundle.of_kind("argoproj.io", "Rollout").count();
    Report { findings, suppressed, files: bundle.sources.len(), rollouts }
}

//! What can happen to a release in a region, as it is told.

use std::fmt;

use super::observe::{Gate, Metric, Run};
use super::twin::Twin;

/// Something that happened in a region.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// Index of the step at which it happened.
    pub(crate) step: usize,
    pub(crate) fact: Fact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fact {
    /// Pods of a new version are being made.
    Began { version: String },
    /// The canary is known to get this share of the traffic.
    Weight { percent: i64 },
    /// An AnalysisRun ended.
    Analysis { run: Run },
    /// The comparison that only looks on knows.
    Twin { twin: Twin },
    /// A gate opened, or shut for good.
    Gate { gate: Gate },
    /// The release was given up.
    Aborted { message: String },
    /// All pods and all traffic are with this version.
    Healthy { version: String },
}

impl Change {
    /// Whether the release cannot be promoted after this.
    pub(crate) fn decides(&self) -> bool {
        match &self.fact {
            Fact::Analysis { run } => run.phase != "Successful",
            Fact::Gate { gate } => gate.phase != "Successful",
            Fact::Aborted { .. } => true,
            Fact::Twin { .. } | Fact::Began { .. } | Fact::Weight { .. } | Fact::Healthy { .. } => false,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fact {
            Fact::Began { version } => write!(f, "release of {version} begins"),
            Fact::Weight { percent: 0 } => write!(f, "stable gets all traffic, observed"),
            Fact::Weight { percent } => write!(f, "canary gets {percent} %, observed"),
            Fact::Analysis { run } => {
                write!(f, "analysis {}", run.phase)?;
                for (at, metric) in run.metrics.iter().enumerate() {
                    write!(f, "{} {metric}", if at == 0 { ":" } else { "," })?;
                }
                Ok(())
            }
            Fact::Twin { twin } => write!(f, "compare (dry run): {}", twin.value),
            Fact::Gate { gate } if gate.phase == "Successful" => write!(f, "region gate passed"),
            Fact::Gate { gate } => write!(f, "region gate {}: {}", gate.phase, gate.message),
            Fact::Aborted { message } => write!(f, "aborted: {}", reason(message)),
            Fact::Healthy { version } => write!(f, "healthy: {version} has all pods and all traffic"),
        }
    }
}

impl fmt::Display for Metric {
    /// One reading stands for all where all are good; where they are not, each is shown, with the limit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.values.last().map(String::as_str).unwrap_or_default();
        match (self.phase.as_str(), self.values.len()) {
            ("Successful", 1) => write!(f, "{} {last}", self.name),
            ("Successful", count) => write!(f, "{} {last} ({count} readings)", self.name),
            (phase, _) => {
                let values = self.values.join(" ");
                write!(f, "{} {values} ({phase}: {})", self.name, limit(&self.success_condition))
            }
        }
    }
}

/// Why, without what stands beside it anyway.
fn reason(message: &str) -> &str {
    let message = message.strip_prefix("RolloutAborted: ").unwrap_or(message);
    let after = message.strip_prefix("Rollout aborted update to revision ");
    after.and_then(|rest| rest.split_once(": ")).map_or(message, |(_revision, reason)| reason)
}

/// The last term of a condition, which holds the limit; those before it guard against missing data.
pub(crate) fn limit(condition: &str) -> &str {
    condition.rsplit("&&").next().unwrap_or(condition).trim()
}

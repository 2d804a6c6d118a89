//! The verdict over all regions: pure.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::report::Report;

/// How many regions must pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// At least this many; all of them when absent.
    #[serde(default)]
    pub at_least: Option<usize>,
}

/// How a verification ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Enough regions pass.
    Passed,
    /// Too few do.
    Failed,
}

/// What is said of one region.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegionVerdict {
    /// Whether all its checks hold.
    pub outcome: Outcome,
    /// Why not, in one line.
    pub reason: Option<String>,
    /// Its report, when it gave one.
    pub report: Option<Report>,
}

/// What is said of all regions together.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether the release may go on.
    pub outcome: Outcome,
    /// Why, in one line.
    pub reason: String,
    /// One entry a region.
    pub regions: BTreeMap<String, RegionVerdict>,
}

/// Judges the reports. No region at all never passes.
pub fn verdict(reports: &BTreeMap<String, Result<Report, Error>>, policy: &Policy) -> Verdict {
    let regions: BTreeMap<String, RegionVerdict> =
        reports.iter().map(|(name, report)| (name.clone(), judge(report))).collect();
    let passed = regions.values().filter(|region| region.outcome == Outcome::Passed).count();
    let wanted = policy.at_least.unwrap_or(regions.len()).max(1);
    let failing: Vec<String> = regions
        .iter()
        .filter_map(|(name, region)| region.reason.as_ref().map(|reason| format!("{name}: {reason}")))
        .collect();
    let outcome = if passed >= wanted { Outcome::Passed } else { Outcome::Failed };
    let mut reason = format!("{passed} of {} regions pass, {wanted} wanted", regions.len());
    if !failing.is_empty() {
        reason = format!("{reason}; {}", failing.join("; "));
    }
    Verdict { outcome, reason, regions }
}

fn judge(report: &Result<Report, Error>) -> RegionVerdict {
    let reason = match report {
        Ok(report) if report.checks.is_empty() => Some("no check was made".to_owned()),
        Ok(report) => report
            .checks
            .iter()
            .find_map(|check| check.failure.as_ref().map(|failure| format!("{}: {failure}", check.name))),
        Err(error) => Some(error.to_string()),
    };
    let outcome = if reason.is_none() { Outcome::Passed } else { Outcome::Failed };
    RegionVerdict { outcome, reason, report: report.as_ref().ok().cloned() }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
        })
    }
}

/// A table for people: one line a check and region, then the verdict.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
        };
        for row in &rows {
            let cells = row
                .iter()
                .enumerate()
                .map(|(column, cell)| format!("{cell:<width$}", width = width(column).unwrap_or_default()));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        write!(f, "\n{}: {}", self.outcome, self.reason)
    }
}

impl Verdict {
    fn rows(&self) -> Vec<[String; 7]> {
        let mut rows =
            vec![["REGION", "CHECK", "RESULT", "STATUS", "LATENCY", "VERSION", "DETAIL"].map(str::to_owned)];
        for (name, region) in &self.regions {
            let Some(report) = &region.report else {
                let detail = region.reason.clone().unwrap_or_default();
                rows.push([name.clone(), dash(), region.outcome.to_string(), dash(), dash(), dash(), detail]);
                continue;
            };
            for check in &report.checks {
                let outcome = if check.failure.is_none() { Outcome::Passed } else { Outcome::Failed };
                rows.push([
                    name.clone(),
                    check.name.clone(),
                    outcome.to_string(),
                    check.status.map_or_else(dash, |status| status.to_string()),
                    check.latency.map_or_else(dash, |latency| format!("{} ms", latency.as_millis())),
                    check.version.clone().unwrap_or_else(dash),
                    check.failure.clone().unwrap_or_default(),
                ]);
            }
        }
        rows
    }
}

fn dash() -> String {
    "-".to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::CheckReport;

    fn report(failure: Option<&str>) -> Report {
        Report {
            checks: vec![CheckReport {
                name: "health".to_owned(),
                attempts: 1,
                status: Some(200),
                latency: None,
                version: None,
                failure: failure.map(str::to_owned),
            }],
        }
    }

    fn silence() -> Result<Report, Error> {
        Err(Error::Unreachable {
            region: "east".to_owned(),
            url: "http://east".to_owned(),
            seconds: 1,
            reason: "connection refused".to_owned(),
        })
    }

    #[test]
    fn no_region_at_all_does_not_pass() {
        assert_eq!(verdict(&BTreeMap::new(), &Policy::default()).outcome, Outcome::Failed);
    }

    #[test]
    fn a_region_without_any_check_does_not_pass() {
        let reports = BTreeMap::from([("east".to_owned(), Ok(Report { checks: vec![] }))]);
        assert_eq!(verdict(&reports, &Policy::default()).outcome, Outcome::Failed);
    }

    proptest! {
        #[test]
        fn silence_is_never_health(answers in proptest::collection::vec(0..3u8, 1..6), at_least in 0..7usize) {
            let report = |answer: u8| match answer { 0 => Ok(report(None)), 1 => Ok(report(Some("bad"))), _ => silence() };
            let reports: BTreeMap<_, _> =
                answers.iter().enumerate().map(|(index, answer)| (index.to_string(), report(*answer))).collect();
            let healthy = answers.iter().map(|answer| usize::from(*answer == 0)).sum::<usize>();
            let all = verdict(&reports, &Policy::default());
            prop_assert_eq!(all.outcome == Outcome::Passed, healthy == answers.len());
            let some = verdict(&reports, &Policy { at_least: Some(at_least) });
            prop_assert_eq!(some.outcome == Outcome::Passed, healthy >= at_least.max(1));
        }
    }
}

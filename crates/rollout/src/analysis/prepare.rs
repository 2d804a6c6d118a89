//! A run's metrics made ready: arguments in place, checked, rules matched.

use crd::{AnalysisRun, DryRun, Metric};
use expr::{Pattern, PatternError};

use super::{arguments, validate};

/// How many measurements are kept where no rule says otherwise.
const KEPT: usize = 10;

/// One metric of a run.
pub(super) struct Prepared {
    /// With arguments in place; a placeholder stands for each secret.
    pub(super) metric: Metric,
    /// Counts for nothing.
    pub(super) dry_run: bool,
    /// How many measurements stay in status.
    pub(super) kept: usize,
}

/// All metrics of a run, in its order (spec analysis-02 2, steps 2 to 5).
///
/// # Errors
/// The message with which the run ends.
pub(super) fn prepare(run: &AnalysisRun) -> Result<Vec<Prepared>, String> {
    let resolve = |metric| arguments::resolve(metric, &run.spec.args, None);
    let metrics: Result<Vec<Metric>, String> = run.spec.metrics.iter().map(resolve).collect();
    let metrics = metrics.map_err(|why| unresolvable(&why))?;
    let invalid = |why| format!("Analysis spec invalid: {why}");
    validate(&metrics).map_err(invalid)?;
    let mut prepared: Vec<Prepared> =
        metrics.into_iter().map(|metric| Prepared { metric, dry_run: false, kept: KEPT }).collect();
    let rules = run.spec.dry_run.iter().map(|rule| rule.metric_name.as_str());
    apply("dryRun", rules, &mut prepared, |metric, _| metric.dry_run = true).map_err(invalid)?;
    let retention = &run.spec.measurement_retention;
    let rules = retention.iter().map(|rule| rule.metric_name.as_str());
    let keep = |metric: &mut Prepared, i: usize| {
        let limit = retention.get(i).map_or(0, |rule| rule.limit);
        metric.kept = usize::try_from(limit).ok().filter(|limit| *limit > 0).unwrap_or(KEPT);
    };
    apply("measurementRetention", rules, &mut prepared, keep).map_err(invalid)?;
    Ok(prepared)
}

/// Whether a metric counts for nothing, by the name with which it is stored.
pub fn is_dry_run(run: &AnalysisRun, metric: &str) -> bool {
    let matches = |rule: &DryRun| Pattern::new(&rule.metric_name).is_ok_and(|rule| rule.is_match(metric));
    run.spec.dry_run.iter().any(matches)
}

/// The message of a run whose arguments cannot be put in place.
pub(super) fn unresolvable(why: &str) -> String {
    format!("Unable to resolve metric arguments: {why}")
}

/// A rule applies where its pattern is found in the name; one that applies nowhere is a mistake, and so is one that is
/// too large: rules are matched at every pass and at every scrape of the metrics.
fn apply<'r>(
    field: &str,
    rules: impl Iterator<Item = &'r str>,
    metrics: &mut [Prepared],
    set: impl Fn(&mut Prepared, usize),
) -> Result<(), String> {
    for (i, rule) in rules.enumerate() {
        let pattern = match Pattern::new(rule) {
            Ok(pattern) => Some(pattern),
            // It matches nothing (spec analysis-01).
            Err(PatternError::Syntax(_)) => None,
            Err(error @ PatternError::TooLarge(_)) => return Err(format!("{field}[{i}]: {error}")),
        };
        let mut applied = false;
        for metric in &mut *metrics {
            if pattern.as_ref().is_some_and(|pattern| pattern.is_match(&metric.metric.name)) {
                set(metric, i);
                applied = true;
            }
        }
        if !applied {
            return Err(format!("{field}[{i}]: Rule didn't match any metric name(s)"));
        }
    }
    Ok(())
}

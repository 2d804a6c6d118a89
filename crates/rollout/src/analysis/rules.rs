//! Rules over metric names: dry runs and retention (spec analysis-01 8, analysis-02 7).

use crd::{AnalysisRunSpec, Metric};

/// Measurements that are kept when no rule says otherwise.
const RETAINED: usize = 10;

/// Refuses rules that are no regular expressions, or that match no metric.
pub(super) fn check(spec: &AnalysisRunSpec, metrics: &[Metric]) -> Result<(), String> {
    for (index, rule) in spec.dry_run.iter().enumerate() {
        matches(&rule.metric_name, metrics).ok_or_else(|| {
            format!("dryRun[{index}]: Rule didn't match any metric name(s)")
        })?;
    }
    for (index, rule) in spec.measurement_retention.iter().enumerate() {
        matches(&rule.metric_name, metrics).ok_or_else(|| {
            format!("measurementRetention[{index}]: Rule didn't match any metric name(s)")
        })?;
    }
    Ok(())
}

fn matches(pattern: &str, metrics: &[Metric]) -> Option<()> {
    metrics.iter().any(|metric| is_match(pattern, &metric.name)).then_some(())
}

/// Whether a metric counts for nothing.
pub(super) fn dry_run(spec: &AnalysisRunSpec, metric: &str) -> bool {
    spec.dry_run.iter().any(|rule| is_match(&rule.metric_name, metric))
}

/// How many measurements of a metric stay in status.
pub(super) fn retained(spec: &AnalysisRunSpec, metric: &str) -> usize {
    let rule = spec.measurement_retention.iter().find(|rule| is_match(&rule.metric_name, metric));
    let limit = rule.and_then(|rule| usize::try_from(rule.limit).ok()).filter(|limit| *limit > 0);
    limit.unwrap_or(RETAINED)
}

fn is_match(pattern: &str, name: &str) -> bool {
    regex_lite::Regex::new(pattern).is_ok_and(|rule| rule.is_match(name))
}

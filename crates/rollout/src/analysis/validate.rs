//! Which metrics make sense (spec analysis-01 3). The first problem wins; the order is the reference's.

use std::collections::BTreeSet;

use crd::{Metric, duration};

use super::limits::number;

/// The first problem of a list of resolved metrics.
///
/// # Errors
/// `metrics[i]: <problem>`, in the words of the reference.
pub fn validate(metrics: &[Metric]) -> Result<(), String> {
    if metrics.is_empty() {
        return Err("no metrics specified".to_owned());
    }
    let mut names = BTreeSet::new();
    for (index, metric) in metrics.iter().enumerate() {
        if !names.insert(&metric.name) {
            return Err(format!("metrics[{index}]: duplicate name '{}'", metric.name));
        }
        one(metric).map_err(|problem| format!("metrics[{index}]: {problem}"))?;
    }
    Ok(())
}

fn one(metric: &Metric) -> Result<(), String> {
    limits(metric)?;
    times(metric)?;
    match providers(metric) {
        0 => Err("no provider specified".to_owned()),
        1 => Ok(()),
        _ => Err("multiple providers specified".to_owned()),
    }
}

fn limits(metric: &Metric) -> Result<(), String> {
    let count = number(metric.count.as_ref()).unwrap_or(0);
    let failures = number(metric.failure_limit.as_ref()).unwrap_or(0);
    let successes = number(metric.consecutive_success_limit.as_ref()).unwrap_or(0);
    let inconclusive = number(metric.inconclusive_limit.as_ref()).unwrap_or(0);
    let errors = number(metric.consecutive_error_limit.as_ref()).unwrap_or(0);
    let sum = failures.saturating_add(successes);
    let rules = [
        (successes < 0, "consecutiveSuccessLimit must be >= 0".to_owned()),
        (failures < -1, "failureLimit must be >= 0, or -1 to be disabled".to_owned()),
        (
            successes == 0 && failures == -1,
            "failureLimit and consecutiveSuccessLimit cannot both be disabled".to_owned(),
        ),
        (inconclusive < 0, "inconclusiveLimit must be >= 0".to_owned()),
        (errors < 0, "consecutiveErrorLimit must be >= 0".to_owned()),
        (
            count > 0 && failures >= 0 && count < sum,
            format!(
                "count ({count}) must be >= failureLimit + consecutiveSuccessLimit ({failures} + {successes}) if both >= 0"
            ),
        ),
        (
            count > 0 && failures < 0 && count < successes,
            "count must be >= consecutiveSuccessLimit".to_owned(),
        ),
        (count > 0 && count < inconclusive, "count must be >= inconclusiveLimit".to_owned()),
        (count > 1 && metric.interval.is_empty(), "interval must be specified when count > 1".to_owned()),
    ];
    rules.into_iter().find(|(broken, _)| *broken).map_or(Ok(()), |(_, problem)| Err(problem))
}

fn times(metric: &Metric) -> Result<(), String> {
    let check = |text: &str, what: &str| match text {
        "" => Ok(()),
        text => duration::parse(text).map(drop).map_err(|error| format!("invalid {what} string: {error}")),
    };
    check(&metric.interval, "interval")?;
    check(&metric.initial_delay, "startDelay")
}

/// Each entry of the plugin map counts as a provider of its own.
fn providers(metric: &Metric) -> usize {
    let count = |(name, config): (&String, &serde_json::Value)| match config {
        config if config.is_null() => 0,
        config if name == "plugin" => config.as_object().map_or(1, serde_json::Map::len),
        _ => 1,
    };
    metric.provider.iter().map(count).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Rows of spec analysis-01 3 by the fields of a metric.
    #[test]
    fn every_rule_has_its_message() {
        let rows = [
            (json!({"consecutiveSuccessLimit": -1}), "consecutiveSuccessLimit must be >= 0"),
            (json!({"failureLimit": -2}), "failureLimit must be >= 0, or -1 to be disabled"),
            (json!({"failureLimit": -1}), "failureLimit and consecutiveSuccessLimit cannot both be disabled"),
            (json!({"inconclusiveLimit": -1}), "inconclusiveLimit must be >= 0"),
            (json!({"consecutiveErrorLimit": -1}), "consecutiveErrorLimit must be >= 0"),
            (
                json!({"count": 2, "interval": "1s", "failureLimit": 3}),
                "count (2) must be >= failureLimit + consecutiveSuccessLimit (3 + 0) if both >= 0",
            ),
            (
                json!({"count": 1, "failureLimit": -1, "consecutiveSuccessLimit": 2}),
                "count must be >= consecutiveSuccessLimit",
            ),
            (json!({"count": 1, "inconclusiveLimit": 2}), "count must be >= inconclusiveLimit"),
            (json!({"count": 2}), "interval must be specified when count > 1"),
            (
                json!({"interval": "60s-typo"}),
                r#"invalid interval string: time: unknown unit "s-typo" in duration "60s-typo""#,
            ),
            (
                json!({"initialDelay": "5"}),
                r#"invalid startDelay string: time: missing unit in duration "5""#,
            ),
            (json!({"interval": "-5s"}), r#"invalid interval string: time: invalid duration "-5s""#),
            (json!({"provider": {"plugin": {}}}), "no provider specified"),
            (json!({"provider": {"web": null}}), "no provider specified"),
            (json!({}), "no provider specified"),
            (json!({"provider": {"web": {}, "prometheus": {}}}), "multiple providers specified"),
            (json!({"provider": {"plugin": {"a": {}, "b": {}}}}), "multiple providers specified"),
        ];
        for (fields, message) in rows {
            let metric: Metric = serde_json::from_value(fields).unwrap();
            assert_eq!(validate(&[metric]), Err(format!("metrics[0]: {message}")));
        }
        assert_eq!(validate(&[]), Err("no metrics specified".to_owned()));
        let twice: Vec<Metric> = serde_json::from_value(
            json!([{"name": "n", "provider": {"web": {}}}, {"name": "n", "count": 2}]),
        )
        .unwrap();
        assert_eq!(validate(&twice), Err("metrics[1]: duplicate name 'n'".to_owned()));
    }
}

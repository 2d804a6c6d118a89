//! Divides every duration of a manifest by one factor, so that a release of twenty minutes fits in half of one.

use std::time::Duration;

use serde_json::{Map, Value};

/// Fields that hold a Go duration.
const DURATIONS: [&str; 9] = [
    "duration",
    "initialDelay",
    "timeout",
    "deadline",
    "lifetime",
    "soak",
    "retryDelay",
    "scrapeInterval",
    "requestTimeout",
];
/// The time between two measurements. Kubernetes keeps their times in whole seconds, so it is never below one.
const INTERVAL: &str = "interval";
/// Fields that hold whole seconds.
const SECONDS: [&str; 3] = ["scaleDownDelaySeconds", "abortScaleDownDelaySeconds", "progressDeadlineSeconds"];

/// By how much the demo is quicker than the manifests say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace(f64);

impl Pace {
    /// A factor of at least 1.
    pub(crate) fn new(factor: f64) -> Option<Self> {
        (factor.is_finite() && factor >= 1.0).then_some(Self(factor))
    }

    /// The factor.
    pub(crate) fn factor(self) -> f64 {
        self.0
    }

    /// A duration at this pace.
    pub(crate) fn scale(self, duration: Duration) -> Duration {
        duration.div_f64(self.0)
    }

    /// Rewrites a manifest. Service-level limits (`maxLatency`, thresholds) are no waiting times and stay.
    pub(crate) fn apply(self, manifest: &mut Value) {
        match manifest {
            Value::Object(fields) => self.apply_to_fields(fields),
            Value::Array(items) => items.iter_mut().for_each(|item| self.apply(item)),
            _ => {}
        }
    }

    fn apply_to_fields(self, fields: &mut Map<String, Value>) {
        for (name, value) in fields {
            match value {
                Value::String(text) if name == "query" => *text = self.windows(text),
                Value::String(text) if name == INTERVAL => {
                    if let Ok(interval) = crd::duration::parse(text) {
                        *text = go(self.scale(interval).max(Duration::from_secs(1).min(interval)));
                    }
                }
                Value::String(text) if DURATIONS.contains(&name.as_str()) => {
                    if let Ok(duration) = crd::duration::parse(text) {
                        *text = go(self.scale(duration));
                    }
                }
                Value::Number(number) if SECONDS.contains(&name.as_str()) => {
                    if let Some(seconds) = number.as_u64().filter(|seconds| *seconds > 0) {
                        // Zero has meanings of its own, so the shortest delay is a second.
                        let scaled = (seconds as f64 / self.0).ceil() as u64;
                        *value = scaled.max(if name == "progressDeadlineSeconds" { 20 } else { 1 }).into();
                    }
                }
                other => self.apply(other),
            }
        }
    }

    /// Divides the range windows of a PromQL query: `[2m]` becomes `[2s]` at pace 60.
    fn windows(self, query: &str) -> String {
        let mut rest = query;
        let mut out = String::new();
        while let Some((before, after)) = rest.split_once('[') {
            out.push_str(before);
            out.push('[');
            let Some((window, tail)) = after.split_once(']') else {
                rest = after;
                break;
            };
            match crd::duration::parse(window) {
                Ok(duration) => out += &go(self.scale(duration)),
                Err(_) => out.push_str(window),
            }
            out.push(']');
            rest = tail;
        }
        out + rest
    }
}

/// A duration as Go reads it; whole seconds stay readable.
fn go(duration: Duration) -> String {
    match duration.as_millis().max(1) {
        millis if millis % 1_000 == 0 => format!("{}s", millis / 1_000),
        millis => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn waiting_times_are_divided_and_limits_stay() {
        let mut manifest = json!({
            "steps": [{"pause": {"duration": "5m"}}, {"pause": {}}],
            "metrics": [{"interval": "30s", "provider": {"prometheus": {"query": "rate(x[2m]) / rate(y{z=\"[\"}[1h])"}}}],
            "scaleDownDelaySeconds": 30,
            "abortScaleDownDelaySeconds": 0,
            "checks": [{"maxLatency": "200ms", "timeout": "10s"}],
        });
        Pace::new(60.0).unwrap().apply(&mut manifest);
        assert_eq!(
            manifest,
            json!({
                "steps": [{"pause": {"duration": "5s"}}, {"pause": {}}],
                "metrics": [{"interval": "1s", "provider": {
                    "prometheus": {"query": "rate(x[2s]) / rate(y{z=\"[\"}[1h])"}
                }}],
                "scaleDownDelaySeconds": 1,
                "abortScaleDownDelaySeconds": 0,
                "checks": [{"maxLatency": "200ms", "timeout": "166ms"}],
            })
        );
    }
}

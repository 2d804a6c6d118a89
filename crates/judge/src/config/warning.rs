//! What is allowed and yet may not do what its author hopes.

use super::{Config, Field, Kind, Metric};
use crate::dispersion::Dispersion;

/// What may not do what its author hopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub field: Field,
    /// What comes of it.
    pub what: String,
    /// What to do about it.
    pub remedy: &'static str,
}

impl Config {
    /// What is allowed and yet may not do what its author hopes.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let list = Field::default().member("metrics");
        let metrics = self.metrics.iter().enumerate();
        metrics.flat_map(|(index, metric)| self.of(metric, &list.item(index, &metric.name))).collect()
    }

    fn of(&self, metric: &Metric, field: &Field) -> Vec<Warning> {
        let mut found = of(metric, field);
        found.extend(self.never_judged(metric).map(|what| Warning {
            field: field.clone(),
            what,
            remedy: "raise maxWait, or set burnRates with a shorter one",
        }));
        found
    }

    /// A burn rate that no release waits for.
    fn never_judged(&self, metric: &Metric) -> Option<String> {
        let Kind::BurnRate { rates, .. } = &metric.kind else { return None };
        let shortest = rates.iter().map(|rate| rate.short).min()?;
        let late = self.max_wait.is_some_and(|most| self.warmup.saturating_add(shortest) > most);
        let (name, short) = (&metric.name, shortest.as_secs());
        (late && metric.judged()).then(|| {
            format!(
                "metric `{name}`: its shortest window of {short} s is not over at maxWait, so it is never judged"
            )
        })
    }
}

fn of(metric: &Metric, field: &Field) -> Vec<Warning> {
    let gauge = matches!(metric.kind, Kind::Gauge { .. });
    let mut found = Vec::new();
    let mut warn = |name: &str, what: &str, remedy| {
        let what = format!("metric `{}`: {what}", metric.name);
        found.push(Warning { field: field.member(name), what, remedy });
    };
    if metric.kind.compares() && !gauge && metric.pass_below.absolute <= 0.0 {
        warn(
            "passBelow",
            "passBelow has no absolute part, so a release without any bad event never passes",
            "set passBelow.absolute",
        );
    }
    if metric.judged() && metric.dispersion == Dispersion::Robust {
        warn(
            "dispersion",
            "with `dispersion: robust` a release without any bad event never passes",
            "take `auto` unless errors come in bursts",
        );
    }
    if metric.judged() && gauge {
        warn("weight", "a gauge that drifts may fail a healthy release", "weight 0 lets it advise only");
    }
    found
}

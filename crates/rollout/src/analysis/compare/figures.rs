//! What was read of both arms, and the windows between two readings.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use judge::{Buckets, Config, Counts, Kind, Report, Sample, Window};
use serde::{Deserialize, Serialize};

use super::super::Reading;

/// What one reading found, by metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Figures {
    /// When it was read.
    at: Timestamp,
    metrics: BTreeMap<String, Arms>,
}

/// The figures of one metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Arms {
    #[serde(default)]
    canary: Arm,
    #[serde(default)]
    stable: Arm,
}

/// The answers to an arm's queries, by their field: `bad`, `total`, `count`, `exposure`, `value`; `buckets` by their
/// upper ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Arm {
    #[serde(default, flatten)]
    fields: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    buckets: BTreeMap<String, f64>,
}

impl Figures {
    /// Those of a reading: its value is the provider's JSON.
    pub(super) fn of(reading: &Reading) -> Result<Self, String> {
        let metrics = serde_json::from_str(&reading.value)
            .map_err(|error| format!("the provider's answer cannot be read: {error}"))?;
        Ok(Self { at: reading.started_at, metrics })
    }

    /// Those that an earlier measurement kept.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text)
            .map_err(|error| format!("the figures of the last window were changed: {error}"))
    }

    /// The same moment later, when nothing could be read.
    pub(super) fn without_figures(self, at: Timestamp) -> Self {
        Self { at, ..self }
    }
}

fn length(from: Timestamp, to: Timestamp) -> f64 {
    let length = to.duration_since(from);
    SignedDuration::max(length, SignedDuration::ZERO).as_secs_f64()
}

/// What lies between two readings.
pub(super) fn window(config: &Config, before: &Figures, now: &Figures, cumulative: bool) -> Window {
    let samples = config.metrics.iter().map(|metric| {
        let of = |figures: &Figures| figures.metrics.get(&metric.name).cloned().unwrap_or_default();
        let (old, new) = (of(before), of(now));
        let old = if cumulative { old } else { Arms::default() };
        (metric.name.as_str(), sample(&metric.kind, &old, &new))
    });
    samples.fold(Window::of(length(before.at, now.at)), |window, (name, sample)| window.with(name, sample))
}

/// A window in which nothing could be read.
pub(super) fn gap(config: &Config, before: &Figures, now: Timestamp, why: &str) -> Window {
    let names = config.metrics.iter().map(|metric| metric.name.as_str());
    names.fold(Window::of(length(before.at, now)), |window, name| {
        window.with(name, Sample::Dropped(why.to_owned()))
    })
}

fn sample(kind: &Kind, old: &Arms, new: &Arms) -> Sample {
    let counts = |bad: &str, all: &str| {
        let grown = |old: &Arm, new: &Arm, field: &str| {
            let now = new.fields.get(field)?;
            Some(grown(old.fields.get(field).copied(), *now))
        };
        let canary = (grown(&old.canary, &new.canary, bad), grown(&old.canary, &new.canary, all));
        let stable = (grown(&old.stable, &new.stable, bad), grown(&old.stable, &new.stable, all));
        let zero = |count: Option<f64>| count.unwrap_or(0.0);
        Sample::Counts(Counts::new(zero(canary.1), zero(stable.1), zero(canary.0), zero(stable.0)))
    };
    match kind {
        Kind::Proportion | Kind::BurnRate { .. } => counts("bad", "total"),
        Kind::Limit { .. } if new.canary.fields.contains_key("total") => counts("bad", "total"),
        Kind::Rate | Kind::Limit { .. } => counts("count", "exposure"),
        Kind::Gauge { .. } => match (new.canary.fields.get("value"), new.stable.fields.get("value")) {
            (Some(canary), Some(stable)) => Sample::Means { canary: *canary, stable: *stable },
            _ => Sample::Dropped("a gauge had no value".to_owned()),
        },
        Kind::Latency { .. } => histogram(old, new),
    }
}

/// How much a counter grew. One that fell was begun anew: all that it counted since is new.
fn grown(before: Option<f64>, now: f64) -> f64 {
    match before {
        Some(before) if now >= before => now - before,
        _ => now,
    }
}

fn histogram(old: &Arms, new: &Arms) -> Sample {
    let (Some((bounds, canary)), Some((other, stable))) =
        (buckets(&old.canary, &new.canary), buckets(&old.stable, &new.stable))
    else {
        return Sample::Dropped("a histogram had no buckets".to_owned());
    };
    if bounds != other {
        return Sample::Dropped("the histograms of both arms have other boundaries".to_owned());
    }
    Sample::Buckets(Buckets { bounds, canary, stable })
}

/// The finite bounds in ascending order, and what each bucket counted in the window; the last one has no bound.
fn buckets(old: &Arm, new: &Arm) -> Option<(Vec<f64>, Vec<f64>)> {
    let mut up_to: Vec<(f64, f64)> = Vec::new();
    for (name, now) in &new.buckets {
        let bound = if name == "+Inf" { f64::INFINITY } else { name.parse().ok()? };
        up_to.push((bound, grown(old.buckets.get(name).copied(), *now)));
    }
    up_to.sort_by(|one, other| one.0.total_cmp(&other.0));
    if up_to.last().is_none_or(|(bound, _)| bound.is_finite()) {
        return None;
    }
    let mut below = 0.0;
    let own = up_to.iter().map(|(_, count)| {
        let own = (count - below).max(0.0);
        below = *count;
        own
    });
    let counts = own.collect();
    Some((up_to.iter().map(|(bound, _)| *bound).filter(|bound| bound.is_finite()).collect(), counts))
}

/// Odds for people.
pub(super) fn odds(odds: f64) -> String {
    match odds {
        odds if odds > 1e6 => "over 1000000".to_owned(),
        odds if odds >= 10.0 => format!("{odds:.0}"),
        odds => format!("{odds:.2}"),
    }
}

/// The verdict and what it rests on, in one line.
pub(super) fn value(report: &Report) -> String {
    let percent = |rate: f64| format!("{:.2} %", rate * 100.0);
    let metrics = report.metrics.iter().filter_map(|metric| {
        let (canary, stable) = (metric.canary_rate?, metric.stable_rate);
        let shown = |rate: f64| if metric.proportion { percent(rate) } else { format!("{rate:.3}") };
        let beside = stable.map(|stable| format!(", stable {}", shown(stable))).unwrap_or_default();
        Some(format!("{}: canary {}{beside}", metric.name, shown(canary)))
    });
    let mut parts = vec![report.verdict.to_string(), format!("odds {} : 1", odds(report.odds))];
    parts.extend(metrics);
    parts.join("; ")
}

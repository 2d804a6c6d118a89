//! `provider.kayenta`, and the question that it makes.

use crd::Metric;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::{Ctx, Fault};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Config {
    pub(super) address: String,
    pub(super) application: String,
    pub(super) canary_config_name: String,
    pub(super) metrics_account_name: String,
    pub(super) configuration_account_name: String,
    pub(super) storage_account_name: String,
    pub(super) threshold: Threshold,
    scopes: Vec<Scope>,
    /// Whether a scope without a start begins with the run, and not one interval ago.
    lookback: bool,
}

/// Scores from which a canary passes, and from which it is neither good nor bad.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Threshold {
    pub(super) pass: i64,
    pub(super) marginal: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Scope {
    name: String,
    #[serde(rename = "controlScope")]
    control: Detail,
    #[serde(rename = "experimentScope")]
    experiment: Detail,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    scope: String,
    region: String,
    step: i64,
    start: String,
    end: String,
}

impl Config {
    /// What the judge is asked.
    pub(super) fn question(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Json, Fault> {
        let now = (ctx.clock)();
        let mut scopes = Map::new();
        for scope in &self.scopes {
            let (control, experiment) = (&scope.control, &scope.experiment);
            both_or_none("start", &control.start, &experiment.start)?;
            both_or_none("end", &control.end, &experiment.end)?;
            let start = if control.start.is_empty() { self.start(ctx, metric, now)? } else { now };
            let detail = |detail: &Detail| detail.json(start, now);
            let both = json!({"controlScope": detail(control), "experimentScope": detail(experiment)});
            scopes.insert(scope.name.clone(), both);
        }
        let thresholds = json!({"pass": self.threshold.pass, "marginal": self.threshold.marginal});
        Ok(json!({"scopes": scopes, "thresholds": thresholds}))
    }

    /// The start of a scope that has none: the run's, which before its first measurement is now, or an interval ago.
    fn start(&self, ctx: &Ctx<'_>, metric: &Metric, now: Timestamp) -> Result<Timestamp, Fault> {
        if self.lookback {
            let started = ctx.run.and_then(|run| run.status.started_at);
            return Ok(started.map_or(now, crd::Time::timestamp));
        }
        let interval = crd::duration::parse(&metric.interval)
            .map_err(|error| Fault::Config(format!("Invalid duration {:?}: {error}", metric.interval)))?;
        let interval = SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX);
        Ok(now.checked_sub(interval).unwrap_or(Timestamp::MIN))
    }
}

impl Detail {
    fn json(&self, start: Timestamp, end: Timestamp) -> Json {
        let or = |written: &str, moment: Timestamp| {
            if written.is_empty() { crd::Time::from(moment).to_string() } else { written.to_owned() }
        };
        json!({
            "scope": self.scope,
            "location": self.region,
            "step": self.step,
            "start": or(&self.start, start),
            "end": or(&self.end, end),
        })
    }
}

fn both_or_none(which: &str, control: &str, experiment: &str) -> Result<(), Fault> {
    if control.is_empty() == experiment.is_empty() {
        return Ok(());
    }
    let text = format!("controlScope.{which} and experimentScope.{which} must both be set or be empty");
    Err(Fault::Config(text))
}

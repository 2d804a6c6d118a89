//! The comparison that looks on beside the thresholds: what it has found, and what it must have found.

use judge::{Judge, MetricReport, State};
use serde::Serialize;
use serde_json::Value as Json;

use super::releases::{self, Release};
use super::report::RegionReport;
use crate::json::Read as _;

/// Where a measurement keeps what the judge knows.
const STATE: &str = "aviary.dev/judge";
/// From so many answers of the canary on the comparison must have counted some of each version.
const SOME: u64 = 20;
/// From so many windows and requests of the canary on, as the comparison has counted them, it must have found a bad
/// version, of which every request is slow. With fewer, at a low rate, it may not know yet.
const ENOUGH: (u32, f64) = (4, 20.0);
/// What counts as slow, in milliseconds, and the share of it from which on a stable version hides a slow canary.
const SLOW: (f64, f64) = (200.0, 0.01);

/// The sequential verdict over both versions. It decides nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Twin {
    pub(crate) verdict: String,
    /// Evidence against the release: `180` reads 180 : 1.
    pub(crate) odds: String,
    /// The verdict and what it rests on, in one line.
    pub(crate) value: String,
    /// The same in sentences, metric by metric.
    pub(crate) summary: String,
    /// Whether it only looks on.
    pub(crate) dry_run: bool,
    /// How often it has looked at what was counted since the look before. This and what follows is read once, when the
    /// release is over.
    pub(crate) windows: u64,
    /// What it has counted.
    pub(crate) counted: Vec<Counted>,
    /// The metric that compares, and what its judge knows.
    #[serde(skip)]
    known: (Json, String),
}

/// What was counted for one metric of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counted {
    pub(crate) name: String,
    /// Windows that could be used.
    pub(crate) windows: u32,
    pub(crate) canary_requests: f64,
    pub(crate) stable_requests: f64,
    /// Bad ones among all, from 0 to 1; `null` without requests.
    pub(crate) canary_share: Option<f64>,
    pub(crate) stable_share: Option<f64>,
}

/// What a run that compares has found; `None` before its first reading.
pub(crate) fn of(run: &Json) -> Option<Twin> {
    let result = run.list("/status/metricResults").first()?;
    let taken = result.list("/measurements").last()?;
    let about = taken.get("metadata")?;
    let known = |key: &str| about.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let name = result.text("/name");
    let metric = run.list("/spec/metrics").iter().find(|metric| metric.text("/name") == name);
    let verdict = known("verdict");
    (!verdict.is_empty()).then(|| Twin {
        verdict,
        odds: known("odds"),
        value: taken.text("/value").to_owned(),
        summary: known("summary"),
        dry_run: result.flag("/dryRun"),
        windows: 0,
        counted: Vec::new(),
        known: (metric.cloned().unwrap_or_default(), known(STATE)),
    })
}

impl Twin {
    /// Whether it knows.
    pub(crate) fn decided(&self) -> bool {
        matches!(self.verdict.as_str(), "pass" | "fail")
    }

    /// With what it has counted.
    pub(crate) fn read(self) -> Self {
        let Some(report) = self.judge().map(|judge| judge.report()) else { return self };
        Self { windows: report.windows, counted: report.metrics.iter().map(Counted::of).collect(), ..self }
    }

    fn judge(&self) -> Option<Judge> {
        let (metric, state) = &self.known;
        let metric: crd::Metric = serde_json::from_value(metric.clone()).ok()?;
        let config = rollout::analysis::comparison(&metric)?.ok()?;
        let state: State = serde_json::from_str(state).ok()?;
        Judge::restore(&config, state).ok()
    }

    /// Metrics for which it does not say what share is bad of each version.
    fn unknown(&self) -> String {
        let told = |it: &&Counted| {
            let shares = it.canary_share.is_some() && it.stable_share.is_some();
            let mut parts = self.value.split("; ").filter_map(|part| part.strip_prefix(it.name.as_str()));
            shares && parts.any(|part| part.starts_with(": canary ") && part.contains(" %, stable "))
        };
        if self.counted.is_empty() {
            return "any metric".to_owned();
        }
        let unknown = self.counted.iter().filter(|it| !told(it)).map(|it| it.name.as_str());
        unknown.collect::<Vec<_>>().join(" and ")
    }

    /// Whether it has seen so much of a version of which every request is slow that it must know.
    fn must_know(&self, stable_was_slow: bool) -> bool {
        let (windows, requests) = ENOUGH;
        let hides = |it: &Counted| it.stable_share.is_some_and(|share| share > SLOW.1);
        let enough = |it: &Counted| it.windows >= windows && it.canary_requests >= requests;
        self.counted.iter().any(enough) && !(stable_was_slow && self.counted.iter().any(hides))
    }
}

impl Counted {
    fn of(metric: &MetricReport) -> Self {
        Self {
            name: metric.name.clone(),
            windows: metric.windows,
            canary_requests: metric.exposure.map_or(0.0, |it| it.canary),
            stable_requests: metric.exposure.map_or(0.0, |it| it.stable),
            canary_share: metric.canary_rate,
            stable_share: metric.stable_rate,
        }
    }
}

/// What is not as it must be with the comparison of a region in which the thresholds measured. `from` is the version
/// before.
pub(crate) fn problems(release: &Release, from: &str, region: &RegionReport) -> Vec<String> {
    let readings =
        region.analyses.iter().map(|run| run.metrics.first().map_or(0, |it| it.values.len() as u64));
    let readings: u64 = readings.sum();
    if readings == 0 {
        return Vec::new();
    }
    let Some(twin) = &region.compare else {
        return vec!["no comparison has looked on beside the thresholds".to_owned()];
    };
    let (mut problems, value) = (Vec::new(), &twin.value);
    let mut add = |text: String| problems.push(format!("{text}: {value}"));
    if !twin.dry_run {
        add("the comparison is no dry run, though it must only look on".to_owned());
    }
    // Its windows are no longer than what lies between two readings, and it looks on through the pauses as well.
    if !twin.decided() && 2 * twin.windows < readings {
        add(format!(
            "the thresholds were read {readings} times, and the comparison has {} windows",
            twin.windows
        ));
    }
    let (unknown, requests) = (twin.unknown(), region.canary_requests);
    if requests >= SOME && !unknown.is_empty() {
        add(format!(
            "the canary answered {requests} requests, and the comparison lacks shares of both versions for {unknown}"
        ));
    }
    let mut stable = region.latency.iter().filter(|latency| latency.version == from);
    let stable_was_slow = stable.any(|latency| latency.p99 >= SLOW.0);
    match (release.found_bad_by == Some(releases::Judge::Metrics), twin.verdict.as_str()) {
        (false, "fail") => add("the comparison fails a version whose metrics are good".to_owned()),
        (true, "pass") => add("the comparison passes a version whose metrics are bad".to_owned()),
        (true, verdict) if verdict != "fail" && twin.must_know(stable_was_slow) => {
            add("the comparison has counted enough to fail the version, and does not".to_owned());
        }
        _ => {}
    }
    problems
}

#[cfg(test)]
mod tests;

//! AnalysisRuns with the Jobs that they started (spec cli-get-tree 3.5).

use std::cmp::Reverse;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::Objects;
use crate::json::Read as _;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AnalysisRunInfo {
    pub(crate) name: String,
    pub(crate) created: Option<Timestamp>,
    pub(crate) revision: i64,
    pub(crate) status: String,
    pub(crate) successful: i64,
    pub(crate) failed: i64,
    pub(crate) inconclusive: i64,
    pub(crate) error: i64,
    pub(crate) jobs: Vec<JobInfo>,
    /// Metrics by `aviary/compare`, which the peer has not.
    pub(crate) comparisons: Vec<Comparison>,
}

/// What a comparison of both versions knows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) metric: String,
    pub(crate) verdict: String,
    /// Evidence against the release: `180` reads 180 : 1.
    pub(crate) odds: String,
    /// The verdict and what it rests on, in one line.
    pub(crate) value: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JobInfo {
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) started: Option<Timestamp>,
}

/// Those of one owner: newest revision first, then oldest first, then by name backwards.
pub(crate) fn owned(objects: &Objects, owner: &str) -> Vec<AnalysisRunInfo> {
    let theirs = objects.analysis_runs.iter().filter(|run| run.owned_by(owner));
    let mut runs: Vec<AnalysisRunInfo> = theirs.map(of).collect();
    runs.sort_by_key(|run| (Reverse(run.revision), run.created, Reverse(run.name.clone())));
    runs
}

fn of(run: &Json) -> AnalysisRunInfo {
    let results = run.list("/status/metricResults");
    let sum = |field| results.iter().map(|result| result.count(field)).sum();
    let measurements = results.iter().flat_map(|result| result.list("/measurements"));
    AnalysisRunInfo {
        name: run.name().to_owned(),
        created: run.time("/metadata/creationTimestamp"),
        revision: run.revision(),
        status: run.text("/status/phase").to_owned(),
        successful: sum("/successful"),
        failed: sum("/failed"),
        inconclusive: sum("/inconclusive"),
        error: sum("/error"),
        jobs: measurements.filter_map(job).collect(),
        comparisons: results.iter().filter_map(|result| comparison(run, result)).collect(),
    }
}

fn comparison(run: &Json, result: &Json) -> Option<Comparison> {
    let name = result.text("/name");
    let metric = run.list("/spec/metrics").iter().find(|metric| metric.text("/name") == name)?;
    metric.pointer("/provider/plugin/aviary~1compare")?;
    let taken = result.list("/measurements").last()?;
    Some(Comparison {
        metric: name.to_owned(),
        verdict: taken.pointer("/metadata/verdict")?.as_str()?.to_owned(),
        odds: taken.text("/metadata/odds").to_owned(),
        value: taken.text("/value").to_owned(),
    })
}

fn job(measurement: &Json) -> Option<JobInfo> {
    Some(JobInfo {
        name: measurement.pointer("/metadata/job-name")?.as_str()?.to_owned(),
        status: measurement.text("/phase").to_owned(),
        started: measurement.time("/startedAt"),
    })
}

//! How the releases ended: facts in, verdicts out. `-o json` prints it as it is here.

use std::fmt;

use serde::Serialize;

use super::Options;
use super::observe::{Gate, Run};
use super::releases::{Judge, Outcome, Release};
use super::tally::Answer;
use super::twin::{self, Twin};

/// Longest time from the measurement that decided to the last answer of the canary.
const ABORT_LIMIT: f64 = 3.0;

/// A good version that is slower than so many milliseconds (p99) runs on a machine that is too busy.
const BUSY: f64 = 100.0;

/// The whole demo.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// By how much it was quicker than the manifests say.
    pub(crate) pace: f64,
    /// Requests per second and region.
    pub(crate) rate: u32,
    pub(crate) releases: Vec<ReleaseReport>,
    /// Whether each release ended as it should.
    pub(crate) ok: bool,
}

/// One release.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReleaseReport {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// The version before.
    pub(crate) from: String,
    pub(crate) to: &'static str,
    pub(crate) expected: Outcome,
    pub(crate) outcome: Outcome,
    /// Who must find it bad; `null` when nobody may.
    pub(crate) must_be_found_bad_by: Option<Judge>,
    /// Who found it bad, in whichever region.
    pub(crate) found_bad_by: Vec<Judge>,
    /// From the change of the image to the end.
    pub(crate) seconds: f64,
    pub(crate) regions: Vec<RegionReport>,
    pub(crate) timeline: Vec<Entry>,
    /// What was not as it should be.
    pub(crate) problems: Vec<String>,
    /// Whether the problems may come from a machine that is too busy: the version that is known to be good was slow too.
    pub(crate) too_busy: bool,
    pub(crate) ok: bool,
}

/// One release in one region.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegionReport {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) phase: String,
    pub(crate) message: String,
    /// How many steps were completed.
    pub(crate) final_step: usize,
    pub(crate) steps: usize,
    pub(crate) canary_requests: u64,
    pub(crate) stable_requests: u64,
    /// Requests that were not answered well.
    pub(crate) client_errors: u64,
    /// Those of them that no canary pod answered.
    pub(crate) client_errors_elsewhere: u64,
    /// From the first bad answer of the canary to its last answer.
    pub(crate) first_bad_to_zero_seconds: Option<f64>,
    /// From the measurement that decided (in whichever region) to the last answer of the canary here.
    pub(crate) verdict_to_zero_seconds: Option<f64>,
    pub(crate) latency: Vec<Latency>,
    pub(crate) answers: Vec<Answers>,
    pub(crate) analyses: Vec<Run>,
    /// The sequential verdict beside them, which decided nothing.
    pub(crate) compare: Option<Twin>,
    pub(crate) gates: Vec<Gate>,
}

/// How long clients waited for a version, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Latency {
    pub(crate) version: String,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// How often one kind of answer was given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Answers {
    #[serde(flatten)]
    pub(crate) answer: Answer,
    pub(crate) count: u64,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Entry {
    /// Seconds since the change of the image.
    pub(crate) at: f64,
    pub(crate) region: &'static str,
    /// Index of the step at which it happened, and how many there are.
    pub(crate) step: usize,
    pub(crate) steps: usize,
    pub(crate) what: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, region, step, steps, what } = self;
        write!(f, "{at:>6.1}s  {region:<10}  step {step:>2}/{steps}  {what}")
    }
}

impl Report {
    pub(crate) fn new(options: &Options, releases: Vec<ReleaseReport>) -> Self {
        let ok = releases.iter().all(|release| release.ok);
        Self { pace: options.pace.factor(), rate: options.rate, releases, ok }
    }
}

impl ReleaseReport {
    /// Judges a release by what was seen of it.
    pub(crate) fn new(
        release: &'static Release,
        from: String,
        seconds: f64,
        regions: Vec<RegionReport>,
        timeline: Vec<Entry>,
    ) -> Self {
        let outcome = together(&regions);
        let found_bad_by = judges(&regions);
        let mut problems: Vec<String> =
            regions.iter().flat_map(|region| problems(release, &from, region)).collect();
        problems.extend(wrong_judges(release, outcome, &found_bad_by));
        let busy = busy(&from, &regions).filter(|_| !problems.is_empty());
        let too_busy = busy.is_some();
        problems.extend(busy);
        Self {
            name: release.name,
            about: release.about,
            from,
            to: release.version,
            expected: release.expected(),
            outcome,
            must_be_found_bad_by: release.found_bad_by,
            found_bad_by,
            seconds,
            regions,
            timeline,
            ok: problems.is_empty(),
            problems,
            too_busy,
        }
    }
}

/// Regions that ended differently have not decided.
fn together(regions: &[RegionReport]) -> Outcome {
    let first = regions.first().map_or(Outcome::Undecided, |region| region.outcome);
    if regions.iter().all(|region| region.outcome == first) { first } else { Outcome::Undecided }
}

/// Who said no, in whichever region.
fn judges(regions: &[RegionReport]) -> Vec<Judge> {
    let failed = |phase: &str| phase == "Failed";
    let metrics = regions.iter().flat_map(|region| &region.analyses).any(|run| failed(&run.phase));
    let gate = regions.iter().flat_map(|region| &region.gates).any(|gate| failed(&gate.phase));
    let said_no = [(Judge::Metrics, metrics), (Judge::RegionGate, gate)];
    said_no.into_iter().filter(|(_, no)| *no).map(|(judge, _)| judge).collect()
}

/// A release that ended as it must, but not by whom it must, shows nothing of what it is there to show.
fn wrong_judges(release: &Release, outcome: Outcome, found: &[Judge]) -> Option<String> {
    let must = release.found_bad_by?;
    if outcome != Outcome::Aborted || found == [must] {
        return None;
    }
    Some(format!("should be found bad by {}, was by {}", must.word(), words(found)))
}

/// Judges as one says them.
pub(crate) fn words(judges: &[Judge]) -> String {
    let words: Vec<&str> = judges.iter().map(|judge| judge.word()).collect();
    if words.is_empty() { "nobody".to_owned() } else { words.join(" and ") }
}

/// What to do when a machine was too busy for the versions to be told apart: their limit for p95 is 200 ms, and the
/// version that is known to be good was slow as well.
fn busy(from: &str, regions: &[RegionReport]) -> Option<String> {
    let latencies = regions.iter().flat_map(|region| &region.latency);
    let stable = latencies.filter(|latency| latency.version == from).map(|latency| latency.p99);
    let slowest = stable.fold(0.0, f64::max);
    (slowest > BUSY).then(|| {
        format!(
            "version {from}, which is good, took {slowest:.0} ms as well (p99): this machine is too busy for the \
             demo; end what runs beside it, or ask for fewer requests with --rate"
        )
    })
}

fn problems(release: &Release, from: &str, region: &RegionReport) -> Vec<String> {
    let mut problems = Vec::new();
    let mut add = |text: String| problems.push(format!("{}: {text}", region.name));
    if region.outcome != release.expected() {
        add(format!(
            "should be {}, is {} ({} at step {}/{})",
            release.expected().word(),
            region.outcome.word(),
            region.phase,
            region.final_step,
            region.steps
        ));
    }
    // Five errors in a row end a release as well; then nobody has found the version bad.
    if region.outcome == release.expected() && region.analyses.iter().any(|run| run.phase == "Error") {
        add(format!("it was given up because nothing could be measured: {}", region.message));
    }
    if region.canary_requests + region.stable_requests == 0 {
        add("no client got an answer".to_owned());
    }
    match release.expected() {
        Outcome::Promoted if region.client_errors > 0 => {
            add(format!("{} requests of clients failed, and none should", region.client_errors));
        }
        Outcome::Aborted if region.client_errors_elsewhere > 0 => {
            add(format!("{} requests failed that the canary did not answer", region.client_errors_elsewhere));
        }
        _ => {}
    }
    if let Some(late) = region.verdict_to_zero_seconds.filter(|seconds| *seconds > ABORT_LIMIT) {
        add(format!(
            "the canary answered for {late:.1} s after the release was decided, {ABORT_LIMIT} s at most"
        ));
    }
    twin::problems(release, from, region).into_iter().for_each(add);
    problems
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::releases::named;
    use super::*;

    /// A region in which all went well, and nothing was measured.
    pub(in crate::demo) fn region(name: &'static str, outcome: Outcome) -> RegionReport {
        RegionReport {
            name,
            outcome,
            phase: "Healthy".to_owned(),
            message: String::new(),
            final_step: 13,
            steps: 13,
            canary_requests: 5,
            stable_requests: 5,
            client_errors: 0,
            client_errors_elsewhere: 0,
            first_bad_to_zero_seconds: None,
            verdict_to_zero_seconds: None,
            latency: Vec::new(),
            answers: Vec::new(),
            analyses: Vec::new(),
            compare: None,
            gates: Vec::new(),
        }
    }

    fn metrics(phase: &str) -> Vec<Run> {
        let phase = phase.to_owned();
        vec![Run { name: "run".to_owned(), step: 2, phase, message: String::new(), metrics: Vec::new() }]
    }

    fn gate(phase: &str) -> Vec<Gate> {
        vec![Gate { step: 3, phase: phase.to_owned(), message: String::new() }]
    }

    fn judged(release: &str, regions: Vec<RegionReport>) -> (Outcome, Vec<String>) {
        let release = named(release).unwrap();
        let report = ReleaseReport::new(release, "1.4.0".to_owned(), 1.0, regions, Vec::new());
        assert_eq!(report.ok, report.problems.is_empty());
        (report.outcome, report.problems)
    }

    #[test]
    fn a_good_release_is_promoted_everywhere_and_fails_nobody() {
        let promoted = |name| region(name, Outcome::Promoted);
        assert_eq!(judged("good", vec![promoted("a"), promoted("b")]), (Outcome::Promoted, vec![]));
        let one = RegionReport { client_errors: 1, ..promoted("b") };
        let (_, problems) = judged("good", vec![promoted("a"), one]);
        assert_eq!(problems, ["b: 1 requests of clients failed, and none should"]);
    }

    #[test]
    fn an_abort_for_want_of_measurements_is_not_the_one_that_was_expected() {
        let blind = RegionReport { analyses: metrics("Error"), ..region("a", Outcome::Aborted) };
        let (outcome, problems) = judged("bad", vec![blind, region("b", Outcome::Aborted)]);
        assert_eq!((outcome, problems.len()), (Outcome::Aborted, 2));
        assert!(
            problems[0].starts_with("a: it was given up because nothing could be measured: "),
            "{problems:?}"
        );
    }

    #[test]
    fn a_region_that_measured_without_a_comparison_beside_it_is_named() {
        let mut runs = metrics("Successful");
        let value = |name: &str, values: &[&str]| super::super::observe::Metric {
            name: name.to_owned(),
            phase: "Successful".to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            success_condition: String::new(),
            message: String::new(),
        };
        runs[0].metrics.push(value("error-rate", &["0", "0"]));
        let alone = RegionReport { analyses: runs, ..region("b", Outcome::Promoted) };
        let (_, problems) = judged("good", vec![region("a", Outcome::Promoted), alone]);
        assert_eq!(problems, ["b: no comparison has looked on beside the thresholds"]);
    }

    #[test]
    fn a_release_must_be_found_bad_by_the_one_that_it_is_meant_for() {
        let by_gate = || RegionReport { gates: gate("Failed"), ..region("a", Outcome::Aborted) };
        let by_metrics = || RegionReport { analyses: metrics("Failed"), ..region("b", Outcome::Aborted) };
        let along = || RegionReport {
            analyses: metrics("Successful"),
            gates: gate("Successful"),
            ..region("b", Outcome::Aborted)
        };
        let problems = |release, regions| judged(release, regions).1;
        assert_eq!(problems("bad-region", vec![by_gate(), along()]), [""; 0]);
        assert_eq!(problems("bad", vec![along(), by_metrics()]), [""; 0]);
        assert_eq!(
            problems("bad-region", vec![by_metrics(), along()]),
            ["should be found bad by the region gate, was by the metrics"]
        );
        assert_eq!(
            problems("bad-region", vec![by_gate(), by_metrics()]),
            ["should be found bad by the region gate, was by the metrics and the region gate"]
        );
        assert_eq!(problems("bad", vec![along()]), ["should be found bad by the metrics, was by nobody"]);
    }

    #[test]
    fn a_machine_that_is_too_busy_is_told_from_a_bad_version_by_the_good_one() {
        let latency = |p99| vec![Latency { version: "1.4.0".to_owned(), p50: 1.0, p99 }];
        let slow = |p99| RegionReport { latency: latency(p99), ..region("a", Outcome::Aborted) };
        let (_, problems) = judged("good", vec![slow(312.0)]);
        assert_eq!(problems.len(), 2);
        assert!(problems[1].starts_with("version 1.4.0, which is good, took 312 ms as well"), "{problems:?}");
        assert_eq!(judged("good", vec![slow(8.0)]).1.len(), 1);
        let promoted = RegionReport { latency: latency(312.0), ..region("a", Outcome::Promoted) };
        assert_eq!(judged("good", vec![promoted]).1, [""; 0], "all is well: no remedy is needed");
    }

    #[test]
    fn regions_that_part_are_a_problem() {
        let (outcome, problems) =
            judged("bad", vec![region("a", Outcome::Aborted), region("b", Outcome::Promoted)]);
        assert_eq!(outcome, Outcome::Undecided);
        assert_eq!(problems, ["b: should be aborted, is promoted (Healthy at step 13/13)"]);
    }

    #[test]
    fn a_bad_release_may_fail_clients_by_its_own_answers_and_for_a_short_time_only() {
        let own = RegionReport {
            client_errors: 9,
            verdict_to_zero_seconds: Some(2.9),
            analyses: metrics("Failed"),
            ..region("a", Outcome::Aborted)
        };
        assert_eq!(judged("bad", vec![own.clone()]).1, Vec::<String>::new());
        let elsewhere =
            RegionReport { client_errors_elsewhere: 2, verdict_to_zero_seconds: Some(3.2), ..own };
        assert_eq!(
            judged("bad", vec![elsewhere]).1,
            [
                "a: 2 requests failed that the canary did not answer",
                "a: the canary answered for 3.2 s after the release was decided, 3 s at most",
            ]
        );
    }
}

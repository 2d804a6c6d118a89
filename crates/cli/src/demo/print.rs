//! The report as people read it.

use super::report::{RegionReport, ReleaseReport, Report, words};
use super::stage::Board;
use crate::render::table;

/// Printed when a release begins.
pub(crate) fn heading(board: &Board) -> String {
    let Some(release) = board.release else { return String::new() };
    format!(
        "\nRelease {} of {}, {}: {} -> {}; {}. It must be {} in both regions.",
        board.place.0,
        board.place.1,
        release.name,
        board.from,
        release.version,
        release.about,
        release.must_be()
    )
}

/// Printed when a release is over; with its timeline unless that was printed as it happened.
pub(crate) fn release(report: &ReleaseReport, with_timeline: bool) -> String {
    let verdict = if report.ok { "as it must" } else { "NOT as it must" };
    let found = &report.found_bad_by;
    let by = if found.is_empty() { String::new() } else { format!(" by {}", words(found)) };
    let mut lines = vec![format!(
        "{} {}: {} -> {} {}{by} after {:.1} s, {verdict}",
        if report.ok { "✔" } else { "✖" },
        report.name,
        report.from,
        report.to,
        report.outcome.word(),
        report.seconds
    )];
    if with_timeline {
        lines.extend(report.timeline.iter().map(|entry| format!("  {entry}")));
    }
    let header = [
        "REGION",
        "PHASE",
        "STEPS",
        "STABLE",
        "CANARY",
        "FAILED",
        "P99 STABLE",
        "P99 CANARY",
        "FIRST BAD TO ZERO",
        "VERDICT TO ZERO",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(report.regions.iter().map(|region| row(report, region)));
    lines.extend(table::aligned(&rows).lines().map(|line| format!("  {}", line.trim_end())));
    lines.extend(report.regions.iter().flat_map(verdicts));
    lines.extend(report.problems.iter().map(|problem| format!("  ✖ {problem}")));
    lines.join("\n")
}

/// What the thresholds said last, and what the comparison knew at the end.
fn verdicts(region: &RegionReport) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(run) = region.analyses.last() {
        let metrics: Vec<String> = run.metrics.iter().map(ToString::to_string).collect();
        lines.push(format!("  {:<9}  thresholds         {}: {}", region.name, run.phase, metrics.join(", ")));
    }
    if let Some(twin) = &region.compare {
        lines.push(format!("  {:<9}  compare (dry run)  {}", region.name, twin.value));
    }
    lines
}

fn row(report: &ReleaseReport, region: &RegionReport) -> Vec<String> {
    let dash = || "-".to_owned();
    let p99 = |version: &str| {
        let latency = region.latency.iter().find(|latency| latency.version == version);
        latency.map_or_else(dash, |latency| format!("{:.1} ms", latency.p99))
    };
    let seconds = |time: Option<f64>| time.map_or_else(dash, |seconds| format!("{seconds:.1} s"));
    vec![
        region.name.to_owned(),
        region.phase.clone(),
        format!("{}/{}", region.final_step, region.steps),
        region.stable_requests.to_string(),
        region.canary_requests.to_string(),
        region.client_errors.to_string(),
        p99(&report.from),
        p99(report.to),
        seconds(region.first_bad_to_zero_seconds),
        seconds(region.verdict_to_zero_seconds),
    ]
}

/// Printed at the end.
pub(crate) fn summary(report: &Report) -> String {
    let right = report.releases.iter().filter(|release| release.ok).count();
    let requests: u64 = (report.releases.iter().flat_map(|release| &release.regions))
        .map(|region| region.answers.iter().map(|answers| answers.count).sum::<u64>())
        .sum();
    format!(
        "\n{right} of {} releases ended as they must; clients sent {requests} requests meanwhile.",
        report.releases.len()
    )
}

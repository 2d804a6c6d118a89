//! One release, from the change of the image to its report.

use std::time::Duration;

use super::releases::{Outcome, Release};
use super::report::{Answers, Latency, RegionReport, ReleaseReport};
use super::stage::{Board, RegionBoard, Stage, round};
use super::twin::Twin;
use super::{patience, print};
use crate::{Error, Io};

/// A version that did not answer for so long gets no traffic.
const QUIET: Duration = Duration::from_millis(1500);
/// Longest time for the last pods of the other version to go.
const GOING: Duration = Duration::from_secs(20);

/// Releases, waits for the end in every region, and reports. Regions that are behind a bad release are made healthy
/// again before the next one.
pub(crate) async fn run(
    stage: &mut Stage,
    release: &'static Release,
    io: &mut Io<'_>,
) -> Result<ReleaseReport, Error> {
    stage.begin(release);
    let from = stage.board.from.clone();
    stage.view.tell(&print::heading(&stage.board), io)?;
    stage.set_version(release.version).await?;
    let over = |region: &RegionBoard| outcome(region, release.version) != Outcome::Undecided;
    stage.until(io, patience(stage.board.pace), |board| board.regions.iter().all(over)).await?;
    let seconds = round(stage.board.began.elapsed());
    stage
        .until(io, GOING, |board| board.regions.iter().all(|region| settled(region, release.version)))
        .await?;
    let regions = stage.board.regions.iter().map(|region| of_region(region, release, &from, &stage.board));
    let regions = regions.collect();
    let timeline = stage.board.timeline.clone();
    let report = ReleaseReport::new(release, from.clone(), seconds, regions, timeline);
    let shown = print::release(&report, stage.view.is_live());
    stage.view.say(&format!("\n{shown}"), io)?;
    if report.outcome == Outcome::Promoted {
        release.version.clone_into(&mut stage.board.from);
    } else {
        back_to(stage, &from, io).await?;
    }
    Ok(report)
}

/// A Rollout that was aborted stays Degraded until its image is the stable one again.
async fn back_to(stage: &mut Stage, version: &str, io: &mut Io<'_>) -> Result<(), Error> {
    stage.view.tell(&format!("  The image is set back to {version}."), io)?;
    stage.set_version(version).await?;
    let healthy = |region: &RegionBoard| {
        region.seen.as_ref().is_some_and(|seen| !seen.aborted && seen.promoted(version))
    };
    let patience = patience(stage.board.pace);
    if stage.until(io, patience, |board| board.regions.iter().all(healthy)).await? {
        return Ok(());
    }
    let states: Vec<String> = stage.board.regions.iter().map(RegionBoard::state).collect();
    Err(Error::new(format!("version {version} did not become healthy again: {}", states.join("; "))))
}

fn outcome(region: &RegionBoard, version: &str) -> Outcome {
    match &region.seen {
        Some(seen) if seen.promoted(version) => Outcome::Promoted,
        Some(seen) if seen.brought_back() => Outcome::Aborted,
        _ => Outcome::Undecided,
    }
}

/// Whether what the release leaves behind is gone: the pods of the old version after a promotion, the traffic of the
/// canary after an abort.
fn settled(region: &RegionBoard, version: &str) -> bool {
    match outcome(region, version) {
        Outcome::Promoted => region.seen.as_ref().is_some_and(|seen| seen.others == 0),
        _ => region.tally.quiet(version).is_none_or(|quiet| quiet >= QUIET),
    }
}

fn of_region(region: &RegionBoard, release: &Release, from: &str, board: &Board) -> RegionReport {
    let counts = region.tally.counts();
    let (canary, canary_failed) = counts.of(release.version);
    let outcome = outcome(region, release.version);
    let last = counts.last(release.version);
    let since = |start: Option<Duration>| Some(round(last?.saturating_sub(start?)));
    let aborted = outcome == Outcome::Aborted;
    let latency = [from, release.version].into_iter().filter_map(|version| {
        let (p50, p99) = (counts.quantile(version, 0.5)?, counts.quantile(version, 0.99)?);
        Some(Latency { version: version.to_owned(), p50, p99 })
    });
    let answers = counts.rows().map(|(answer, count)| Answers { answer: answer.clone(), count });
    let seen = region.seen.as_ref();
    RegionReport {
        name: region.name,
        outcome,
        phase: seen.map(|seen| seen.phase.word.clone()).unwrap_or_default(),
        message: seen.map(|seen| seen.phase.message.clone()).unwrap_or_default(),
        final_step: region.furthest,
        steps: seen.map(|seen| seen.steps.len()).unwrap_or_default(),
        canary_requests: canary,
        stable_requests: counts.of(from).0,
        client_errors: counts.failed(),
        client_errors_elsewhere: counts.failed() - canary_failed,
        first_bad_to_zero_seconds: since(counts.first_failure(release.version)).filter(|_| aborted),
        verdict_to_zero_seconds: since(board.decided).filter(|_| aborted),
        latency: latency.collect(),
        answers: answers.collect(),
        analyses: seen.map(|seen| seen.runs.clone()).unwrap_or_default(),
        compare: seen.and_then(|seen| seen.twin.clone()).map(Twin::read),
        gates: seen.map(|seen| seen.gates.clone()).unwrap_or_default(),
    }
}

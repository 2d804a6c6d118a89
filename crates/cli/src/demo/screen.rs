//! The live view: both regions beside each other, and what happened last. Pure: the board in, text out.

use super::facts::limit;
use super::observe::{Pods, Seen};
use super::stage::{Board, RegionBoard};
use crate::render::table::{padded, width};
use crate::render::{Paint, icon};

/// Columns of one region.
const REGION: usize = 56;
/// Characters of a bar.
const BAR: usize = 30;
/// How many of the last things that happened are shown.
const LAST: usize = 8;

/// What is shown now, in a terminal of so many columns.
pub(crate) fn frame(board: &Board, columns: usize, paint: Paint) -> String {
    let mut lines = title(board, paint);
    lines.push(String::new());
    let blocks: Vec<Vec<String>> = board.regions.iter().map(|region| block(board, region, paint)).collect();
    lines.extend(if columns >= REGION * blocks.len() { beside(&blocks) } else { blocks.concat() });
    lines.push(String::new());
    let from = board.timeline.len().saturating_sub(LAST);
    for entry in board.timeline.iter().skip(from) {
        lines.push(entry.to_string());
    }
    let cut = |line: &String| shortened(line, columns.max(20)) + "\n";
    lines.iter().map(cut).collect()
}

fn title(board: &Board, paint: Paint) -> Vec<String> {
    let Some(release) = board.release else {
        return vec![format!("Version {} starts in both regions ...", board.from), String::new()];
    };
    let (at, of) = board.place;
    let seconds = board.began.elapsed().as_secs();
    let name = paint.coloured(1, release.name);
    vec![
        format!("Release {at} of {of}  {name}  {} -> {}  {seconds} s", board.from, release.version),
        format!("{}; it must be {}", release.about, release.must_be()),
    ]
}

fn block(board: &Board, region: &RegionBoard, paint: Paint) -> Vec<String> {
    let mut lines = vec![paint.coloured(1, region.name)];
    let Some(seen) = &region.seen else {
        lines.push("starting".to_owned());
        return lines;
    };
    let word = seen.phase.word.as_str();
    let step = seen.steps.get(seen.step).map_or("done", String::as_str);
    lines.push(format!(
        "{} {word}  step {}/{}  {step}",
        paint.icon(icon::rollout(word)),
        seen.step,
        seen.steps.len()
    ));
    lines.push(format!("{}  {:>3} % to the canary", bar(seen.weight, paint), seen.weight));
    for (pods, tag) in [(&seen.stable, "stable"), (&seen.canary, "canary")] {
        lines.push(pods.as_ref().map(|pods| version(pods, tag, region, paint)).unwrap_or_default());
    }
    lines.extend(verdict(board, seen, paint));
    lines
}

fn bar(weight: i64, paint: Paint) -> String {
    let filled = usize::try_from(weight).unwrap_or(0).min(100) * BAR / 100;
    paint.like_tag("canary", &"█".repeat(filled)) + &paint.like_tag("stable", &"░".repeat(BAR - filled))
}

fn version(pods: &Pods, tag: &str, region: &RegionBoard, paint: Paint) -> String {
    let available = usize::try_from(pods.available).unwrap_or(0);
    let starting = usize::try_from(pods.existing - pods.available).unwrap_or(0);
    let (answers, failed) = region.tally.of(&pods.version);
    let dots = format!("{}{}", "●".repeat(available), "○".repeat(starting));
    let failed = if failed == 0 { String::new() } else { paint.coloured(31, &format!(", {failed} failed")) };
    format!(
        "{} {}  {answers} answers{failed}",
        paint.like_tag(tag, &format!("{tag} {}", pods.version)),
        padded(&dots, 5)
    )
}

/// What holds the release now: the last analysis with its numbers, or what the gate waits for. Always three lines, so
/// that the view does not jump.
fn verdict(board: &Board, seen: &Seen, paint: Paint) -> Vec<String> {
    let running = board.release.is_some();
    let mut lines = Vec::new();
    let run = seen.runs.last().filter(|_| running);
    for metric in run.iter().flat_map(|run| &run.metrics) {
        lines.push(format!(
            "{} {}  {}  ({})",
            paint.icon(icon::analysis(&metric.phase)),
            metric.name,
            metric.values.join(" "),
            limit(&metric.success_condition)
        ));
    }
    let gate = seen.gates.iter().find(|gate| gate.step == seen.step && !gate.message.is_empty());
    if let Some(gate) = gate {
        lines.push(format!("gate: {}", gate.message));
    }
    lines.resize(3, String::new());
    lines.into_iter().map(|line| shortened(&line, REGION - 2)).collect()
}

fn beside(blocks: &[Vec<String>]) -> Vec<String> {
    let height = blocks.iter().map(Vec::len).max().unwrap_or(0);
    let line = |at: usize| -> String {
        let cells = blocks.iter().map(|block| block.get(at).map(String::as_str).unwrap_or_default());
        cells.map(|cell| padded(cell, REGION)).collect::<String>().trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

/// A line that is too long would wrap, and the next view would begin in the wrong place. Colours are given up with
/// what is cut off.
fn shortened(line: &str, columns: usize) -> String {
    if width(line) <= columns {
        return line.to_owned();
    }
    let mut kept = String::new();
    let mut in_escape = false;
    let mut seen = 0;
    for c in line.chars() {
        match c {
            '\u{1b}' => in_escape = true,
            'm' if in_escape => in_escape = false,
            _ if in_escape => {}
            _ if seen + 1 == columns => break,
            _ => {
                seen += 1;
                kept.push(c);
            }
        }
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::super::Pace;
    use super::super::observe::{Gate, Metric, Run};
    use super::super::releases::named;
    use super::super::report::Entry;
    use super::super::tally::{Answer, Tally};
    use super::*;
    use crate::info::phase::Phase;

    fn pods(version: &str, existing: i64, available: i64) -> Pods {
        Pods { version: version.to_owned(), existing, available }
    }

    fn region(name: &'static str) -> RegionBoard {
        let tally = Tally::new();
        for (version, status, times) in [("1.5.0", 200, 900), ("1.6.0", 200, 90), ("1.6.0", 500, 12)] {
            for _ in 0..times {
                tally.record(Answer { version: version.to_owned(), status }, Instant::now());
            }
        }
        let metric = |name: &str, phase: &str, values: &[&str], limit: &str| Metric {
            name: name.to_owned(),
            phase: phase.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            success_condition: format!("len(result) > 0 && result[0] < {limit}"),
            message: String::new(),
        };
        let run = Run {
            name: "run".to_owned(),
            step: 2,
            phase: "Running".to_owned(),
            message: String::new(),
            metrics: vec![
                metric("error-rate", "Failed", &["0.125", "0.131"], "0.01"),
                metric("p95-latency", "Running", &["0.27"], "0.2"),
            ],
        };
        let seen = Seen {
            phase: Phase { word: "Progressing".to_owned(), message: String::new() },
            step: 2,
            steps: ["weight 10 %", "pause 5s", "analysis", "region gate"].map(str::to_owned).to_vec(),
            weight: 10,
            aborted: false,
            stable: Some(pods("1.5.0", 4, 4)),
            canary: Some(pods("1.6.0", 2, 1)),
            others: 0,
            runs: vec![run],
            twin: None,
            gates: vec![Gate { step: 2, phase: "Running".to_owned(), message: "waits for all".to_owned() }],
        };
        RegionBoard { name, seen: Some(seen), furthest: 2, tally: Arc::new(tally) }
    }

    fn board() -> Board {
        Board {
            pace: Pace::new(60.0).unwrap(),
            place: (2, 3),
            release: named("bad"),
            from: "1.5.0".to_owned(),
            began: Instant::now(),
            regions: vec![region("us-east-1"), region("eu-west-1")],
            timeline: vec![Entry {
                at: 1.25,
                region: "us-east-1",
                step: 0,
                steps: 13,
                what: "canary gets 10 %".to_owned(),
            }],
            decided: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_view_is_as_agreed() {
        let board = board();
        tokio::time::advance(Duration::from_secs(7)).await;
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/cli/demo.txt");
        let text = [120, 80].map(|columns| frame(&board, columns, Paint::Plain)).join("\n");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let agreed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(text, agreed, "{path}; if this is meant, run the test with UPDATE=1");
    }

    #[tokio::test(start_paused = true)]
    async fn no_line_is_wider_than_the_terminal() {
        for columns in [40, 80, 111, 112, 200] {
            let frame = frame(&board(), columns, Paint::Ansi);
            assert!(frame.lines().all(|line| width(line) <= columns), "{columns}\n{frame}");
        }
    }
}

//! Decisions for people.

use journal::{Actor, Change};

use super::Line;
use crate::Env;
use crate::render::{table, text};

/// Columns when the output does not go to a terminal.
const WIDTH: usize = 100;
/// Changes that a line of the table tells; of more the number is told.
const CHANGES: usize = 2;
/// The longest cell but the last.
const CELL: usize = 60;

/// One line a decision.
pub(super) fn table(lines: &[Line]) -> String {
    let header = ["#", "TIME", "ACTOR", "CHANGED", "RULES", "DECIDED"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(lines.iter().map(row));
    table::aligned(&rows)
}

fn row(line: &Line) -> Vec<String> {
    let mut rules: Vec<&str> = line.told.because.iter().map(|(rule, _)| rule.as_str()).collect();
    rules.dedup();
    vec![
        line.entry.number.to_string(),
        crd::Time::from(line.entry.time).to_string(),
        line.actor.as_str().to_owned(),
        changed(line),
        dash(&rules.join(",")),
        dash(&decided(line).join("; ")),
    ]
}

fn dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

/// The changes that tell most.
fn changed(line: &Line) -> String {
    let mut changes: Vec<&Change> = line.changes.iter().collect();
    changes.sort_by_key(|change| rank(change));
    let more = changes.len().saturating_sub(CHANGES);
    let told: Vec<String> =
        changes.into_iter().take(CHANGES).map(|change| cut(&change.to_string())).collect();
    match (told.is_empty(), more) {
        (true, _) if line.actor == Actor::Controller => "time".to_owned(),
        (true, _) => "-".to_owned(),
        (false, 0) => told.join(", "),
        (false, more) => format!("{} and {more} more", told.join(", ")),
    }
}

/// The lower, the more it tells.
fn rank(change: &Change) -> u8 {
    match change.object.as_str() {
        "Rollout" if change.is_in("spec") || change.is_in("status") => 0,
        object
            if object.starts_with("AnalysisRun")
                && (change.field.is_empty() || change.is_in("status.phase")) =>
        {
            1
        }
        "the regions' answer" => 2,
        _ if change.is_in("status.availableReplicas") => 3,
        _ if change.field.is_empty() => 4,
        "Rollout" => 6,
        _ => 5,
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(CELL) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn decided(line: &Line) -> Vec<String> {
    let status = line.told.status.iter().map(|changes| match changes.as_slice() {
        [] => "status".to_owned(),
        changes => format!("status: {}", changes.join(", ")),
    });
    let failed = line.entry.failure.iter().map(|_| "FAILED".to_owned());
    line.told.actions.iter().map(|action| short(action)).chain(status).chain(failed).collect()
}

/// An action without its fields.
fn short(action: &str) -> String {
    action.split_once(": ").map_or(action, |(action, _)| action).to_owned()
}

/// Several lines a decision: everything in words.
pub(super) fn blocks(lines: &[Line], env: &Env) -> String {
    let width = env.columns.unwrap_or(WIDTH).clamp(40, 200);
    lines.iter().map(|line| block(line, width)).collect::<Vec<_>>().join("\n")
}

fn block(line: &Line, width: usize) -> String {
    let entry = &line.entry;
    let mut out = format!("#{}  {}  {}\n", entry.number, entry.time, line.actor.as_str());
    let mut tell = |word: &str, what: &str| {
        let first = format!("  {}", table::padded(word, 9));
        out.push_str(&text::wrapped(what, width, &first, "             "));
    };
    if entry.missed > 0 {
        tell("missing", &format!("{} decisions before this one were not written", entry.missed));
    }
    for change in &line.changes {
        tell("changed", &change.to_string());
    }
    for (rule, detail) in &line.told.because {
        tell("because", &format!("{rule}: {detail}"));
    }
    for action in &line.told.actions {
        tell("action", action);
    }
    for event in &line.told.events {
        tell("event", event);
    }
    if let Some(changes) = &line.told.status {
        tell(
            "status",
            &if changes.is_empty() { "brought up to date".to_owned() } else { changes.join(", ") },
        );
    }
    if let Some(failure) = &entry.failure {
        tell("failed", failure);
    }
    out
}

//! Comments that silence a rule: `# aviary:allow RULE -- reason`, on the line or the one above it, or
//! `# aviary:allow-file RULE -- reason` anywhere in the file.

use crate::bundle::Bundle;
use crate::finding::{Finding, Place, Severity};
use crate::pages;
use crate::rule::Rule;

/// What one comment silences.
struct Comment {
    file: String,
    /// `None` is the whole file.
    line: Option<usize>,
    rules: Vec<String>,
}

/// The findings that no comment silences, how many one does, and a word on comments that name no rule.
pub(crate) fn apply(bundle: &Bundle, findings: Vec<Finding>) -> (Vec<Finding>, usize) {
    let mut complaints = Vec::new();
    let mut comments = Vec::new();
    for source in &bundle.sources {
        for (index, line) in source.text.lines().enumerate() {
            let Some((column, comment)) = read(line) else { continue };
            let place = Place { file: source.name.clone(), line: index + 1, column };
            for unknown in comment.rules.iter().filter(|rule| Rule::named(rule).is_none()) {
                complaints.push(complaint(place.clone(), unknown));
            }
            let line = comment.line.map(|_| index + 1);
            comments.push(Comment { file: source.name.clone(), line, rules: comment.rules });
        }
    }
    let before = findings.len();
    let silenced = |finding: &Finding| {
        comments.iter().any(|comment| {
            let here = comment.line.is_none_or(|line| (line..=line + 1).contains(&finding.place.line));
            here && comment.file == finding.place.file
                && comment.rules.iter().any(|rule| rule == finding.rule)
        })
    };
    let mut left: Vec<Finding> = findings.into_iter().filter(|finding| !silenced(finding)).collect();
    let suppressed = before - left.len();
    left.append(&mut complaints);
    (left, suppressed)
}

fn read(line: &str) -> Option<(usize, Comment)> {
    let (before, rest) = line.split_once("# aviary:allow")?;
    let (rest, line) = match rest.strip_prefix("-file") {
        Some(rest) => (rest, None),
        None => (rest, Some(0)),
    };
    let names = rest.split("--").next().unwrap_or_default();
    let words = names.split([',', ' ']).filter(|word| !word.is_empty());
    Some((
        before.chars().count() + 1,
        Comment { file: String::new(), line, rules: words.map(str::to_owned).collect() },
    ))
}

fn complaint(place: Place, unknown: &str) -> Finding {
    Finding {
        rule: "unreadable",
        severity: Severity::Warning,
        place,
        object: String::new(),
        field: String::new(),
        message: format!(
            "the comment silences a rule {unknown:?}, which does not exist, so it silences nothing"
        ),
        remedy: "write the id of a rule (`aviary lint --rules` lists them)".to_owned(),
        page: pages::link("unreadable"),
        fix: Vec::new(),
    }
}

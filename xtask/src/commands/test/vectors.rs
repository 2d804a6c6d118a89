//! `cargo xtask test vectors`: the rows of the specification, section by section.
//!
//! The tests over the tables in `fixtures` say a line for each case: `VECTOR <row> <outcome> <reason>`. Here
//! they are counted against the rows that there are.

use std::collections::BTreeMap;
use std::fmt;
use std::process::{ExitStatus, Stdio};

use serde_json::Value;

use crate::{Failure, shell, workspace};

/// Which rows there are, in the order of the report.
const IDS: [&str; 2] = ["fixtures/rollout/cases/ids.json", "fixtures/analysis/ids.json"];
/// Whose tests say the lines, and what stands in the names of these tests.
const ARGUMENTS: &[&str] = &[
    "test",
    "--locked",
    "--no-fail-fast",
    "-p",
    "aviary-rollout",
    "-p",
    "aviary-metric-providers",
    "-p",
    "aviary-cli",
    "--lib",
    "--tests",
    "--",
    "--nocapture",
    "vectors",
    "traces",
];

/// How the cases of a row ended; of several cases the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Passed,
    Deviates,
    NotServed,
    Failed,
    Missing,
}

impl Outcome {
    fn parse(word: &str) -> Self {
        match word {
            "passed" => Self::Passed,
            "deviates" => Self::Deviates,
            "not-served" => Self::NotServed,
            _ => Self::Failed,
        }
    }
}

type Rows = BTreeMap<String, (Outcome, String)>;

/// A section's letter, what it is about, and its rows.
type Section = (String, String, Vec<String>);

/// Runs the tests, prints the table, and fails when a row failed or has no case.
pub(super) fn run() -> Result<(), Failure> {
    let (text, ended) = said()?;
    let rows = rows(&text);
    if rows.is_empty() {
        let what = format!("no test said a row: cargo ended with {ended}");
        return Err(Failure::new(what, "mend what cargo says above, and run it again"));
    }
    let sections = sections()?;
    let report = Report { sections: &sections, rows: &rows };
    println!("{report}");
    let mut bad = report.bad();
    if ended.success() && bad.is_empty() {
        return Ok(());
    }
    if !ended.success() && bad.is_empty() {
        bad.push(format!("a test failed that said no row; cargo ended with {ended}"));
    }
    Err(Failure::new(format!("not as specified: {}", bad.join(", ")), report.repair()))
}

/// What the tests printed, and how cargo ended: well only when all of them passed.
fn said() -> Result<(String, ExitStatus), Failure> {
    let mut command = shell::cargo(ARGUMENTS);
    eprintln!("$ {}", shell::line(&command));
    let output = command.stderr(Stdio::inherit()).output();
    let output =
        output.map_err(|error| Failure::new(format!("cargo test did not run: {error}"), "run it by hand"))?;
    Ok((String::from_utf8_lossy(&output.stdout).into_owned(), output.status))
}

/// The sections of every file.
fn sections() -> Result<Vec<Section>, Failure> {
    let files: Vec<Vec<Section>> = IDS.into_iter().map(sections_of).collect::<Result<_, _>>()?;
    Ok(files.concat())
}

/// The sections that a file names.
fn sections_of(file: &str) -> Result<Vec<Section>, Failure> {
    let repair = format!("mend {file}");
    let text = std::fs::read_to_string(workspace::root().join(file))
        .map_err(|error| Failure::new(format!("{file}: {error}"), &repair))?;
    let value: Value =
        serde_json::from_str(&text).map_err(|error| Failure::new(format!("{file}: {error}"), &repair))?;
    let sections = value.as_object().into_iter().flatten().map(|(letter, section)| {
        let ranges = section.get("ids").and_then(Value::as_array).into_iter().flatten();
        let ids: Vec<String> = ranges.filter_map(Value::as_str).flat_map(expand).collect();
        let about = section.get("about").and_then(Value::as_str).unwrap_or_default().to_owned();
        let count = section.get("count").and_then(Value::as_u64);
        if count != Some(ids.len() as u64) {
            let what = format!("{file}: section {letter} has {} rows, its count is {count:?}", ids.len());
            return Err(Failure::new(what, &repair));
        }
        Ok((letter.clone(), about, ids))
    });
    sections.collect()
}

/// `A1..A3` is A1, A2 and A3; `AR-A1..AR-A3` likewise.
fn expand(range: &str) -> Vec<String> {
    let parts = |id: &str| {
        let letters = id.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
        let number = id.get(letters.len()..)?.parse::<u32>().ok()?;
        Some((letters, number))
    };
    let ends = range.split_once("..").and_then(|(from, to)| Some((parts(from)?, parts(to)?)));
    match ends {
        Some(((from, first), (to, last))) if from == to => {
            (first..=last).map(|number| format!("{from}{number}")).collect()
        }
        _ => vec![range.to_owned()],
    }
}

/// The worst outcome of each row. A line may stand behind something else that the test harness printed.
fn rows(text: &str) -> Rows {
    let mut rows = Rows::new();
    for line in text.lines().filter_map(|line| line.split_once("VECTOR ")).map(|(_, line)| line) {
        let mut words = line.splitn(3, ' ');
        let (Some(id), Some(outcome)) = (words.next(), words.next()) else { continue };
        let outcome = Outcome::parse(outcome);
        let row = rows.entry(id.to_owned()).or_insert((Outcome::Passed, String::new()));
        if outcome > row.0 {
            *row = (outcome, words.next().unwrap_or_default().to_owned());
        }
    }
    rows
}

struct Report<'a> {
    sections: &'a [Section],
    rows: &'a Rows,
}

impl Report<'_> {
    fn outcome(&self, id: &str) -> (Outcome, &str) {
        self.rows.get(id).map_or((Outcome::Missing, ""), |(outcome, reason)| (*outcome, reason))
    }

    /// The rows that failed or have no case, and the cases of no row.
    fn bad(&self) -> Vec<String> {
        let ids = || self.sections.iter().flat_map(|(_, _, ids)| ids);
        let bad = ids().filter_map(|id| match self.outcome(id).0 {
            Outcome::Failed => Some(format!("{id} failed")),
            Outcome::Missing => Some(format!("{id} has no case")),
            _ => None,
        });
        let unknown = self.rows.keys().filter(|id| !ids().any(|known| known == *id));
        bad.chain(unknown.map(|id| format!("{id} is no row"))).collect()
    }

    /// What to do about the worst of what is bad.
    fn repair(&self) -> String {
        let has =
            |wanted| self.sections.iter().flat_map(|(_, _, ids)| ids).any(|id| self.outcome(id).0 == wanted);
        let [rollouts, analyses] = IDS;
        if has(Outcome::Failed) {
            "read what stands beside the row above; `cargo test -p CRATE vectors` runs the rows of one crate"
                .to_owned()
        } else if has(Outcome::Missing) {
            format!(
                "write the case into the table beside {rollouts} or {analyses}, or take the row out there"
            )
        } else {
            format!(
                "a case says a row that no section has: add it to {rollouts} or {analyses}, or mend the name"
            )
        }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = ["cases", "passed", "deviate", "not served", "failed"];
        let longest = |text: fn(&Section) -> &String| {
            self.sections.iter().map(|section| text(section).len()).max().unwrap_or_default()
        };
        let (letters, width) = (longest(|section| &section.0), longest(|section| &section.1));
        let blank = "";
        writeln!(
            f,
            "\n{blank:<letters$}  {blank:<width$} {}",
            columns.map(|column| format!("{column:>10}")).join(" ")
        )?;
        let mut total = [0; 5];
        for (letter, about, ids) in self.sections {
            let of =
                |wanted: &[Outcome]| ids.iter().filter(|id| wanted.contains(&self.outcome(id).0)).count();
            let counts = [
                ids.len(),
                of(&[Outcome::Passed]),
                of(&[Outcome::Deviates]),
                of(&[Outcome::NotServed]),
                of(&[Outcome::Failed, Outcome::Missing]),
            ];
            writeln!(
                f,
                "{letter:<letters$}  {about:<width$} {}",
                counts.map(|count| format!("{count:>10}")).join(" ")
            )?;
            total.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        let total = total.map(|count| format!("{count:>10}")).join(" ");
        writeln!(f, "{blank:<letters$}  {:<width$} {total}", "all")?;
        for (outcome, title) in [
            (Outcome::Deviates, "deviates on purpose (crates/rollout/DEVIATIONS.md)"),
            (Outcome::NotServed, "not served, each with its reason"),
            (Outcome::Failed, "failed"),
            (Outcome::Missing, "no case"),
        ] {
            let ids = self.sections.iter().flat_map(|(_, _, ids)| ids);
            let found: Vec<&String> = ids.filter(|id| self.outcome(id).0 == outcome).collect();
            if !found.is_empty() {
                writeln!(f, "\n{title}:")?;
            }
            for id in found {
                writeln!(f, "  {id:<6} {}", self.outcome(id).1)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_case_of_a_row_counts_and_a_row_without_a_case_is_bad() {
        let said = "test a ... VECTOR A1 passed \nVECTOR A1 deviates on purpose\nVECTOR A2 failed 1 instead of 2\n\
                    VECTOR A2 passed\nVECTOR Z1 passed\nok\n";
        let rows = rows(said);
        let sections = [("A".to_owned(), "about".to_owned(), expand("A1..A3"))];
        let report = Report { sections: &sections, rows: &rows };
        assert_eq!(report.outcome("A1"), (Outcome::Deviates, "on purpose"));
        assert_eq!(report.bad(), ["A2 failed", "A3 has no case", "Z1 is no row"]);
        assert!(report.repair().starts_with("read what stands beside the row"), "{}", report.repair());
        let unknown = Report { sections: &[], rows: &rows };
        assert!(
            unknown.repair().starts_with("a case says a row that no section has"),
            "{}",
            unknown.repair()
        );
        let text = report.to_string();
        assert!(text.contains("A  about          3          0          1          0          2"), "{text}");
        assert!(text.contains("  A2     1 instead of 2"), "{text}");
    }

    #[test]
    fn a_range_may_have_a_prefix_and_the_columns_of_every_section_stand_below_each_other() {
        assert_eq!(expand("AR-A9..AR-A11"), ["AR-A9", "AR-A10", "AR-A11"]);
        assert_eq!(expand("A1..B2"), ["A1..B2"]);
        let sections = [
            ("A".to_owned(), "short".to_owned(), expand("A1..A2")),
            ("AR-A".to_owned(), "with a longer name".to_owned(), expand("AR-A1..AR-A3")),
        ];
        let rows = rows("VECTOR A1 passed\nVECTOR A2 passed\nVECTOR AR-A3 not-served because\n");
        let text = Report { sections: &sections, rows: &rows }.to_string();
        let ends: Vec<usize> = text.lines().skip(1).take(4).map(str::len).collect();
        assert_eq!(ends, [ends[0]; 4], "{text}");
        assert!(text.contains("\nA     short                       2          2 "), "{text}");
        assert!(text.contains("\nnot served, each with its reason:\n  AR-A3  because\n"), "{text}");
    }

    #[test]
    fn the_rows_are_those_of_the_specification() {
        let sections = sections().unwrap();
        assert_eq!(sections.iter().map(|(_, _, ids)| ids.len()).sum::<usize>(), 399 + 239);
        let mut ids: Vec<&String> = sections.iter().flat_map(|(_, _, ids)| ids).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 638, "every row has an id of its own");
    }
}

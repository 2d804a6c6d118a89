//! The verdicts that the public tool gives (recorded), our own extra findings apart.

use aviary_lint::compat;
use serde_json::Value;
use xtask::recorded;

/// What the public tool crashes at, and texts of its decoder that are not ours.
const OTHER_WORDS: [&str; 5] = [
    "bad-yaml",
    "bad-missing-kind",
    "bad-scalar-document",
    "panic-ingress-resource-backend",
    "bad-wrong-type",
];

#[test]
fn every_recorded_verdict_is_given_in_the_same_words() {
    let test = "every_recorded_verdict_is_given_in_the_same_words";
    let Some(path) = recorded(test, "lint-cases.json") else { return };
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut differing = Vec::new();
    let mut count = 0;
    for case in cases["cases"].as_array().unwrap() {
        count += 1;
        let name = case["name"].as_str().unwrap();
        let expect = &case["expect"];
        let answer = compat(case["file"].as_str().unwrap());
        let exit = expect["exit"].as_u64().unwrap();
        // A crash on a legal Ingress is not copied.
        let exit = if exit == 2 { 0 } else { exit };
        let same_text = || {
            sorted(&answer.stdout) == sorted(expect["stdout"].as_str().unwrap())
                && answer.stderr == expect["stderr"].as_str().unwrap()
        };
        if u64::from(answer.exit) != exit || !OTHER_WORDS.contains(&name) && !same_text() {
            differing.push(format!("{name}: {answer:#?}\n wanted {expect:#}"));
        }
    }
    assert_eq!(count, 150);
    assert!(differing.is_empty(), "{} of {count} differ:\n{}", differing.len(), differing.join("\n"));
}

/// The public tool tells several bad labels of one Service in no particular order.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn every_public_example_gets_the_recorded_verdict() {
    let recorded = |name| recorded("every_public_example_gets_the_recorded_verdict", name);
    let Some((verdicts, examples)) = recorded("examples-lint-verdicts.tsv").zip(recorded("examples")) else {
        return;
    };
    let verdicts = std::fs::read_to_string(verdicts).unwrap();
    let mut differing = Vec::new();
    let mut count = 0;
    for line in verdicts.lines().skip(1) {
        let mut columns = line.split('\t');
        let (file, exit) = (columns.next().unwrap(), columns.next().unwrap());
        let first = columns.next().unwrap_or_default();
        let answer = compat(&std::fs::read_to_string(examples.join(file)).unwrap());
        count += 1;
        let spec = first.starts_with("Error: spec.");
        if answer.exit.to_string() != exit || spec && answer.stderr.trim_end() != first {
            differing.push(format!("{file}: {answer:?}\n wanted {exit} {first}"));
        }
    }
    assert!(count > 90, "{count}");
    assert!(differing.is_empty(), "{} of {count} differ:\n{}", differing.len(), differing.join("\n"));
}

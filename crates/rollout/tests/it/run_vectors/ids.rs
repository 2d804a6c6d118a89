//! Whether every row about AnalysisRuns has a case.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::harness::yaml;
use crate::vectors::ids::rows;

/// The rows that a table has cases of: the first column of a text, or `id` of each case.
fn cases(kind: &str, text: &str) -> Vec<String> {
    if kind == "yaml" {
        let table: Value = yaml(text);
        let cases = table["cases"].as_array().expect("cases").iter();
        return cases.map(|case| case["id"].as_str().expect("an id").to_owned()).collect();
    }
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split(" ¦ ").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_row_of_the_specification_of_analysis_runs_has_a_case() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/analysis");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(&folder).expect("a directory") {
        let path = entry.expect("an entry").path();
        // The tables of Experiments are in a directory of their own.
        let Some(kind) = path.extension().and_then(|kind| kind.to_str()) else { continue };
        if kind != "json" {
            found.extend(cases(kind, &fs::read_to_string(&path).expect("text")));
        }
    }
    let text = fs::read_to_string(folder.join("ids.json")).expect("ids.json");
    let sections: Value = serde_json::from_str(&text).expect("JSON");
    let mut all = BTreeSet::new();
    // Providers and Experiments have their cases elsewhere.
    for (name, section) in
        sections.as_object().expect("sections").iter().filter(|(name, _)| name.starts_with("AR-"))
    {
        let rows = rows(section);
        assert_eq!(rows.len() as u64, section["count"].as_u64().expect("a count"), "section {name}");
        all.extend(rows);
    }
    assert_eq!(all.len(), 126);
    let missing: Vec<_> = all.difference(&found).collect();
    let unknown: Vec<_> = found.difference(&all).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:?}, unknown: {unknown:?}");
}

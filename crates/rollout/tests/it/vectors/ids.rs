//! Whether every row of the specification has a case.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::harness::yaml;

/// The rows of a section: `A1..A18` is a range, `AR-A1..AR-A35` too.
pub(crate) fn rows(section: &Value) -> BTreeSet<String> {
    let ranges =
        section["ids"].as_array().expect("a list").iter().map(|range| range.as_str().expect("a text"));
    ranges.flat_map(expand).collect()
}

fn expand(range: &str) -> Vec<String> {
    let parts = |id: &str| {
        let letters = id.trim_end_matches(|c: char| c.is_ascii_digit());
        (letters.to_owned(), id[letters.len()..].parse::<u32>().expect("a number"))
    };
    let Some((from, to)) = range.split_once("..") else { return vec![range.to_owned()] };
    let ((letters, first), (same, last)) = (parts(from), parts(to));
    assert_eq!(letters, same, "{range}");
    (first..=last).map(|number| format!("{letters}{number}")).collect()
}

fn cases(value: &Value, found: &mut BTreeSet<String>) {
    let list = value.get("cases").unwrap_or(value).as_array().expect("a list of cases");
    let id = |case: &Value| case.get("id").or(case.get("case")).and_then(Value::as_str).map(str::to_owned);
    found.extend(list.iter().filter_map(id));
}

#[test]
fn every_row_of_the_specification_has_a_case() {
    let folder = super::folder();
    let mut found = BTreeSet::new();
    for directory in [folder.clone(), folder.join("..")] {
        let entries = fs::read_dir(&directory).expect("a directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")) {
            cases(&yaml(&fs::read_to_string(&path).expect("text")), &mut found);
        }
    }
    let sections: Value = serde_json::from_str(&super::fixture("ids.json")).expect("JSON");
    let mut all = BTreeSet::new();
    for (letter, section) in sections.as_object().expect("sections") {
        let rows = rows(section);
        assert_eq!(rows.len() as u64, section["count"].as_u64().expect("a count"), "section {letter}");
        all.extend(rows);
    }
    let traces = all.iter().filter(|id| id.starts_with('T')).cloned().collect::<BTreeSet<_>>();
    let missing: Vec<_> = all.difference(&found).filter(|id| !traces.contains(*id)).collect();
    let unknown: Vec<_> = found.difference(&all).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:?}, unknown: {unknown:?}");
    let without_file = traces.iter().filter(|id| !folder.join(format!("../traces/{id}.md")).is_file());
    assert_eq!(without_file.collect::<Vec<_>>(), Vec::<&String>::new());
}

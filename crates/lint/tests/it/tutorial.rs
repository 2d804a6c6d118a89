//! The defects of the tutorial's files, each by the rule that finds it.

use aviary_lint::{Severity, check};
use xtask::recorded;

use crate::harness::{lines, sources};

/// Number of the defect, then file, line and rule of a finding that names it.
const DEFECTS: &[(u8, &str, usize, &str)] = &[
    (1, "rollout.yaml", 11, "replica-weights"),
    (1, "rollout-with-analysis.yaml", 11, "replica-weights"),
    (1, "rollout-with-analysis.yaml", 19, "replica-weights"),
    (2, "rollout-with-analysis.yaml", 15, "unknown-field"),
    (2, "rollout-with-analysis.yaml", 23, "unknown-field"),
    (3, "analysis-template.yaml", 9, "undeclared-argument"),
    (4, "analysis-template.yaml", 8, "endless-analysis"),
    (5, "analysis-template.yaml", 9, "condition-type"),
    (5, "analysis-template.yaml", 10, "condition-type"),
    (6, "analysis-template.yaml", 9, "no-data"),
    (7, "rollout-with-analysis.yaml", 23, "missing-template"),
    (8, "analysis-template.yaml", 14, "blended-query"),
    (9, "analysis-template.yaml", 14, "short-window"),
    (10, ".github/workflows/canary.yml", 53, "unpinned-check"),
    (10, ".github/workflows/canary.yml", 62, "unpinned-check"),
    (11, ".github/workflows/canary.yml", 43, "verify-once"),
    (12, ".github/workflows/canary.yml", 42, "unconditional-promote"),
    (13, ".github/workflows/canary.yml", 33, "single-region"),
    (13, "main.tf", 9, "single-region"),
    (14, ".github/workflows/canary.yml", 33, "job-setup"),
    (14, ".github/workflows/canary.yml", 36, "job-setup"),
    (14, ".github/workflows/canary.yml", 42, "job-setup"),
    (15, ".github/workflows/canary.yml", 24, "abort-on-failure"),
    (16, "rollout.yaml", 28, "template-expression"),
    (18, ".github/workflows/canary.yml", 10, "mutable-action"),
    (18, ".github/workflows/canary.yml", 17, "long-lived-secret"),
    (19, "rollout-with-analysis.yaml", 4, "disruption-budget"),
    (19, "rollout-with-analysis.yaml", 36, "drain"),
    (19, "rollout-with-analysis.yaml", 36, "security-context"),
];

#[test]
fn every_defect_that_stands_in_the_tutorials_files_is_found_where_it_stands() {
    let test = "every_defect_that_stands_in_the_tutorials_files_is_found_where_it_stands";
    let Some(root) = recorded(test, "openclaw-tutorial") else { return };
    let report = check(sources(&root));
    let found = |file: &str, line: usize, rule: &str| {
        let here = |place: &aviary_lint::Place| place.file == file && place.line == line;
        report.findings.iter().any(|finding| finding.rule == rule && here(&finding.place))
    };
    let missed: Vec<_> = DEFECTS.iter().filter(|(_, file, line, rule)| !found(file, *line, rule)).collect();
    assert!(missed.is_empty(), "missed {missed:#?}\nfound {:#?}", lines(&report));
    let mut numbers: Vec<u8> = DEFECTS.iter().map(|(number, ..)| *number).collect();
    numbers.dedup();
    // 17 is prose.
    assert_eq!(numbers, (1..=16).chain(18..=19).collect::<Vec<_>>());
    assert!(report.reaches(Severity::Error));
}

#[test]
fn what_is_said_of_the_tutorial_is_what_was_measured_on_a_real_cluster() {
    let test = "what_is_said_of_the_tutorial_is_what_was_measured_on_a_real_cluster";
    let Some(root) = recorded(test, "openclaw-tutorial") else { return };
    let report = check(sources(&root));
    let said = |line: usize, rule: &str| {
        let of = |finding: &&aviary_lint::Finding| finding.rule == rule && finding.place.line == line;
        report.findings.iter().find(of).map(|finding| finding.message.clone()).unwrap_or_default()
    };
    assert_eq!(
        said(11, "replica-weights"),
        "with 4 replicas and no router, `setWeight: 10` sends 20 % (1 of 5 pods)"
    );
    assert_eq!(
        said(19, "replica-weights"),
        "with 4 replicas and no router, `setWeight: 30` sends 25 % (1 of 4 pods)"
    );
    assert!(said(9, "condition-type").contains("mismatched types []float64 and float64"));
    assert!(said(14, "blended-query").contains("must fail 9.1 % of its requests"));
    assert!(said(9, "no-data").contains("Inconclusive"));
}

#[test]
fn nothing_is_found_in_the_worked_example() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/openclaw");
    let mut bundle = sources(&root.join("rendered"));
    assert!(bundle.len() >= 6);
    let pipeline = sources(&root.join(".github"));
    assert_eq!(pipeline.len(), 1);
    bundle.extend(pipeline);
    let report = check(bundle);
    assert_eq!(report.rollouts, 1);
    assert!(report.findings.is_empty(), "{:#?}", lines(&report));
}

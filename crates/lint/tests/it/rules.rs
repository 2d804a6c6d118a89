//! Our own copies of the defects, one a file: `fixtures/lint/README.md`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aviary_lint::{RULES, Report, Severity, Source, check};

use crate::harness::sources;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/lint")
}

/// The bundles with their names: a file or a directory each.
fn bundles() -> Vec<(String, Vec<Source>)> {
    let mut bundles = Vec::new();
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            bundles.push((name, sources(&path)));
        } else if name != "README" {
            let text = std::fs::read_to_string(&path).unwrap();
            bundles.push((name, vec![Source::new(path.file_name().unwrap().to_string_lossy(), text)]));
        }
    }
    bundles.sort_by(|one, other| one.0.cmp(&other.0));
    bundles
}

/// The rule that a bundle is about: the longest whose id its name begins with.
fn rule_of(bundle: &str) -> &'static str {
    let rules = RULES.iter().map(|rule| rule.id).filter(|id| bundle.starts_with(id));
    rules.max_by_key(|id| id.len()).unwrap_or_else(|| panic!("{bundle} is named after no rule"))
}

/// Where the comments say that something must be found.
fn expected(sources: &[Source]) -> BTreeSet<(String, usize, String)> {
    let mut expected = BTreeSet::new();
    for source in sources {
        for (index, line) in source.text.lines().enumerate() {
            if let Some((_, rule)) = line.split_once("# expect ") {
                expected.insert((source.name.clone(), index + 1, rule.trim().to_owned()));
            }
        }
    }
    expected
}

fn found(report: &Report, rule: &str) -> BTreeSet<(String, usize, String)> {
    let findings = report.findings.iter().filter(|finding| finding.rule == rule);
    findings.map(|finding| (finding.place.file.clone(), finding.place.line, rule.to_owned())).collect()
}

#[test]
fn each_rule_finds_its_defect_where_it_stands_and_nothing_else() {
    for (name, sources) in bundles() {
        let rule = rule_of(&name);
        let expected = expected(&sources);
        let report = check(sources);
        assert!(!expected.is_empty(), "{name} expects nothing");
        assert_eq!(found(&report, rule), expected, "{name}: {:#?}", report.findings);
        let others: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.rule != rule && finding.severity == Severity::Error)
            .collect();
        assert!(others.is_empty(), "{name} is also wrong otherwise: {others:#?}");
    }
}

#[test]
fn every_rule_has_a_file_and_a_page() {
    let covered: BTreeSet<&str> = bundles().iter().map(|(name, _)| rule_of(name)).collect();
    for rule in RULES {
        assert!(covered.contains(rule.id), "no file in fixtures/lint is about {}", rule.id);
        let page = rule.page();
        assert!(page.starts_with(&format!("# {}: {}\n", rule.id, title(page))), "{}", rule.id);
        assert!(page.lines().count() >= 3, "the page of {} says nothing", rule.id);
    }
}

fn title(page: &str) -> &str {
    page.lines().next().and_then(|line| line.split_once(": ")).map_or("", |(_, title)| title)
}

#[test]
fn every_finding_says_what_comes_of_it_and_what_to_do() {
    for (name, sources) in bundles() {
        for finding in check(sources).findings {
            assert!(!finding.message.is_empty() && !finding.remedy.is_empty(), "{name}: {finding:?}");
            assert!(finding.page.ends_with(&format!("crates/lint/pages/{}.md", finding.rule)), "{name}");
            assert!(finding.place.line > 0 && finding.place.column > 0, "{name}: {finding:?}");
        }
    }
}

/// The column of the finding, and what its message says of the place.
#[test]
fn a_condition_is_pointed_into_where_its_text_stands_as_it_reads() {
    let text = std::fs::read_to_string(fixtures().join("condition-type.yaml")).unwrap();
    let (before, after) = text.split_once("result < 0.01  # expect condition-type").unwrap();
    let found = |written: &str| {
        let report = check(vec![Source::new("a.yaml", format!("{before}{written}{after}"))]);
        let finding = report.findings.into_iter().find(|it| it.rule == "condition-type").unwrap();
        (finding.place.line, finding.place.column, finding.message)
    };
    for (written, column) in
        [("result < 0.01", 30), ("'result < 0.01'", 31), ("\"result < 0.01\"  # why", 31)]
    {
        let (line, at, message) = found(written);
        assert_eq!((line, at), (11, column), "{written}");
        assert!(!message.contains("of the condition"), "{message}");
    }
    for (written, place) in [
        ("\"result \\u003c 0.01\"", "(column 8 of the condition, at `< 0.01`)"),
        (">-\n      len(result) > 0 &&\n      result < 0.01", "(column 27 of the condition, at `< 0.01`)"),
        ("result < {{args.canary-hash}}", "(column 10 of the condition, at `abc`)"),
    ] {
        let (line, at, message) = found(written);
        assert_eq!((line, at), (11, 5), "{written}");
        assert!(message.contains(place), "{message}");
    }
}

#[test]
fn a_comparison_that_is_dry_run_judges_nothing_and_the_rule_is_a_pattern_as_the_controller_has_it() {
    let text = std::fs::read_to_string(fixtures().join("comparison-apart.yaml")).unwrap();
    let apart = |rule: &str| {
        let analysis = format!("analysis:\n        dryRun: [{{metricName: '{rule}'}}]\n        templates:");
        let text = text.replacen("analysis:\n        templates:", &analysis, 1);
        let report = check(vec![Source::new("apart.yaml", text)]);
        report.findings.iter().any(|finding| finding.message.contains("judge the release each by itself"))
    };
    for (rule, both) in [("compare", false), ("^comp", false), ("par", false), (".x", true), ("errors", true)]
    {
        assert_eq!(apart(rule), both, "{rule}");
    }
}

/// Readers try what a page calls wrong.
#[test]
fn every_mistake_on_the_page_of_comparison_is_told_where_it_stands() {
    let page = RULES.iter().find(|rule| rule.id == "comparison").unwrap().page();
    let (_, wrong) = page.split_once("Wrong:\n\n```yaml\n").unwrap();
    let (wrong, rest) = wrong.split_once("```").unwrap();
    let (_, right) = rest.split_once("Right:\n\n```yaml\n").unwrap();
    let found = |plugin: &str| {
        let indented: String = plugin.lines().flat_map(|line| ["        ", line, "\n"]).collect();
        let text = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{name: page}}\nspec:\n  args: [{{name: canary}}, \
             {{name: stable}}]\n  metrics:\n  - name: page\n    provider:\n      plugin:\n{indented}"
        );
        let report = check(vec![Source::new("page.yaml", text)]);
        let own = report.findings.into_iter().filter(|finding| finding.rule == "comparison");
        own.map(|finding| (finding.place.line, finding.remedy)).collect::<Vec<_>>()
    };
    let told = found(wrong);
    let wanted = [
        (11, "write one of prometheus, datadog"),
        (12, "1% is usual for falseAborts, 5% for falsePass; mind the percent sign"),
        (14, "write its queries"),
    ];
    assert_eq!(told, wanted.map(|(line, remedy)| (line, remedy.to_owned())));
    assert_eq!(found(right.split_once("```").unwrap().0), []);
}

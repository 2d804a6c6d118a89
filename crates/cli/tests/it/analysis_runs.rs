//! AnalysisRuns as people look at them.

use serde_json::{Value as Json, json};

use crate::server::{Manners, Server};
use crate::{Outcome, called, env, words};

fn run() -> Json {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {
            "name": "cart-abc-2-1", "namespace": "shop", "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [{"kind": "Rollout", "name": "cart", "uid": "r"}],
        },
        "spec": {"metrics": [{"name": "errors"}, {"name": "latency"}, {"name": "later"}]},
        "status": {
            "phase": "Failed", "startedAt": "2026-01-01T00:00:00Z", "completedAt": "2026-01-01T00:01:00Z",
            "message": "Metric \"errors\" assessed Failed due to failed (1) > failureLimit (0)",
            "metricResults": [
                {"name": "errors", "phase": "Failed", "count": 2, "successful": 1, "failed": 1, "measurements": [
                    {"phase": "Successful", "value": "[0.001]", "finishedAt": "2026-01-01T00:00:30Z"},
                    {"phase": "Failed", "value": "[0.2]", "finishedAt": "2026-01-01T00:01:00Z"},
                ]},
                {"name": "latency", "phase": "Error", "error": 1, "dryRun": true, "measurements": [
                    {"phase": "Error", "message": "no answer", "finishedAt": "2026-01-01T00:00:30Z"},
                ]},
            ],
        },
    })
}

async fn shown(command: &str) -> String {
    let server = Server::new(vec![run()], Manners::default());
    let Outcome { exit, stdout, stderr } = called(&env("aviary"), &words(command), &server).await;
    assert_eq!((exit, stderr.as_str()), (0, ""), "{command}");
    // Ages depend on the day.
    stdout
}

/// The lines without what depends on the day: the last column, and times.
fn cells(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect()
}

#[tokio::test]
async fn each_metric_is_shown_with_its_counts_and_its_last_measurement() {
    let text = shown("get analysisrun cart-abc-2-1 -n shop --no-color").await;
    let cells = cells(&text);
    assert_eq!(cells[0], ["Name:", "cart-abc-2-1"]);
    assert_eq!(cells[2], ["Status:", "✖ Failed"]);
    assert_eq!(cells[4], ["Of:", "Rollout cart"]);
    let metrics = &cells[8..];
    assert_eq!(metrics[0], ["METRIC", "STATUS", "GOOD", "BAD", "UNDECIDED", "ERRORS", "LAST", "WHEN"]);
    assert_eq!(metrics[1][..7], ["errors", "Failed", "1", "1", "0", "0", "[0.2]"]);
    assert_eq!(metrics[2][..7], ["latency (dry run)", "Error", "0", "0", "0", "1", "no answer"]);
    assert_eq!(metrics[3], ["later", "Pending", "-", "-", "-", "-", "-", "-"]);
}

#[tokio::test]
async fn the_readme_shows_a_run_and_a_list_as_they_are_printed() {
    let readme = include_str!("../../../../README.md");
    for command in ["get analysisrun cart-abc-2-1 -n shop --no-color", "list analysisruns -n shop"] {
        let text = shown(command).await;
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert!(readme.contains(&lines.join("\n")), "{command}:\n{text}");
    }
}

#[tokio::test]
async fn a_wide_view_has_every_measurement_that_is_kept_the_newest_first() {
    let text = shown("get ar cart-abc-2-1 -n shop -o wide --no-color").await;
    let values: Vec<&str> = cells(&text).iter().rev().take(3).rev().map(|row| row[2]).collect();
    assert_eq!(values, ["[0.2]", "[0.001]", "no answer"]);
}

#[tokio::test]
async fn the_object_itself_comes_as_json_and_as_yaml() {
    let text = shown("get analysisrun cart-abc-2-1 -n shop -o json").await;
    assert_eq!(serde_json::from_str::<Json>(&text).unwrap()["status"], run()["status"]);
    let text = shown("get analysisrun cart-abc-2-1 -n shop -o yaml").await;
    assert_eq!(crd::yaml::from_str::<Json>(&text).unwrap()["status"], run()["status"]);
}

#[tokio::test]
async fn an_experiment_comes_as_json_and_as_yaml_too() {
    let experiment = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Experiment",
        "metadata": {"name": "cart-exp", "namespace": "shop", "uid": "e"},
        "spec": {"duration": "5m"}, "status": {"phase": "Running"},
    });
    let server = Server::new(vec![experiment.clone()], Manners::default());
    let said = async |line: &str| called(&env("aviary"), &words(line), &server).await;
    let json = said("get experiment cart-exp -n shop -o json").await;
    assert_eq!(serde_json::from_str::<Json>(&json.stdout).unwrap()["spec"], experiment["spec"]);
    let yaml = said("get exp cart-exp -n shop -o yaml").await;
    assert_eq!(crd::yaml::from_str::<Json>(&yaml.stdout).unwrap()["status"], experiment["status"]);
    let both = said("get experiment cart-exp -w -o yaml").await;
    let refused = "Error: the argument '--watch' cannot be used with '--output <OUTPUT>'\n\nUsage:\n";
    assert!(both.exit == 1 && both.stderr.starts_with(refused), "{}", both.stderr);
}

#[tokio::test]
async fn a_list_says_whose_they_are_and_how_often_they_measured() {
    let text = shown("list analysisruns -n shop").await;
    let cells = cells(&text);
    assert_eq!(cells[0], ["NAME", "STATUS", "OF", "METRICS", "MEASURED", "AGE"]);
    assert_eq!(cells[1][..5], ["cart-abc-2-1", "Failed", "Rollout/cart", "3", "3"]);
}

/// A run with a metric by `aviary/compare`, and one that only says that it has a summary.
fn compared() -> Json {
    let summary = "need-more-data after 9 windows; odds 0.279 : 1 against the release, it fails at 100 : 1\n\
                   errors (proportion): need-more-data\n  canary 3 of 800 requests (0.375 %), stable 37 of 7,200 (0.514 %)\n  \
                   evidence for worse: odds 0.279 : 1, fails at 100 : 1; for not worse: odds 1.35 : 1, passes at 20 : 1";
    let measured = json!([{"phase": "Running", "value": "v", "startedAt": "2026-01-01T00:00:00Z", "metadata": {"summary": summary}}]);
    let mut run = run();
    run["spec"]["metrics"] = json!([
        {"name": "both", "provider": {"plugin": {"aviary/compare": {}}}},
        {"name": "web", "provider": {"web": {}}},
    ]);
    run["status"]["metricResults"] = json!([
        {"name": "both", "phase": "Running", "measurements": measured},
        {"name": "web", "phase": "Running", "measurements": measured},
    ]);
    run
}

#[tokio::test]
async fn what_a_comparison_rests_on_is_told_below_the_metrics_as_wide_as_the_terminal() {
    let server = Server::new(vec![compared()], Manners::default());
    let mut narrow = env("aviary");
    narrow.columns = Some(60);
    let line = words("get analysisrun cart-abc-2-1 -n shop --no-color");
    let text = called(&narrow, &line, &server).await.stdout;
    let expected = "
both
  need-more-data after 9 windows; odds 0.279 : 1 against the
    release, it fails at 100 : 1
  errors (proportion): need-more-data
    canary 3 of 800 requests (0.375 %), stable 37 of 7,200
      (0.514 %)
    evidence for worse: odds 0.279 : 1, fails at 100 : 1;
      for not worse: odds 1.35 : 1, passes at 20 : 1
";
    assert!(text.ends_with(expected), "{text}");
    let wide = words("get analysisrun cart-abc-2-1 -n shop --no-color -o wide");
    let text = called(&narrow, &wide, &server).await.stdout;
    assert!(text.contains(expected), "{text}");
}

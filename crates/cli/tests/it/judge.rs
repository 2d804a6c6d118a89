//! Verdicts over files.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::server::{Manners, Server};
use crate::{Outcome, called, env, words};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/judge");
const NO_WARM_UP: &str = "judge: {warmup: 0s, metrics: [{name: errors, kind: proportion}]}";

async fn judged(directory: &Path, command: &str) -> Outcome {
    let mut env = env("aviary");
    directory.clone_into(&mut env.directory);
    called(&env, &words(command), &Server::new(Vec::new(), Manners::default())).await
}

/// A directory with these files.
fn files(given: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in given {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

#[tokio::test]
async fn a_canary_as_good_as_stable_passes() {
    let outcome = judged(Path::new(FIXTURES), "judge canary.csv stable.csv").await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""), "{}", outcome.stdout);
    let first = outcome.stdout.lines().next().unwrap();
    assert!(first.starts_with("pass after 120 windows; odds "), "{first}");
    let counts = "canary 42 of 11,671 requests (0.36 %), stable 539 of 105,237 (0.512 %)";
    assert!(outcome.stdout.contains(counts), "{}", outcome.stdout);
}

#[tokio::test]
async fn a_canary_with_four_times_the_errors_fails_with_its_own_exit_code() {
    let outcome = judged(Path::new(FIXTURES), "judge worse/canary.csv worse/stable.csv -o json").await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (2, ""));
    let report: Json = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&report["verdict"], &report["culprit"]["metric"]), (&json!("fail"), &json!("errors")));
}

#[tokio::test]
async fn too_few_windows_and_none_at_all_are_told_apart() {
    let directory = files(&[
        ("judge.yaml", NO_WARM_UP),
        ("few.csv", "time,bad,total\n10,0,100\n20,1,100\n"),
        ("none.csv", "time,bad,total\n"),
    ]);
    let few = judged(directory.path(), "judge few.csv few.csv --config judge.yaml").await;
    assert_eq!(few.exit, 3, "{}{}", few.stdout, few.stderr);
    let none = judged(directory.path(), "judge none.csv few.csv --config judge.yaml").await;
    assert_eq!(none.exit, 4, "{}{}", none.stdout, none.stderr);
    assert!(
        none.stdout.contains("2 lines have no line of the same time in the other file"),
        "{}",
        none.stdout
    );
}

#[tokio::test]
async fn counters_are_read_as_what_they_grew_by_and_a_window_in_which_one_fell_is_dropped() {
    let directory = files(&[
        ("judge.yaml", NO_WARM_UP),
        ("canary.csv", "time,bad,total\n0,5,100\n10,6,300\n20,1,50\n30,2,100\n"),
        ("stable.csv", "time,bad,total\n0,0,0\n10,0,1000\n20,2,2000\n30,3,3000\n"),
    ]);
    let command = "judge canary.csv stable.csv --config judge.yaml --cumulative -o json";
    let outcome = judged(directory.path(), command).await;
    let report: Json = serde_json::from_str(&outcome.stdout).unwrap();
    let metric = &report["metrics"][0];
    assert_eq!(
        (&metric["exposure"], &metric["bad"]),
        (&json!({"canary": 250.0, "stable": 2000.0}), &json!({"canary": 2.0, "stable": 1.0}))
    );
    assert_eq!(metric["dropped"], json!({"a counter fell": 1}));
}

#[tokio::test]
async fn strata_are_compared_each_by_itself() {
    // The canary serves the route that fails more often: by itself, each route is as good as before.
    let lines = |of: &dyn Fn(u32) -> String| (1..60).map(of).collect::<Vec<_>>().join("\n");
    let rows = |good: u32, bad: u32| lines(&|at| format!("{},0,{good},{},{bad}", at * 10, bad / 10));
    let header = "time,errors[/a].bad,errors[/a].total,errors[/b.c].bad,errors[/b.c].total\n";
    let by_route = "judge: {warmup: 0s, metrics: [{name: errors, kind: proportion, strata: route}]}";
    let pooled = |good: u32, bad: u32| lines(&|at| format!("{},{},{}", at * 10, bad / 10, good + bad));
    let directory = files(&[
        ("judge.yaml", by_route),
        ("pooled.yaml", NO_WARM_UP),
        ("canary.csv", &format!("{header}{}", rows(100, 100))),
        ("stable.csv", &format!("{header}{}", rows(1_700, 100))),
        ("canary-pooled.csv", &format!("time,bad,total\n{}", pooled(100, 100))),
        ("stable-pooled.csv", &format!("time,bad,total\n{}", pooled(1_700, 100))),
        ("twice.csv", "time,bad,total,errors[/a].bad,errors[/a].total\n10,0,1,0,1\n"),
        ("uneven.csv", "time,errors[/a].bad,errors[/a].total,errors[/b].bad\n10,0,1,0\n"),
    ]);
    let apart = judged(directory.path(), "judge canary.csv stable.csv --config judge.yaml").await;
    assert_eq!((apart.exit, apart.stderr.as_str()), (0, ""), "{}", apart.stdout);
    let together = "judge canary-pooled.csv stable-pooled.csv --config pooled.yaml";
    assert_eq!(judged(directory.path(), together).await.exit, 2);
    for (command, said) in [
        (
            "judge canary-pooled.csv stable-pooled.csv --config judge.yaml",
            "columns for them are `errors[STRATUM].total`",
        ),
        ("judge uneven.csv uneven.csv", "the strata of `errors` differ"),
        ("judge twice.csv twice.csv", "which would count twice"),
    ] {
        let outcome = judged(directory.path(), command).await;
        assert_eq!(outcome.exit, 1, "{}", outcome.stdout);
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    }
}

#[tokio::test]
async fn a_change_of_the_weight_begins_a_step() {
    let config = "judge: {warmup: 20s, metrics: [{name: errors, kind: proportion}]}";
    let arm = |requests: u32| {
        let line = |window: u32| {
            let weight = if window <= 5 { 10 } else { 30 };
            format!("{},0,{requests},{weight}\n", 10 * window)
        };
        format!("time,bad,total,weight\n{}", (1..=10).map(line).collect::<String>())
    };
    let directory = files(&[("judge.yaml", config), ("canary.csv", &arm(300)), ("stable.csv", &arm(2700))]);
    let outcome = judged(directory.path(), "judge canary.csv stable.csv --config judge.yaml -o json").await;
    let report: Json = serde_json::from_str(&outcome.stdout).unwrap();
    let metric = &report["metrics"][0];
    // Ten windows, of which each step warms up in two.
    assert_eq!((&metric["windows"], &metric["dropped"]), (&json!(6), &json!({"warm-up": 4})), "{report:#}");
}

#[tokio::test]
async fn mistakes_name_the_file_the_line_and_what_to_do() {
    let directory = files(&[
        ("good.csv", "time,bad,total\n10,0,100\n"),
        ("word.csv", "time,bad,total\n10,none,100\n"),
        ("column.csv", "time,bed,total\n10,0,100\n"),
        ("half.csv", "time,bad\n10,0\n"),
    ]);
    for (command, message) in [
        ("judge word.csv good.csv", "word.csv, line 2: bad \"none\" is no number"),
        ("judge column.csv good.csv", "column.csv: there is no column `bed`; a column is bad, total,"),
        ("judge half.csv half.csv", "the columns of `errors` make no metric; it takes bad and total"),
        ("judge half.csv good.csv", "have different columns; give both the same header"),
        (
            "judge missing.csv good.csv",
            "missing.csv: No such file or directory (os error 2); name one that is there",
        ),
    ] {
        let outcome = judged(directory.path(), command).await;
        assert!(outcome.exit == 1 && outcome.stderr.contains(message), "{command}: {}", outcome.stderr);
    }
}

#[tokio::test]
async fn a_mistake_of_the_configuration_is_told_once_where_it_stands() {
    let directory = files(&[
        ("few.csv", "time,bad,total\n10,0,100\n"),
        (
            "c.yaml",
            "# Ours\njudge:\n  falseAborts: 1%\n  minWindows: 1.5\n  metrics:\n  - name: errors\n    kind: proportion\n    \
             failAbove: 2%\n  - name: slow\n    kind: rate\n    weight: -1\n",
        ),
        ("key.yaml", "judge:\n  falseAbort: 1%\n  metrics: [{name: errors, kind: proportion}]\n"),
        ("broken.yaml", "judge: [\n"),
        ("empty.yaml", "# nothing\n"),
        ("two.yaml", "judge: {}\n---\njudge: {}\n"),
    ]);
    let root = directory.path().display().to_string();
    for (config, said) in [
        (
            "c.yaml",
            "ROOT/c.yaml:4:3: judge.minWindows: `1.5` is no whole number from 0 on: write one such as 3\n\
             ROOT/c.yaml:8:5: judge.metrics[errors].failAbove: `2%` is no margin: write its parts, such as `{relative: 50%, \
             absolute: 0.1pp}`\nROOT/c.yaml:11:5: judge.metrics[slow].weight: `-1` is negative: 0 advises only, 1 is usual\n",
        ),
        (
            "key.yaml",
            "ROOT/key.yaml:2:3: judge.falseAbort: there is no `falseAbort` here: write `falseAborts`\n",
        ),
        ("empty.yaml", "ROOT/empty.yaml is empty; write `judge: {...}`\n"),
        ("two.yaml", "ROOT/two.yaml has several documents; keep the one with `judge: {...}`\n"),
    ] {
        let outcome = judged(directory.path(), &format!("judge few.csv few.csv --config {config}")).await;
        let expected = format!("Error: {}", said.replace("ROOT", &root));
        assert_eq!((outcome.exit, outcome.stderr), (1, expected));
    }
    let broken = judged(directory.path(), "judge few.csv few.csv --config broken.yaml").await;
    assert_eq!(broken.stderr, format!("Error: {root}/broken.yaml:1:8: unclosed bracket '['\n"));
}

#[tokio::test]
async fn kayentas_judge_labels_each_metric_and_scores_them() {
    let lines = |canary: bool| {
        let row = |at: u32| {
            let slow = if canary { 300 } else { 100 } + at % 7;
            let errors = 5 + at % 3;
            format!("{},{errors},1000,{slow},{}\n", at * 10, 40 + at % 5)
        };
        (1..30).map(row).collect::<String>()
    };
    let header = "time,web/errors.bad,web/errors.total,web/slow.value,pods/cpu.value\n";
    let directory = files(&[
        ("canary.csv", &format!("{header}{}", lines(true))),
        ("stable.csv", &format!("{header}{}", lines(false))),
        ("none.csv", header),
    ]);
    let said = |line: &'static str| {
        let directory = directory.path().to_owned();
        async move { judged(&directory, line).await }
    };
    // One of two in `web`, the only one in `pods`: 50 and 100.
    let marginal = said("judge canary.csv stable.csv --classic").await;
    assert_eq!((marginal.exit, marginal.stderr.as_str()), (3, ""), "{}", marginal.stdout);
    let expected = "marginal: score 75; passes at 95, fails below 75
group web: score 50
group pods: score 100

METRIC      LABEL  MEAN RATIO  CANARY ABOVE STABLE  SAMPLES
web/errors  Pass   1.00        0.50                 29 + 29
web/slow    High   2.94        1.00                 29 + 29
pods/cpu    Pass   1.00        0.50                 29 + 29
";
    assert_eq!(marginal.stdout, expected);
    for (line, exit) in [
        ("judge canary.csv stable.csv --classic --pass 75", 0),
        ("judge canary.csv stable.csv --classic --marginal 76", 2),
        ("judge canary.csv stable.csv --classic --direction decrease", 0),
        ("judge none.csv none.csv --classic", 4),
        ("judge canary.csv stable.csv --classic --pass 101", 1),
        ("judge canary.csv stable.csv --pass 90", 1),
    ] {
        let outcome = said(line).await;
        assert_eq!(outcome.exit, exit, "{line}: {}{}", outcome.stdout, outcome.stderr);
    }
    let machine = said("judge canary.csv stable.csv --classic -o json").await;
    let report: Json = serde_json::from_str(&machine.stdout).unwrap();
    assert_eq!((&report["verdict"], &report["score"]), (&json!("marginal"), &json!(75.0)));
    let slow = &report["metrics"][1];
    assert_eq!((&slow["label"], &slow["commonLanguage"]), (&json!("High"), &json!(1.0)));
}

#[tokio::test]
async fn kayentas_judge_reads_the_fixtures_of_the_sequential_one() {
    let good =
        judged(Path::new(FIXTURES), "judge canary.csv stable.csv --classic --direction increase").await;
    assert_eq!((good.exit, good.stderr.as_str()), (0, ""), "{}", good.stdout);
    let worse = judged(Path::new(FIXTURES), "judge worse/canary.csv worse/stable.csv --classic").await;
    assert!(worse.stdout.contains("errors") && worse.stdout.contains("High"), "{}", worse.stdout);
}

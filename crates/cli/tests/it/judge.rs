//! Verdicts over files.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::server::{Manners, Server};
use crate::{Outcome, called, env, words};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/judge");
pub(crate) const NO_WARM_UP: &str = "judge: {warmup: 0s, metrics: [{name: errors, kind: proportion}]}";

pub(crate) async fn judged(directory: &Path, command: &str) -> Outcome {
    let mut env = env("aviary");
    directory.clone_into(&mut env.directory);
    called(&env, &words(command), &Server::new(Vec::new(), Manners::default())).await
}

/// A directory with these files.
pub(crate) fn files(given: &[(&str, &str)]) -> tempfile::TempDir {
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
    let alone = "2 lines have no line of the same time in the other file; left out";
    assert!(none.stdout.contains(alone), "{}", none.stdout);
    let machine = judged(directory.path(), "judge none.csv few.csv --config judge.yaml -o json").await;
    let report: Json = serde_json::from_str(&machine.stdout).unwrap();
    assert_eq!(report["unpaired"], json!({"canary": 0, "stable": 2}));
    let classic = judged(directory.path(), "judge none.csv few.csv --classic").await;
    assert!(
        classic.stdout.contains("the other file; they count, as ranks have no time"),
        "{}",
        classic.stdout
    );
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
async fn at_max_wait_the_policy_decides() {
    let lines = (1..=30).map(|at| format!("{},0,10", at * 10)).collect::<Vec<_>>().join("\n");
    let arm = format!("time,bad,total\n{lines}");
    let config = |policy: &str| {
        format!(
            "judge: {{warmup: 0s, maxWait: 1m, onInconclusive: {policy}, metrics: [{{name: errors, kind: proportion}}]}}"
        )
    };
    let directory = files(&[
        ("arm.csv", &arm),
        ("fail.yaml", &config("fail")),
        ("pause.yaml", &config("pause")),
        ("later.yaml", &config("fail").replace("1m", "1h")),
    ]);
    let judged = |command: &'static str| judged(directory.path(), command);
    let failed = judged("judge arm.csv arm.csv --config fail.yaml").await;
    assert_eq!(failed.exit, 2, "{}", failed.stdout);
    assert!(
        failed.stdout.starts_with("fail at maxWait, after 60 s: undecided in time\nneed-more-data after 6 ")
    );
    assert!(
        failed.stdout.ends_with("24 windows were not looked at: maxWait was over\n"),
        "{}",
        failed.stdout
    );
    let machine = judged("judge arm.csv arm.csv --config pause.yaml -o json").await;
    let report: Json = serde_json::from_str(&machine.stdout).unwrap();
    let wanted = json!({
        "ending": "pause", "why": "undecided in time: a person decides", "seconds": 60.0, "laterWindows": 24,
    });
    assert_eq!((machine.exit, &report["atMaxWait"]), (3, &wanted));
    let early = judged("judge arm.csv arm.csv --config later.yaml -o json").await;
    assert!(early.exit == 3 && !early.stdout.contains("atMaxWait"), "{}", early.stdout);
}

#[tokio::test]
async fn a_burn_rate_does_not_fail_by_the_first_errors_and_says_that_it_waits() {
    let lines = |windows: u32| {
        let line = |at: u32| format!("{},{},60\n", at * 10, if at == 4 { 2 } else { 0 });
        format!("time,b.bad,b.total\n{}", (1..=windows).map(line).collect::<String>())
    };
    let directory = files(&[
        ("judge.yaml", "judge: {metrics: [{name: b, kind: limit, objective: 99.9%}]}"),
        ("few.csv", &lines(10)),
        ("all.csv", &lines(120)),
    ]);
    let few = judged(directory.path(), "judge few.csv few.csv --config judge.yaml").await;
    assert_eq!(few.exit, 3, "{}", few.stdout);
    let waits = "14.4 times over 1 h and 5 min is judged in 3 min 50 s";
    assert!(few.stdout.contains(waits), "{}", few.stdout);
    let all = judged(directory.path(), "judge all.csv all.csv --config judge.yaml").await;
    assert_eq!(all.exit, 0, "{}", all.stdout);
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

`web/slow` counts because it is higher than stable's; --direction decrease counts only what is lower
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
    let better = judged(Path::new(FIXTURES), "judge canary.csv stable.csv --classic").await;
    let why = "\n`errors` counts because it is lower than stable's; --direction increase counts only what is higher\n";
    assert!(better.exit == 2 && better.stdout.ends_with(why), "{}", better.stdout);
    let worse = judged(Path::new(FIXTURES), "judge worse/canary.csv worse/stable.csv --classic").await;
    assert!(worse.stdout.contains("errors") && worse.stdout.contains("High"), "{}", worse.stdout);
}

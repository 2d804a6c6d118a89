//! The files that `aviary judge` is given: what they may say, and what is told of mistakes.

use serde_json::{Value as Json, json};

use crate::judge::{NO_WARM_UP, files, judged};

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
async fn mistakes_name_the_file_the_line_and_what_to_do() {
    let directory = files(&[
        ("good.csv", "time,bad,total\n10,0,100\n"),
        ("word.csv", "time,bad,total\n5,0,100\n10,none,100\n"),
        ("blank.csv", "time,bad,total\n5,0,100\n\r\n\n10,none,100\n"),
        ("weights.csv", "time,bad,total,weight,weight\n10,0,100,5,5\n"),
        ("nan.csv", "time,bad,total\n10,NaN,100\n"),
        ("twice.csv", "time,bad,total\n10,0,100\n20,0,100\n10,1,100\n"),
        ("short.csv", "time,bad,total\n10,0\n"),
        ("column.csv", "time,bed,total\n10,0,100\n"),
        ("again.csv", "time,bad,errors.bad\n10,0,100\n"),
        ("half.csv", "time,bad\n10,0\n"),
        ("empty.csv", ""),
        ("stamp.csv", "timestamp,bad,total\n10,0,100\n"),
        ("semi.csv", "time;bad;total\n10;0;100\n"),
        ("buckets.csv", "time,slow.le_0.1,slow.le_0.5,slow.le_inf\n10,1,2,3\n"),
        ("edges.yaml", "judge: {metrics: [{name: slow, kind: latency, edges: [0.3]}]}"),
    ]);
    let number = "is no number; write one, or leave the cell blank where nothing was read";
    for (command, message) in [
        ("judge word.csv good.csv", format!("word.csv:3: column `bad`: `none` {number}")),
        ("judge blank.csv good.csv", format!("blank.csv:5: column `bad`: `none` {number}")),
        ("judge weights.csv good.csv", "weights.csv:1: the column `weight` is there twice".to_owned()),
        ("judge nan.csv good.csv", format!("nan.csv:2: column `bad`: `NaN` {number}")),
        ("judge twice.csv good.csv", "twice.csv:4: line 2 has the time 10, too; a window has one".to_owned()),
        ("judge short.csv good.csv", "short.csv:2: 2 cells, and the header has 3 columns".to_owned()),
        ("judge column.csv good.csv", "column.csv:1: there is no column `bed`; a column is bad,".to_owned()),
        ("judge again.csv good.csv", "again.csv:1: the column `errors.bad` is there twice".to_owned()),
        (
            "judge half.csv half.csv",
            "half.csv:1: the columns of `errors` make no metric: `total` is missing beside `bad`; a"
                .to_owned(),
        ),
        ("judge half.csv good.csv", "half.csv has no column `total`, which good.csv has".to_owned()),
        ("judge empty.csv good.csv", "empty.csv: is empty; the first line names the columns".to_owned()),
        (
            "judge stamp.csv good.csv",
            "stamp.csv:1: the first column must be `time`, not `timestamp`; name it so".to_owned(),
        ),
        ("judge semi.csv good.csv", "not `time;bad;total`; separate the columns by commas".to_owned()),
        (
            "judge buckets.csv buckets.csv --config edges.yaml",
            "judge.metrics[slow].edges: 0.3 is no bound of the histogram, which has 0.1, 0.5; name"
                .to_owned(),
        ),
        ("judge - -", "the standard input can be read once".to_owned()),
        (
            "judge missing.csv good.csv",
            "missing.csv: No such file or directory (os error 2); name one that is there".to_owned(),
        ),
    ] {
        let outcome = judged(directory.path(), command).await;
        assert!(outcome.exit == 1 && outcome.stderr.contains(&message), "{command}: {}", outcome.stderr);
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
    for (config, said) in [
        (
            "c.yaml",
            "c.yaml:4:3: judge.minWindows: `1.5` is no whole number from 0 on: write one such as 3\n\
             c.yaml:8:5: judge.metrics[errors].failAbove: `2%` is no margin: write its parts, such as `{relative: 50%, \
             absolute: 0.1pp}`\nc.yaml:11:5: judge.metrics[slow].weight: `-1` is negative: 0 advises only, 1 is usual\n",
        ),
        ("key.yaml", "key.yaml:2:3: judge.falseAbort: there is no `falseAbort` here: write `falseAborts`\n"),
        ("empty.yaml", "empty.yaml is empty; write `judge: {...}`\n"),
        ("two.yaml", "two.yaml has several documents; keep the one with `judge: {...}`\n"),
    ] {
        let outcome = judged(directory.path(), &format!("judge few.csv few.csv --config {config}")).await;
        let expected = format!("Error: {said}");
        assert_eq!((outcome.exit, outcome.stderr), (1, expected));
    }
    let broken = judged(directory.path(), "judge few.csv few.csv --config broken.yaml").await;
    assert_eq!(broken.stderr, "Error: broken.yaml:1:8: unclosed bracket '['\n");
}

#[tokio::test]
async fn columns_are_matched_by_name_and_a_blank_cell_is_no_reading() {
    let yaml =
        "judge: {warmup: 0s, metrics: [{name: errors, kind: proportion}, {name: slow, kind: proportion}]}";
    let directory = files(&[
        ("judge.yaml", yaml),
        ("canary.csv", "time,bad,total,slow.bad,slow.total\n10,1,100,2,50\n20,,100,2,50\n"),
        (
            "stable.csv",
            "time,slow.total,errors.total,slow.bad,errors.bad\n10,500,1000,20,10\n20,500,1000,20,10\n",
        ),
    ]);
    let command = "judge canary.csv stable.csv --config judge.yaml -o json";
    let outcome = judged(directory.path(), command).await;
    let report: Json = serde_json::from_str(&outcome.stdout).unwrap();
    let of = |metric: usize| (&report["metrics"][metric]["bad"], &report["metrics"][metric]["dropped"]);
    assert_eq!(of(0), (&json!({"canary": 1.0, "stable": 10.0}), &json!({"no reading": 1})));
    assert_eq!(of(1), (&json!({"canary": 4.0, "stable": 40.0}), &json!({})));
    let classic = judged(directory.path(), "judge canary.csv stable.csv --classic").await;
    assert!(classic.stdout.contains("1 + 2"), "{}", classic.stdout);
}

#[tokio::test]
async fn gauges_are_no_counters_and_a_histogram_must_be_cumulative() {
    let yaml = "judge: {warmup: 0s, metrics: [{name: cpu, kind: gauge, bounds: [0, 1], weight: 1}, {name: slow, \
                kind: latency, edges: [0.1]}]}";
    let header = "time,cpu.value,slow.le_0.1,slow.le_inf\n";
    let directory = files(&[
        ("judge.yaml", yaml),
        ("canary.csv", &format!("{header}10,0.75,5,10\n20,0.5,15,30\n30,0.25,25,45\n")),
        ("broken.csv", &format!("{header}10,0.75,10,5\n20,0.5,30,15\n30,0.25,45,50\n")),
    ]);
    let judged = |command: &'static str| judged(directory.path(), command);
    let outcome = judged("judge canary.csv canary.csv --config judge.yaml --cumulative -o json").await;
    let report: Json = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["metrics"][0]["means"], json!({"canary": 0.375, "stable": 0.375}), "{report:#}");
    assert_eq!(report["metrics"][1]["exposure"]["canary"], json!(35.0), "{report:#}");
    let broken = judged("judge broken.csv broken.csv --config judge.yaml").await;
    let why =
        "windows not used: 2 (the histogram is not cumulative: a bucket counts less than the one before it)";
    assert!(broken.stdout.contains(why), "{}", broken.stdout);
}

#[tokio::test]
async fn counts_that_only_grow_are_asked_about() {
    let lines = |step: u32| {
        (1..=6).map(|at| format!("{},{},{}", at * 10, at / 3, at * step)).collect::<Vec<_>>().join("\n")
    };
    let directory = files(&[
        ("canary.csv", &format!("time,bad,total\n{}", lines(100))),
        ("stable.csv", &format!("time,bad,total\n{}", lines(900))),
    ]);
    let asked = judged(directory.path(), "judge canary.csv stable.csv").await;
    assert_eq!(asked.stderr, "every count only grows: are these counters? then give --cumulative\n");
    assert_eq!(judged(directory.path(), "judge canary.csv stable.csv --cumulative").await.stderr, "");
}

#[tokio::test]
async fn counters_of_a_line_that_one_file_lacks_are_counted_over_the_same_time_in_both() {
    let both = "time,bad,total\n0,0,0\n10,0,1000\n";
    let directory = files(&[
        ("judge.yaml", NO_WARM_UP),
        ("canary.csv", &format!("{both}30,500,3000\n40,500,4000\n")),
        ("stable.csv", &format!("{both}20,500,2000\n30,500,3000\n40,500,4000\n")),
    ]);
    let command = "judge canary.csv stable.csv --config judge.yaml --cumulative -o json";
    let outcome = judged(directory.path(), command).await;
    let report: Json = serde_json::from_str(&outcome.stdout).unwrap();
    let metric = &report["metrics"][0];
    assert_eq!(metric["bad"], json!({"canary": 500.0, "stable": 500.0}), "{report:#}");
    assert_eq!(metric["exposure"], json!({"canary": 4000.0, "stable": 4000.0}));
    assert_eq!(report["unpaired"], json!({"canary": 0, "stable": 1}));
}

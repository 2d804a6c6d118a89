//! Verdicts by a canary config of Kayenta.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::judge::{files, judged};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/judge");

/// Gauges of twenty windows in both files: `high` and `low` are far apart, `same` is not, and `none` was never read.
fn gauges(config: &str) -> tempfile::TempDir {
    let lines = |high: u32, low: u32| {
        let line = |at: u32| format!("{},{},{},{},\n", at * 10, high + at, low + at, 50 + at);
        format!("time,high.value,low.value,same.value,none.value\n{}", (1..=20).map(line).collect::<String>())
    };
    files(&[("canary.csv", &lines(300, 100)), ("stable.csv", &lines(100, 300)), ("c.yaml", config)])
}

const JUDGE: &str = "judge canary.csv stable.csv --classic-config c.yaml";

#[tokio::test]
async fn a_config_of_kayenta_gives_its_score_and_says_which_rule_decided() {
    let judged = |line: &'static str| judged(Path::new(FIXTURES), line);
    let good = judged("judge canary.csv stable.csv --classic-config canary-config.json").await;
    assert_eq!((good.exit, good.stderr.as_str()), (0, ""), "{}", good.stdout);
    let expected = "pass: score 100; passes at 95, fails below 75
decided by the scores of the groups and their weights
group Errors: 100, weight 60
group Latency: 100, weight 40

METRIC   GROUPS   LABEL  EFFECT          SAMPLES    WHY
errors   Errors   Pass   meanRatio 0.73  120 + 120  significantly lower; direction is increase
latency  Latency  Pass   cles 0.49       120 + 120  no significant difference
";
    assert_eq!(good.stdout, expected);
    let worse = judged("judge worse/canary.csv worse/stable.csv --classic-config canary-config.json").await;
    assert_eq!((worse.exit, worse.stderr.as_str()), (2, ""), "{}", worse.stdout);
    let expected = "fail: score 0; passes at 95, fails below 75
decided by `errors`, which is critical: High, and reaches criticalIncrease 3
group Errors: 0, weight 60
group Latency: 100, weight 40

METRIC   GROUPS   LABEL            EFFECT          SAMPLES  WHY
errors   Errors   High (critical)  meanRatio 3.98  30 + 30  significantly higher, reaches allowedIncrease 1.1; \
                    critical, reaches criticalIncrease 3
latency  Latency  Pass             cles 0.36       30 + 30  no significant difference
";
    assert_eq!(worse.stdout, expected);
    let machine =
        judged("judge worse/canary.csv worse/stable.csv --classic-config canary-config.json -o json").await;
    let report: Json = serde_json::from_str(&machine.stdout).unwrap();
    assert_eq!((&report["verdict"], &report["score"]), (&json!("fail"), &json!(0.0)));
    assert_eq!(report["decidedBy"]["rule"], "critical-metric");
    assert_eq!(report["decidedBy"]["metric"], "errors");
    assert_eq!(report["groups"][1], json!({"name": "Latency", "weight": 40.0, "score": 100.0}));
    let errors = &report["metrics"][0];
    assert_eq!((&errors["label"], &errors["criticalFailure"]), (&json!("High"), &json!(true)));
    assert_eq!(errors["samples"], json!({"canary": 30, "stable": 30}));
    assert_eq!(report["metrics"][1]["effect"]["measure"], "cles");
    let yaml =
        judged("judge worse/canary.csv worse/stable.csv --classic-config canary-config.json -o yaml").await;
    assert!(yaml.stdout.contains("\n  rule: critical-metric\n"), "{}", yaml.stdout);
}

/// Configs and options, each with its exit code, score and deciding rule.
fn scored() -> Vec<(String, &'static str, u8, f64, &'static str)> {
    let high = "{name: high, groups: [A, B]";
    let low = "{name: low, groups: [B]}";
    let same = "{name: same, groups: [B, C]}";
    let none = "{name: none, groups: [D]";
    let plain = |metric: &str| format!("{metric}}}");
    let canary =
        |metric: &str, rules: &str| format!("{metric}, analysisConfigurations: {{canary: {{{rules}}}}}}}");
    let with = |metrics: &[&str]| {
        format!("{{metrics: [{}], classifier: {{groupWeights: {{A: 20, B: 60}}}}}}", metrics.join(", "))
    };
    let critical = |increase: u32| {
        canary(high, &format!("critical: true, effectSize: {{criticalIncrease: {increase}}}"))
    };
    let (by_groups, zero, missing) = ("group-scores", "critical-metric", "missing-data");
    let all = with(&[&plain(high), low, same]);
    vec![
        // A has 0 of 20, B a third of 60, and C, and D without data, all of the rest.
        (with(&[&plain(high), low, same, &plain(none)]), "", 2, 40.0, by_groups),
        (all.clone(), " --marginal 40", 3, 40.0, by_groups),
        (all, " --pass 40 --marginal 40", 0, 40.0, by_groups),
        // Its mean is 2.81 times as high, which is allowed or not.
        (with(&[&canary(high, "effectSize: {allowedIncrease: 2.9}"), low, same]), "", 3, 80.0, by_groups),
        (with(&[&canary(high, "effectSize: {allowedIncrease: 2.8}"), low, same]), "", 2, 40.0, by_groups),
        (with(&[&critical(3), same]), "", 2, 50.0, by_groups),
        (with(&[&critical(2), same]), "", 2, 0.0, zero),
        (with(&[&canary(none, "critical: true"), same, &plain(high)]), "", 2, 0.0, zero),
        (with(&[&plain(none), same]), "", 2, 0.0, missing),
        (with(&[&plain(none)]), "", 4, 0.0, missing),
        // B and C, or D alone: what A and B weigh is lost where nobody is in them.
        (with(&[&canary(none, "mustHaveData: true"), same]), "", 2, 70.0, by_groups),
        (with(&[&canary(none, "nanStrategy: replace")]), "", 2, 20.0, by_groups),
        (with(&[&canary(high, "critical: true, muted: true"), same]), " --pass 80", 0, 80.0, by_groups),
    ]
}

#[tokio::test]
async fn groups_weigh_what_the_config_says_and_critical_or_missing_metrics_make_it_zero() {
    for (config, options, exit, score, rule) in scored() {
        let directory = gauges(&config);
        let outcome = judged(directory.path(), &format!("{JUDGE}{options} -o json")).await;
        let report: Json =
            serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{}", outcome.stderr));
        let found = (outcome.exit, &report["score"], &report["decidedBy"]["rule"]);
        assert_eq!(found, (exit, &json!(score), &json!(rule)), "{config}{options}: {report:#}");
    }
}

#[tokio::test]
async fn a_blank_cell_is_removed_or_zero_and_a_counter_that_fell_is_neither() {
    // A window each: 1 of 100, one in which the counters fell, 1 of 100, and two beside the blank line.
    let counters = "time,errors.bad,errors.total\n10,0,100\n20,1,200\n30,0,50\n40,1,150\n50,,\n60,3,350\n";
    for (strategy, samples) in [("remove", 2), ("replace", 4)] {
        let config = format!(
            "metrics: [{{name: errors, groups: [A], analysisConfigurations: {{canary: {{nanStrategy: {strategy}}}}}}}]"
        );
        let directory = files(&[("canary.csv", counters), ("stable.csv", counters), ("c.yaml", &config)]);
        let outcome = judged(directory.path(), &format!("{JUDGE} --cumulative -o json")).await;
        let report: Json = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(
            report["metrics"][0]["samples"],
            json!({"canary": samples, "stable": samples}),
            "{strategy}"
        );
    }
}

#[tokio::test]
async fn each_metric_says_why_it_has_its_label() {
    let config = "
metrics:
- {name: high, groups: [A], analysisConfigurations: {canary: {direction: decrease}}}
- {name: low, groups: [A], analysisConfigurations: {canary: {effectSize: {allowedDecrease: 0.1}}}}
- {name: same, groups: [], analysisConfigurations: {canary: {muted: true, critical: true}, other: {}}, foo: 1}
- {name: none, groups: [A, B], foo: 2, analysisConfigurations: {canary: {mustHaveData: true}}}
classifier: {scoreThresholds: {pass: 90, marginal: 50}}
judge: {name: Mine, judgeConfigurations: {strict: true}}
";
    let directory = gauges(config);
    let outcome = judged(directory.path(), JUDGE).await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (2, ""), "{}", outcome.stdout);
    let expected = "fail: score 33.33; passes at 95, fails below 75
decided by the scores of the groups and their weights
group A: 66.67, weight 50
group B: 0, weight 50

METRIC  GROUPS  LABEL             EFFECT          SAMPLES  WHY
high    A       Pass              meanRatio 2.81  20 + 20  significantly higher; direction is decrease
low     A       Pass              meanRatio 0.36  20 + 20  significantly lower, but above allowedDecrease 0.1
same    -       Pass              meanRatio 1.00  20 + 20  the samples of both arms are the same; muted: counts nowhere
none    A, B    NodataFailMetric  -               0 + 0    neither arm has a sample, and mustHaveData is set

judge.name: `Mine` is not known; judged as NetflixACAJudge-v1.0
fields of the config without effect here: `classifier.scoreThresholds`, `judge.judgeConfigurations.strict`, \
                    `metrics[].analysisConfigurations.other`, `metrics[].foo`; thresholds are given with \
                    --pass and --marginal
";
    assert_eq!(outcome.stdout, expected);
    std::fs::write(directory.path().join("c.yaml"), "metrics: [{name: same, groups: [A]}]").unwrap();
    let few = judged(directory.path(), JUDGE).await;
    let said = "\nnot judged: `high`, `low`, `none`, which the config does not name; add what is to count to its \
                metrics\n";
    assert!(few.exit == 0 && few.stdout.ends_with(said), "{}", few.stdout);
}

#[tokio::test]
async fn what_a_config_has_wrong_is_said_with_its_place_value_and_remedy() {
    let one = |more: &str| {
        format!("metrics:\n- name: same\n  groups: [A]\n  analysisConfigurations:\n    canary: {more}\n")
    };
    for (config, said) in [
        (
            one("{direction: up}"),
            "c.yaml:5:14: metrics[same].analysisConfigurations.canary.direction: `up` is no such word: write one of \
             increase, decrease, either",
        ),
        (
            one("{nanStrategy: zero}"),
            "canary.nanStrategy: `zero` is no such word: write one of remove, replace",
        ),
        (one("{critical: maybe}"), "canary.critical: `maybe` is no boolean: write true or false"),
        (
            one("{effectSize: {measure: d}}"),
            "effectSize.measure: `d` is no such word: write one of meanRatio, cles",
        ),
        (
            one("{effectSize: {allowedIncrease: ten}}"),
            "effectSize.allowedIncrease: `ten` is no number: write one such as 1.1",
        ),
        (one("{effectSize: {allowedIncrease: \"inf\"}}"), "effectSize.allowedIncrease: `inf` is no number"),
        (one("{effectSize: 1}"), "canary.effectSize: `1` is no object: write its fields as NAME: VALUE"),
        (one("{outliers: {outlierFactor: 0}}"), "outliers.outlierFactor: `0` is not above 0: 3 is usual"),
        (
            "metrics: [{name: sam, groups: [A]}]".to_owned(),
            "c.yaml:1:12: metrics[sam].name: `sam` has no column in the files: name columns",
        ),
        ("metrics: [{name: a.b, groups: [A]}]".to_owned(), "names of columns have no dot and no bracket"),
        (
            "metrics: [{groups: [A]}]".to_owned(),
            "metrics[0].name is missing: give the name that its columns have",
        ),
        ("metrics: [{name: same}]".to_owned(), "metrics[same].groups is missing: name the groups"),
        ("metrics: [{name: same, groups: [1]}]".to_owned(), "metrics[same].groups[0]: `1` is no text"),
        ("metrics: [{name: same, groups: A}]".to_owned(), "metrics[same].groups: `A` is no list"),
        (
            "metrics: [{name: same, groups: [A]}, {name: same, groups: [A]}]".to_owned(),
            "metrics[same].name: `same` is there twice: keep one",
        ),
        ("metrics: []".to_owned(), "metrics: `0` is not from 1 to 1000 metrics"),
        (
            "canaryConfig: {metrics: []}".to_owned(),
            "metrics is missing: name at least one metric; of a request, give what stands under canary",
        ),
        ("[]".to_owned(), "c.yaml:1:1: the configuration: `[...]` is no object"),
        (
            "metrics: [{name: same, groups: [A]}]\nclassifier: {groupWeights: {A: -1}}".to_owned(),
            "classifier.groupWeights.A: `-1` is not from 0 to 100: the weights",
        ),
        ("metrics: [{name: same, groups: [A]}]\n---\na: 1".to_owned(), "c.yaml has several documents"),
        ("# nothing".to_owned(), "c.yaml is empty"),
        ("{\"metrics\": [".to_owned(), "c.yaml:1:"),
    ] {
        let directory = gauges(&config);
        let outcome = judged(directory.path(), JUDGE).await;
        assert_eq!((outcome.exit, outcome.stdout.as_str()), (1, ""), "{config}");
        assert!(outcome.stderr.contains(said), "{config}: {}", outcome.stderr);
    }
    let directory = gauges(&one("{direction: up, critical: 1, mustHaveData: 1}"));
    let all = judged(directory.path(), JUDGE).await;
    assert_eq!(all.stderr.lines().count(), 3, "{}", all.stderr);
}

#[tokio::test]
async fn a_config_of_a_stranger_is_read_within_bounds() {
    let metric = |at: usize| format!("{{name: m{at}, groups: [A], weird{at}: 1}}");
    let many: Vec<String> = (0..1001).map(metric).collect();
    let fields: Vec<String> = (0..3000).map(|at| format!("weird{at}: {{}}\n")).collect();
    let doubled: Vec<String> = (1..=40).map(|at| format!("a{at}: &a{at} [*a{0}, *a{0}]\n", at - 1)).collect();
    let bomb = format!("a0: &a0 [x, x]\n{}metrics: [{{name: same, groups: *a40}}]\n", doubled.concat());
    for (config, said) in [
        (format!("# {}\n", "x".repeat(1 << 20)), "it is longer than 1048576 bytes"),
        (format!("metrics: [{}]", many.join(", ")), "`1001` is not from 1 to 1000 metrics"),
        (format!("metrics: [{}]", many[..1000].join(", ")), "c.yaml: and 980 more"),
        (format!("metrics: {}{}", "[".repeat(50_000), "]".repeat(50_000)), "c.yaml:1:"),
        (bomb, "c.yaml:"),
    ] {
        let directory = gauges(&config);
        let outcome = judged(directory.path(), JUDGE).await;
        let start: String = outcome.stderr.chars().take(3000).collect();
        assert_eq!(outcome.exit, 1, "{start}");
        assert!(outcome.stderr.contains(said), "{start}");
    }
    let directory =
        gauges(&format!("{}metrics: [{{name: same, groups: [A, \"\\e[31mB\"]}}]", fields.concat()));
    let outcome = judged(directory.path(), JUDGE).await;
    assert_eq!(outcome.exit, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains(" and 2980 more\n"), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains('\u{1b}'), "{}", outcome.stdout);
    std::fs::write(directory.path().join("c.yaml"), b"\xff\xfe").unwrap();
    let binary = judged(directory.path(), JUDGE).await;
    assert!(binary.exit == 1 && binary.stderr.contains("cannot read c.yaml"), "{}", binary.stderr);
}

//! Comparisons by `aviary/compare`, in `plan`, `simulate` and `test`.

use serde_json::Value as Json;

use crate::offline::{SHOP, machine, offline};

const COMPARED: &str = "apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors}
spec:
  metrics:
  - name: both
    provider:
      plugin:
        aviary/compare:
          source: {prometheus: {address: 'http://prometheus:9090'}}
          regions: 2
          maxWait: 10m
          metrics:
          - name: errors
            kind: proportion
            mustDetect: 2%
            canary: {bad: a, total: b}
            stable: {bad: c, total: d}
";

#[tokio::test]
async fn a_plan_tells_of_a_comparison_what_it_finds_promises_and_takes() {
    let rollout = SHOP.split("---").next().unwrap();
    let files = [("shop.yaml", rollout), ("errors.yaml", COMPARED)];
    let outcome = offline(&files, "plan shop.yaml errors.yaml --rate 400 --error-ratio 0.005").await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""));
    let (_, metrics) = outcome.stdout.split_once("STEP  METRIC").unwrap();
    let expected = "COUNTS LIMIT LOOKS REQUESTS EACH FINDS FROM ABORTS A HEALTHY ONE \
        3 errors/both/errors bad ones, beside stable - 57 1,000 0.73 % (1.5x) at most 0.5 % \
        both/errors, step 3: At 400 requests per second it sees up to 57,000 canary requests (25 % for 9 min \
        30 s). With stable at 0.5 %, a rise to 0.732 % is caught with 90 % probability by the end. \
        A rise to 2 % is caught within 35 s. By this metric a good release is aborted by mistake in at most \
        0.5 % of attempts; by all metrics, in all regions, in at most 1 %. `pass` (not worse than 0.85 %) is \
        usually reached after about 1 min 33 s. \
        A healthy version is aborted in at most 0.5 % of releases.";
    let plain = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    assert_eq!(plain(metrics), plain(expected));
    let looks_on = COMPARED.replace("spec:\n", "spec:\n  dryRun: [{metricName: both}]\n");
    let files = [("shop.yaml", rollout), ("errors.yaml", looks_on.as_str())];
    let plan = machine(&files, "plan shop.yaml errors.yaml --rate 1 -o json").await;
    let metric = &plan["metrics"][0];
    assert_eq!((&metric["counts"], &metric["dryRun"]), (&"worse".into(), &true.into()));
    assert_eq!(metric["comparison"]["withinSeconds"], 600);
    assert_eq!(metric["comparison"]["passesAfterSeconds"], Json::Null, "one request a second is too little");
    assert_eq!(plan["falseAbort"], 0.0, "a dry run aborts nothing");
}

#[tokio::test]
async fn a_comparison_in_several_steps_spends_its_false_aborts_once_and_goes_on_with_what_it_knows() {
    let rollout = SHOP.split("---").next().unwrap();
    let again = "      - setWeight: 50\n      - analysis: {templates: [{templateName: errors}]}\n";
    let twice = format!("{rollout}{again}");
    let plan = |rollout: &str, template: &str| {
        let files = [("shop.yaml", rollout.to_owned()), ("errors.yaml", template.to_owned())];
        async move {
            let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
            machine(&files, "plan shop.yaml errors.yaml --rate 80 --error-ratio 0.005 -o json").await
        }
    };
    let (one, two) = (plan(rollout, COMPARED).await, plan(&twice, COMPARED).await);
    let spent = |plan: &Json| plan["falseAbort"].as_f64().unwrap();
    assert!((spent(&two) - 0.005).abs() < 1e-12 && (spent(&one) - 0.005).abs() < 1e-12, "{two}");
    let [first, second] = [&two["metrics"][0], &two["metrics"][1]];
    assert_eq!((&first["goesOnFrom"], &second["goesOnFrom"]), (&Json::Null, &2.into()));
    assert!(second["detectable"].as_f64() < first["detectable"].as_f64(), "{two}");
    let passes = |metric: &Json| metric["comparison"]["passesAfterSeconds"].as_u64().unwrap();
    assert!(passes(second) < passes(first), "{two}");
    // Beside the steps it judges by itself, and so it does where something else is asked.
    let background =
        twice.replace("canary:", "canary:\n      analysis: {templates: [{templateName: errors}]}");
    assert!((spent(&plan(&background, COMPARED).await) - (1.0 - 0.995_f64.powi(2))).abs() < 1e-12);
    let asks = COMPARED.replace("regions: 2", "falseAborts: '{{args.chance}}'");
    let asks = asks.replace("spec:\n", "spec:\n  args: [{name: chance, value: 1%}]\n");
    let other = "{templates: [{templateName: errors}], args: [{name: chance, value: 2%}]}";
    let other = format!("{rollout}      - setWeight: 50\n      - analysis: {other}\n");
    let plan = plan(&other, &asks).await;
    assert!((spent(&plan) - (1.0 - 0.99 * 0.98)).abs() < 1e-12, "{plan}");
}

#[tokio::test]
async fn a_row_that_goes_on_names_where_from() {
    let rollout = SHOP.split("---").next().unwrap();
    let twice = format!("{rollout}      - analysis: {{templates: [{{templateName: errors}}]}}\n");
    let files = [("shop.yaml", twice.as_str()), ("errors.yaml", COMPARED)];
    let outcome = offline(&files, "plan shop.yaml errors.yaml --rate 400 --error-ratio 0.005").await;
    assert!(outcome.stdout.contains("at most 0.5 %, with step 3"), "{}", outcome.stdout);
}

/// Seconds that the step with the analysis takes.
fn takes(plan: &Json) -> u64 {
    plan["steps"][2]["seconds"].as_u64().unwrap()
}

#[tokio::test]
async fn a_plan_s_time_line_has_the_time_that_a_comparison_takes() {
    let rollout = SHOP.split("---").next().unwrap();
    let files = [("shop.yaml", rollout), ("errors.yaml", COMPARED)];
    let plan = machine(&files, "plan shop.yaml errors.yaml --rate 400 --error-ratio 0.005 -o json").await;
    let reckoned = plan["metrics"][0]["comparison"]["passesAfterSeconds"].as_u64().unwrap();
    let simulated = takes(&plan);
    assert!(simulated.abs_diff(reckoned) <= 30, "simulated {simulated} s, reckoned {reckoned} s: {plan}");
    let whole: u64 =
        plan["steps"].as_array().unwrap().iter().map(|step| step["seconds"].as_u64().unwrap()).sum();
    assert!(plan["shortestSeconds"].as_u64().unwrap() >= whole, "{plan}");
    assert_eq!((&plan["stuck"], &plan["waitsAt"]), (&Json::Null, &serde_json::json!([])));
    // With too little to see it ends as the comparison says: a person decides.
    let slow = machine(&files, "plan shop.yaml errors.yaml --rate 1 -o json").await;
    assert_eq!(slow["waitsAt"], serde_json::json!([2]), "{slow}");
    assert!((600..630).contains(&takes(&slow)), "{slow}");
}

#[tokio::test]
async fn a_plan_says_when_every_version_is_aborted() {
    let rollout = SHOP.split("---").next().unwrap();
    let typo = COMPARED.replace("regions: 2", "falseAbort: 1%");
    let fails = COMPARED.replace("regions: 2", "onInconclusive: fail");
    let cases = [
        (typo.as_str(), "plan shop.yaml errors.yaml", "there is no `falseAbort` here"),
        (fails.as_str(), "plan shop.yaml errors.yaml --rate 1", "undecided in time"),
    ];
    for (template, line, why) in cases {
        let outcome = offline(&[("shop.yaml", rollout), ("errors.yaml", template)], line).await;
        assert_eq!(outcome.exit, 1, "{outcome:?}");
        let said = outcome.stderr.strip_prefix("Error: the release does not come to its end: ");
        assert!(said.is_some_and(|said| said.contains(why)), "{outcome:?}");
        assert!(
            outcome.stdout.ends_with("Every version is aborted, a healthy one as well.\n"),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_comparison_whose_run_is_not_kept_is_not_gone_on_from() {
    let rollout = SHOP.split("---").next().unwrap();
    let twice = format!("{rollout}      - analysis: {{templates: [{{templateName: errors}}]}}\n");
    let goes_on = |rollout: String| async move {
        let files = [("shop.yaml", rollout.as_str()), ("errors.yaml", COMPARED)];
        machine(&files, "plan shop.yaml errors.yaml -o json").await["metrics"][1]["goesOnFrom"].clone()
    };
    let kept = |limit: u32| {
        twice.replace(
            "spec:\n  replicas",
            &format!("spec:\n  analysis: {{successfulRunHistoryLimit: {limit}}}\n  replicas"),
        )
    };
    assert_eq!((goes_on(kept(0)).await, goes_on(kept(1)).await), (Json::Null, 2.into()));
}

#[tokio::test]
async fn a_release_that_compares_is_simulated_and_ends_as_its_canary_is() {
    let rollout = SHOP.split("---").next().unwrap();
    let files = [("shop.yaml", rollout), ("errors.yaml", COMPARED)];
    let good = offline(&files, "simulate shop.yaml errors.yaml --expect completed").await;
    assert_eq!((good.exit, good.stderr.as_str()), (0, ""), "{good:?}");
    assert!(good.stdout.contains("both read pass; odds "), "{}", good.stdout);
    for fault in ["both=0.05", "both/errors=0.05"] {
        let line = format!("simulate shop.yaml errors.yaml --expect aborted --fault {fault}");
        let bad = offline(&files, &line).await;
        assert_eq!((bad.exit, bad.stderr.as_str()), (0, ""), "{bad:?}");
        assert!(bad.stdout.contains("errors is worse than stable"), "{}", bad.stdout);
    }
    // Another one's fault is not this one's.
    let other =
        offline(&files, "simulate shop.yaml errors.yaml --expect completed --fault both/slow=1").await;
    assert_eq!(other.exit, 0, "{other:?}");
    for (line, ending) in
        [("--fault no-data", "waiting"), ("--fault provider-error", "aborted"), ("--rate 1", "waiting")]
    {
        let line = format!("simulate shop.yaml errors.yaml --expect {ending} {line}");
        let outcome = offline(&files, &line).await;
        assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""), "{outcome:?}");
    }
    let typo = COMPARED.replace("regions: 2", "falseAbort: 1%");
    let files = [("shop.yaml", rollout), ("errors.yaml", typo.as_str())];
    let refused = offline(&files, "simulate shop.yaml errors.yaml").await;
    assert!(
        refused.stdout.contains("there is no `falseAbort` here: write `falseAborts`"),
        "{}",
        refused.stdout
    );
}

#[tokio::test]
async fn a_team_s_test_may_say_what_users_do() {
    let test = |traffic: &str, ending: &str| {
        format!(
            "manifests: [shop.yaml, errors.yaml]\ntests:\n- name: it\n  given: {{traffic: {traffic}}}\n  then: [{{ending: {ending}}}]\n"
        )
    };
    let (much, little) = (test("{rate: 400, errorRatio: 0.005}", "completed"), test("{rate: 1}", "waiting"));
    let rollout = SHOP.split("---").next().unwrap();
    let files = [
        ("shop.yaml", rollout),
        ("errors.yaml", COMPARED),
        ("much.test.yaml", &much),
        ("little.test.yaml", &little),
    ];
    let outcome = offline(&files, "test .").await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""), "{outcome:?}");
}

#[tokio::test]
async fn the_example_does_what_the_readme_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/compare/release.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let files = [("release.yaml", text.as_str())];
    let plan = machine(&files, "plan . --rate 250 -o json").await;
    assert_eq!((&plan["stuck"], &plan["metrics"][1]["goesOnFrom"]), (&Json::Null, &1.into()), "{plan}");
    let bad = "simulate . --rate 250 --fault compare/errors=0.02@2m --expect aborted";
    for line in ["simulate . --rate 250 --expect completed", bad] {
        let outcome = offline(&files, line).await;
        assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""), "{outcome:?}");
    }
    let lint = offline(&files, "lint . -o json").await;
    assert!(!lint.stdout.contains("\"comparison\""), "{lint:?}");
}

#[tokio::test]
async fn a_plan_of_a_preview_that_nobody_uses_says_that_a_comparison_sees_nothing() {
    let rollout = "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: 'shop:1'}]}
  strategy:
    blueGreen: {activeService: shop, prePromotionAnalysis: {templates: [{templateName: errors}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: shop}, spec: {selector: {app: shop}, ports: [{port: 80}]}}
";
    let files = [("shop.yaml", rollout), ("errors.yaml", COMPARED)];
    let outcome = offline(&files, "plan shop.yaml errors.yaml").await;
    assert_eq!(outcome.exit, 1, "{outcome:?}");
    assert!(outcome.stderr.starts_with("Error: the release does not come to its end: "), "{outcome:?}");
    let last = "No version comes to its end by itself, not even a healthy one.\n";
    assert!(outcome.stdout.ends_with(last), "{outcome:?}");
}

//! `plan`, `simulate` and `test`: commands that need no cluster.

use serde_json::Value as Json;

use crate::server::{Manners, Server};
use crate::{Outcome, called, env, words};

pub(crate) const SHOP: &str = "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replicas: 4
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: 'shop:1'}]}
  strategy:
    canary:
      steps:
      - setWeight: 25
      - pause: {duration: 5m}
      - analysis: {templates: [{templateName: errors}]}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors}
spec:
  metrics:
  - name: errors
    interval: 30s
    count: 10
    successCondition: result[0] < 0.01
    failureCondition: result[0] >= 0.01
    provider: {prometheus: {query: 'sum(rate(bad[30s])) / sum(rate(all[30s]))'}}
";

pub(crate) async fn offline(files: &[(&str, &str)], line: &str) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let mut env = env("aviary");
    directory.path().clone_into(&mut env.directory);
    env.columns = None;
    called(&env, &words(line), &Server::new(Vec::new(), Manners::default())).await
}

pub(crate) async fn machine(files: &[(&str, &str)], line: &str) -> Json {
    let outcome = offline(files, line).await;
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

#[tokio::test]
async fn a_plan_shows_real_weights_pods_requests_and_what_the_analysis_can_see() {
    let outcome = offline(&[("shop.yaml", SHOP)], "plan shop.yaml --rate 400 --error-ratio 0.005").await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""));
    let expected =
        "Rollout default/shop, 4 replicas, no router: the share of the pods is the share of the traffic
Assumed: 400 requests per second, of which 0.5 % fail and 1 % are slow at a healthy version; pods
are ready after 5s.

STEP  WHAT             STARTS    TAKES  WEIGHT  REAL  NEW + OLD PODS  REQUESTS TO CANARY
1     setWeight 25     00:00:00  5s     25 %    25 %  1 + 3           0
2     pause 5m         00:00:05  5m     25 %    25 %  1 + 3           30,000
3     analysis errors  00:05:05  4m39s  25 %    25 %  1 + 3           27,900

9m54s from the update to the end at least, 5 pods at peak, 57,900 requests answered by the canary
before the last step is done.

STEP  METRIC  COUNTS    LIMIT  LOOKS  REQUESTS EACH  FINDS FROM    ABORTS A HEALTHY ONE
3     errors  failures  1 %    10     3,000          0.81 % (1.6x)  0.4 %

A healthy version is aborted in 0.4 % of releases.
";
    let plain = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    assert_eq!(plain(&outcome.stdout), plain(expected), "{}", outcome.stdout);
}

#[tokio::test]
async fn a_plan_of_a_blue_green_release_shows_its_stages() {
    let canary = SHOP.find("    canary:").unwrap()..SHOP.find("---").unwrap();
    let mut shop = SHOP.to_owned();
    shop.replace_range(
        canary,
        "    blueGreen:
      activeService: shop
      previewReplicaCount: 1
      autoPromotionSeconds: 60
      postPromotionAnalysis: {templates: [{templateName: errors}]}
",
    );
    shop.push_str(
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {ports: [{port: 80}], selector: {app: shop}}\n",
    );
    let outcome = offline(&[("shop.yaml", &shop)], "plan shop.yaml").await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""));
    let rows: Vec<Vec<&str>> =
        outcome.stdout.lines().map(|line| line.split("  ").map(str::trim).collect()).collect();
    let row = |first: &str| {
        let row =
            rows.iter().find(|row| row[0] == first).unwrap_or_else(|| panic!("{first}: {}", outcome.stdout));
        row.iter().filter(|cell| !cell.is_empty()).skip(1).copied().collect::<Vec<_>>().join(" | ")
    };
    assert!(outcome.stdout.contains("users are switched by Service shop"), "{}", outcome.stdout);
    // One pod for 65 s, then all four; everybody is switched, and the analysis sees everybody.
    assert_eq!(row("1"), "preview | 00:00:00 | 5s | 0 % | 0 % | 1 + 4 | 0");
    assert_eq!(row("3"), "autoPromotionSeconds 60 | 00:00:05 | 60s | 0 % | 0 % | 1 + 4 | 0");
    assert_eq!(row("4"), "all replicas | 00:01:05 | 5s | 0 % | 0 % | 4 + 4 | 0");
    assert!(
        row("5").starts_with("postPromotionAnalysis errors | 00:01:10 | 4m39s | 100 % | 100 % | 4 + 4 |"),
        "{}",
        row("5")
    );
}

#[tokio::test]
async fn a_plan_for_machines_has_every_figure() {
    let plan = machine(&[("shop.yaml", SHOP)], "plan shop.yaml -o json").await;
    assert_eq!((&plan["replicas"], &plan["peakPods"]), (&4.into(), &5.into()));
    assert_eq!(plan["steps"][1]["requests"], 7_500.0);
    assert_eq!(plan["metrics"][0]["counts"], "errors");
    assert_eq!(plan["metrics"][0]["measurements"], 10);
    let chance = plan["metrics"][0]["falseAbort"].as_f64().unwrap();
    assert_eq!(plan["falseAbort"].as_f64().map(|all| (all - chance).abs() < 1e-9), Some(true));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_time_line_and_another_one_another() {
    let line = |seed: u64| format!("simulate shop.yaml --fault controller=10 --seed {seed} -o json");
    let one = machine(&[("shop.yaml", SHOP)], &line(1)).await;
    assert_eq!(one, machine(&[("shop.yaml", SHOP)], &line(1)).await);
    let other = machine(&[("shop.yaml", SHOP)], &line(2)).await;
    assert_ne!(one["timeline"], other["timeline"]);
    assert_eq!((&one["ending"], &other["ending"]), (&"completed".into(), &"completed".into()));
}

#[tokio::test]
async fn faults_change_how_a_release_ends() {
    let cases = [
        ("", "completed"),
        ("--fault errors=0.2", "aborted"),
        ("--fault errors=0.2@1h", "completed"),
        ("--fault provider-error", "aborted"),
        ("--fault no-data=errors", "aborted"),
        ("--do abort@1m", "aborted"),
        ("--fault pods-unready --for 5m", "unfinished"),
        ("--do pause@1m --for 1h", "waiting"),
        ("--metrics bad.csv", "aborted"),
    ];
    let bad = "time,metric,value\n0,errors,0.001\n6m,errors,0.5\n";
    for (more, ending) in cases {
        let line = format!("simulate shop.yaml -o json {more}");
        let outcome = machine(&[("shop.yaml", SHOP), ("bad.csv", bad)], &line).await;
        assert_eq!(outcome["ending"], ending, "{more}: {:#}", outcome["message"]);
    }
}

#[tokio::test]
async fn an_ending_that_was_not_expected_is_an_error() {
    let outcome = offline(&[("shop.yaml", SHOP)], "simulate shop.yaml --expect aborted").await;
    assert_eq!(outcome.exit, 1);
    assert_eq!(
        outcome.stderr,
        "Error: the release completed after 00:09:54, and that is not what was expected\n"
    );
    let outcome =
        offline(&[("shop.yaml", SHOP)], "simulate shop.yaml --fault errors=1 --expect aborted").await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""));
    assert!(
        outcome.stdout.contains("\nThe release was aborted after 00:05:05: RolloutAborted"),
        "{outcome:?}"
    );
}

const TESTS: &str = "manifests: [shop.yaml]
tests:
- name: good
  then: [{within: 10m, ending: completed}, {at: 1m, weight: 25}]
- name: bad
  given: {metrics: {errors: [{value: 0.5}]}}
  then: [{ending: completed}]
";

#[tokio::test]
async fn tests_of_a_team_tell_what_was_expected_and_what_was_found() {
    let files = [("shop.yaml", SHOP), ("shop.test.yaml", TESTS)];
    let outcome = offline(&files, "test .").await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (1, "Error: 1 of 2 tests failed\n"), "{outcome:?}");
    assert!(outcome.stdout.contains("  ✔ good\n  ✖ bad\n      then[0] {ending: completed}\n"), "{outcome:?}");
    assert!(outcome.stdout.contains("after 305 s it was aborted (RolloutAborted: "), "{outcome:?}");
    let outcome = offline(&files, "test shop.test.yaml --filter good").await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""));
    let outcome = offline(&files, "test . -o junit").await;
    let suite = "<testsuite name=\"./shop.test.yaml\" tests=\"2\" skipped=\"0\" errors=\"0\" failures=\"1\">";
    assert!(outcome.stdout.contains(suite), "{outcome:?}");
}

#[tokio::test]
async fn what_cannot_be_done_is_one_clear_message() {
    let two = format!("{SHOP}---\n{}", SHOP.replace("name: shop}", "name: till}"));
    let refused = SHOP.replace("setWeight: 25", "setWeight: 101");
    let unknown = TESTS.replace("then: [{ending", "then: [{endnig");
    let files = [
        ("shop.yaml", SHOP),
        ("two.yaml", &two),
        ("refused.yaml", &refused),
        ("none.yaml", "a: 1\n"),
        ("broken.yaml", "a: [\n"),
        ("bad.csv", "time,metric,value\nnoon,errors,1\n"),
        ("bad.test.yaml", &unknown),
    ];
    let cases = [
        ("plan two.yaml", "there are several Rollouts: shop, till; name one with --rollout"),
        ("plan two.yaml --rollout cart", "there is no Rollout \"cart\" in these files, only shop, till"),
        ("plan none.yaml", "there is no Rollout in these files"),
        ("plan broken.yaml", "broken.yaml: "),
        ("plan refused.yaml", "the Rollout would be Degraded and not move: InvalidSpec: "),
        (
            "plan shop.yaml --error-ratio 2",
            "invalid argument \"2\" for \"--error-ratio\" flag: write a share from 0 to 1, such as 1% or 0.01",
        ),
        (
            "plan shop.yaml --error-ratio much",
            "invalid argument \"much\" for \"--error-ratio\" flag: write a share from 0 to 1, such as 1% or 0.01",
        ),
        (
            "plan shop.yaml --rate abc",
            "invalid argument \"abc\" for \"--rate\" flag: write a number of requests per second from 0 to 1e9, such as 250",
        ),
        (
            "plan shop.yaml --ready-after soon",
            "--ready-after: time: invalid duration \"soon\"; write one such as 5s or 2m",
        ),
        (
            "simulate shop.yaml --rate=-1",
            "invalid argument \"-1\" for \"--rate\" flag: write a number of requests per second from 0 to 1e9, such as 250",
        ),
        ("plan shop.yaml --ready-after 5", "--ready-after: time: missing unit in duration \"5\"; write 5s"),
        (
            "simulate shop.yaml --fault errors",
            "--fault \"errors\": \"errors\" is none of METRIC=VALUE, no-data",
        ),
        (
            "simulate shop.yaml --fault errors=much",
            "--fault \"errors=much\": \"much\" is no number to be read",
        ),
        ("simulate shop.yaml --do abort", "--do \"abort\": it has no time; write VERB@TIME"),
        ("simulate shop.yaml --do jump@1m", "--do \"jump@1m\": \"jump\" is none of abort, promote"),
        ("simulate shop.yaml --metrics bad.csv", "bad.csv: the time \"noon\" is no number of seconds"),
        ("test bad.test.yaml", "bad.test.yaml: tests[1]: unknown field `endnig`, expected one of"),
        ("test none.test.yaml", "cannot read none.test.yaml: No such file or directory"),
    ];
    for (line, message) in cases {
        let outcome = offline(&files, line).await;
        assert!(outcome.stderr.starts_with(&format!("Error: {message}")), "{line}: {outcome:?}");
        assert_eq!(outcome.exit, 1, "{line}");
    }
}

#[tokio::test]
async fn shares_are_written_as_configurations_have_them_or_as_numbers() {
    let mut plans = Vec::new();
    for share in ["1%", "0.01", "1 %"] {
        let args: Vec<String> =
            ["plan", "shop.yaml", "--error-ratio", share, "--slow-ratio", share].map(str::to_owned).to_vec();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("shop.yaml"), SHOP).unwrap();
        let mut env = env("aviary");
        directory.path().clone_into(&mut env.directory);
        let outcome = called(&env, &args, &Server::new(Vec::new(), Manners::default())).await;
        assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""), "{share}");
        plans.push(outcome.stdout);
    }
    assert!(
        plans.iter().all(|plan| *plan == plans[0]) && plans[0].contains("of which 1 % fail"),
        "{}",
        plans[0]
    );
}

//! `lint` on files in a directory of its own.

use serde_json::Value as Json;

use crate::server::{Manners, Server};
use crate::{Outcome, called, env, words};

const TEMPLATE: &str = "apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: error-rate
spec:
  args:
  - name: hash
  metrics:
  - name: error-rate
    successCondition: result < 0.01
    provider:
      prometheus:
        query: sum(rate(errors{hash=\"{{args.hash}}\"}[2m])) or vector(0)
";

/// Runs `lint` in a directory with these files; gives also what is in them afterwards.
async fn linted(program: &str, files: &[(&str, &str)], line: &str) -> (Outcome, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut env = env(program);
    directory.path().clone_into(&mut env.directory);
    env.columns = None;
    let nobody = Server::new(Vec::new(), Manners::default());
    let outcome = called(&env, &words(&format!("lint {line}")), &nobody).await;
    let read = |(name, _): &(&str, &str)| std::fs::read_to_string(directory.path().join(name)).unwrap();
    (outcome, files.iter().map(read).collect())
}

#[tokio::test]
async fn a_finding_names_file_line_column_rule_consequence_and_remedy() {
    let (outcome, _) = linted("aviary", &[("deploy/template.yaml", TEMPLATE)], "deploy").await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (1, "Error: 1 finding of severity error\n"));
    let expected = "deploy/template.yaml:10:30: error: condition-type
    AnalysisTemplate error-rate, spec.metrics[0].successCondition
    `result < 0.01` cannot be evaluated: prometheus answers with a list of numbers, and the engine
    says `invalid operation: < (mismatched types []float64 and float64)`. Every measurement is an
    Error; five in a row abort the release, whatever the version is like
    → write `result[0] < 0.01`, and say what no data means (rule no-data)
      https://github.com/aviary-rs/aviary/blob/main/crates/lint/pages/condition-type.md

1 error in 1 file; --fix mends 1
";
    assert_eq!(outcome.stdout, expected);
}

#[tokio::test]
async fn what_is_mended_is_written_back_and_is_not_found_again() {
    let (outcome, files) = linted("aviary", &[("template.yaml", TEMPLATE)], "--fix template.yaml").await;
    assert_eq!(
        (outcome.exit, outcome.stderr.as_str()),
        (0, "template.yaml: 1 mended\n"),
        "{}",
        outcome.stdout
    );
    assert_eq!(files, [TEMPLATE.replace("result < 0.01", "result[0] < 0.01")]);
}

#[tokio::test]
async fn machines_read_json_sarif_and_the_commands_of_a_pull_request() {
    let files = [("template.yaml", TEMPLATE)];
    let (outcome, _) = linted("aviary", &files, "-o json .").await;
    let json: Json = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((outcome.exit, &json["summary"]["errors"]), (1, &Json::from(1)));
    assert_eq!(json["findings"][0]["line"], 10);

    let (outcome, _) = linted("aviary", &files, "-o sarif .").await;
    let sarif: Json = serde_json::from_str(&outcome.stdout).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    let rules = &sarif["runs"][0]["tool"]["driver"]["rules"];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(
        (&result["ruleId"], &rules[index]["id"]),
        (&"condition-type".into(), &"condition-type".into())
    );
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(location["region"]["startLine"], 10);

    let (outcome, _) = linted("aviary", &files, "-o github .").await;
    let start = "::error file=./template.yaml,line=10,col=30,title=condition-type::`result < 0.01` cannot";
    assert!(outcome.stdout.starts_with(start), "{}", outcome.stdout);
}

#[tokio::test]
async fn severities_can_be_set_and_comments_silence() {
    let files = [("template.yaml", TEMPLATE)];
    let (outcome, _) = linted("aviary", &files, "--severity condition-type=warning .").await;
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    let (outcome, _) =
        linted("aviary", &files, "--severity condition-type=warning --fail-on warning .").await;
    assert_eq!(outcome.stderr, "Error: 1 finding of severity warning or worse\n");
    let (outcome, _) = linted("aviary", &files, "--severity condition-type=off .").await;
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (0, "nothing found in 1 file\n"));

    let silenced = TEMPLATE.replace(
        "    successCondition",
        "    # aviary:allow condition-type -- shown in a talk\n    successCondition",
    );
    let (outcome, _) = linted("aviary", &[("template.yaml", &silenced)], ".").await;
    assert_eq!(
        (outcome.exit, outcome.stdout.as_str()),
        (0, "nothing found in 1 file; 1 silenced by comments\n")
    );
}

#[tokio::test]
async fn what_cannot_be_done_is_one_clear_message() {
    let cases = [
        (
            "nowhere.yaml",
            "cannot read nowhere.yaml: No such file or directory (os error 2); name one that is there, or - for the standard input",
        ),
        ("--explain nothing", "there is no rule \"nothing\"; `aviary lint --rules` lists them"),
        ("--fail-on bad .", "--fail-on \"bad\" is none of error, warning, info"),
        ("--severity condition-type .", "--severity \"condition-type\" is not of the form RULE=SEVERITY"),
        (
            "--severity condition-type=x .",
            "--severity \"condition-type=x\": \"x\" is none of error, warning, info, off",
        ),
    ];
    for (line, message) in cases {
        let (outcome, _) = linted("aviary", &[("template.yaml", TEMPLATE)], line).await;
        assert_eq!((outcome.exit, outcome.stderr), (1, format!("Error: {message}\n")), "{line}");
    }
    let (outcome, _) = linted("aviary", &[("notes.txt", "x")], ".").await;
    assert!(outcome.stderr.contains("there is no file to check in ."), "{outcome:?}");
}

#[tokio::test]
async fn a_chart_is_not_read_but_pointed_at() {
    let files = [("chart/Chart.yaml", "name: shop\n"), ("chart/templates/rollout.yaml", "{{ .Values }}\n")];
    let (outcome, _) = linted("aviary", &files, "chart").await;
    let wanted = "chart is a Helm chart: check what it renders, `helm template chart | aviary lint -`\n";
    assert_eq!((outcome.exit, outcome.stdout.as_str()), (0, wanted));
}

#[tokio::test]
async fn under_the_public_plugins_name_the_answer_is_the_public_plugins() {
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {replicaz: 1}\n";
    let (outcome, _) = linted("kubectl-argo-rollouts", &[("r.yaml", text)], "-f r.yaml").await;
    let message = "Error: error unmarshaling JSON: while decoding JSON: json: unknown field \"replicaz\"\n";
    assert_eq!((outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()), (1, "", message));
}

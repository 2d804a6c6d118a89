//! The contract with plugins: programs that speak JSON in lines.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use aviary_metric_providers::{
    Ctx, Limits, PluginSettings, Plugins, Reading, garbage_collect, read, resume, terminate,
};
use crd::Metric;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::judge::judge;
use crate::{ctx, fault, metric, texts};

/// Answers each line: `$id` and `$method` are those of the question, `$line` is all of it.
const PREAMBLE: &str = r#"#!/bin/sh
while read -r line; do
  rest=${line#'{"id":'}
  id=${rest%%,*}
  id=${id%%\}*}
  method=${rest#*'"method":"'}
  method=${method%%\"*}
  [ "$method" = ping ] && echo "{\"id\":$id}" && continue
"#;

struct Program {
    directory: tempfile::TempDir,
    settings: PluginSettings,
}

/// A program that answers as this shell text says.
fn program(answering: &str) -> Program {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("source");
    let text = format!("{PREAMBLE}{answering}\ndone\n");
    std::fs::write(&path, &text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    let settings = PluginSettings {
        name: "ns/name".to_owned(),
        location: format!("file://{}", path.display()),
        sha256: digest(&text),
        args: vec![],
    };
    Program { directory, settings }
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02X}").unwrap();
        text
    })
}

fn hosted(program: &Program) -> Plugins {
    // Enough for a busy machine, and little for the test of one that never answers.
    let limits = Limits { ping: Duration::from_secs(60), answer: Duration::from_secs(60) };
    Plugins::new(vec![program.settings.clone()], limits)
}

fn by_plugin() -> Metric {
    metric("plugin", json!({"ns/name": {"answer": 42}}))
}

async fn asked(plugins: &Plugins) -> Reading {
    read(&Ctx { plugins: plugins.clone(), ..ctx() }, &by_plugin()).await
}

#[tokio::test]
async fn a_program_is_started_once_and_says_how_the_measurement_went() {
    let program = program(
        r#"  count=$((count + 1))
  echo "{\"id\":$id,\"measurement\":{\"phase\":\"Successful\",\"value\":\"$method $count\",\"message\":\"fine\",\"metadata\":{\"a\":\"b\"}},\"metadata\":{\"of\":\"it\"}}""#,
    );
    let plugins = hosted(&program);
    let first = asked(&plugins).await;
    assert_eq!(judge(&first, "", ""), ('S', "run 1".to_owned(), "fine".to_owned()));
    assert_eq!((first.metadata, first.about), (texts(&[("a", "b")]), texts(&[("of", "it")])));
    // The second question was about the metric.
    assert_eq!(judge(&asked(&plugins).await, "", "").1, "run 3");
}

#[tokio::test]
async fn the_question_has_the_metric_the_run_and_the_measurement() {
    let program = program(
        r#"  echo "$line" >> "$HOME_OF_TEST"
  echo "{\"id\":$id,\"measurement\":{\"phase\":\"Running\",\"resumeAt\":\"2030-01-01T00:00:00Z\"}}""#,
    );
    let log = program.directory.path().join("log");
    let text = std::fs::read_to_string(path_of(&program)).unwrap();
    let text = text.replace("$HOME_OF_TEST", log.to_str().unwrap());
    std::fs::write(path_of(&program), &text).unwrap();
    let program =
        Program { settings: PluginSettings { sha256: digest(&text), ..program.settings }, ..program };
    let run = crate::job::run("uid", "other", 0, 0);
    let measurement = crd::Measurement { message: "before".to_owned(), ..crd::Measurement::default() };
    let ctx = Ctx { plugins: hosted(&program), run: Some(&run), ..ctx() };
    let reading = read(&ctx, &by_plugin()).await;
    assert_eq!(judge(&reading, "", "").0, 'R');
    assert_eq!(reading.resume_at, Some("2030-01-01T00:00:00Z".parse().unwrap()));
    let ctx = Ctx { measurement: Some(&measurement), ..ctx };
    resume(&ctx, &by_plugin(), &texts(&[("k", "v")])).await;
    terminate(&ctx, &by_plugin(), &texts(&[])).await;
    garbage_collect(&ctx, &by_plugin(), 7).await.unwrap();

    let log = std::fs::read_to_string(log).unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let methods: Vec<&str> = lines.iter().map(|line| line["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["run", "metadata", "resume", "terminate", "garbageCollect"]);
    for line in &lines {
        assert_eq!(line["metric"]["provider"]["plugin"], json!({"ns/name": {"answer": 42}}));
        assert_eq!(line["analysisRun"]["metadata"]["uid"], "uid");
    }
    assert_eq!(lines[0].get("measurement"), None);
    assert_eq!(lines[2]["measurement"], json!({"message": "before", "metadata": {"k": "v"}}));
    assert_eq!(lines[4]["limit"], 7);
}

fn path_of(program: &Program) -> &Path {
    Path::new(program.settings.location.strip_prefix("file://").unwrap())
}

#[tokio::test]
async fn errors_have_the_peers_words_and_keep_what_was_remembered() {
    let refusing = program(r#"  echo "{\"id\":$id,\"error\":\"no $method\"}""#);
    let ctx = Ctx { plugins: hosted(&refusing), ..ctx() };
    let remembered = texts(&[("k", "v")]);
    let reading = read(&ctx, &by_plugin()).await;
    assert_eq!(fault(&reading), "failed to run via plugin: no run");
    assert_eq!(reading.about, texts(&[("error", "failed to get metadata via plugin: no metadata")]));
    let resumed = resume(&ctx, &by_plugin(), &remembered).await;
    assert_eq!(fault(&resumed), "failed to resume via plugin: no resume");
    assert_eq!(resumed.metadata, remembered);
    let ended = terminate(&ctx, &by_plugin(), &remembered).await;
    assert_eq!(fault(&ended), "failed to terminate via plugin: no terminate");
    let collected = garbage_collect(&ctx, &by_plugin(), 1).await.unwrap_err();
    assert!(collected.starts_with("failed to garbage collect via plugin: no garbageCollect"), "{collected}");

    let erring =
        program(r#"  echo "{\"id\":$id,\"measurement\":{\"phase\":\"Error\",\"message\":\"s3cr3t\"}}""#);
    let reading = asked(&hosted(&erring)).await;
    assert_eq!(judge(&reading, "", ""), ('E', String::new(), "failed to run via plugin: ***".to_owned()));
}

#[tokio::test]
async fn what_is_no_answer_costs_the_program_its_life_and_not_the_next_question() {
    for (answering, expected) in [
        ("  echo x", "its answer is no JSON: "),
        ("  echo '{\"id\":0}'", "its answer is not that to question 2"),
        ("  echo 'last s3cr3t words' >&2; exit 1", "it ended"),
    ] {
        let program = program(answering);
        let plugins = hosted(&program);
        for _ in 0..2 {
            let text = fault(&asked(&plugins).await);
            assert!(text.starts_with("Run rpc call error: "), "{text}");
            assert!(text.contains(expected) && !text.contains("s3cr3t"), "{text}");
        }
    }
    let endless = program("  while :; do printf '%64s' x; done");
    let text = fault(&asked(&hosted(&endless)).await);
    assert!(text.contains("its answer is longer than"), "{text}");
}

#[tokio::test]
async fn a_program_that_does_not_answer_is_killed_at_its_deadline() {
    let silent = program("  read -r never");
    let limits = Limits { answer: Duration::from_millis(200), ..Limits::default() };
    let text = fault(&asked(&Plugins::new(vec![silent.settings.clone()], limits)).await);
    assert_eq!(text, "Run rpc call error: no answer within 200ms");
}

#[tokio::test]
async fn a_program_that_is_not_the_chosen_one_is_not_started() {
    let good = program("  :");
    let with = |change: &dyn Fn(&mut PluginSettings)| {
        let mut settings = good.settings.clone();
        change(&mut settings);
        Plugins::new(vec![settings], Limits::default())
    };
    let prefix = "failed to create plugin: unable to get metric plugin: unable to start plugin system: ";
    let zeros = "0".repeat(64);
    for (plugins, expected) in [
        (
            with(&|it| it.name = "other/x".to_owned()),
            "unable to find plugin (ns/name): plugin ns/name not configured in configmap".to_owned(),
        ),
        (
            with(&|it| it.sha256.clear()),
            "plugin ns/name: has no sha256, and no program is started without it".to_owned(),
        ),
        (with(&|it| it.sha256.clone_from(&zeros)), format!(", and not {zeros}")),
        (
            with(&|it| it.location = "https://h.example/p".to_owned()),
            "programs are not downloaded".to_owned(),
        ),
        (with(&|it| it.location = "file:///absent".to_owned()), "/absent: ".to_owned()),
        (
            with(&|it| it.location = "file:///dev/zero".to_owned()),
            "/dev/zero is no file of at most 268435456 bytes".to_owned(),
        ),
    ] {
        let text = fault(&asked(&plugins).await);
        assert!(text.starts_with(prefix) && text.contains(&expected), "{text}");
    }
}

#[tokio::test]
async fn exactly_one_plugin_is_named() {
    for (config, expected) in [
        (json!({}), "provider.plugin names no plugin"),
        (json!({"a/b": {}, "c/d": {}}), "provider.plugin names more than one plugin"),
    ] {
        assert_eq!(fault(&read(&ctx(), &metric("plugin", config)).await), expected);
    }
}

//! What the ConfigMap says, and what it cannot say.

use std::fmt::Write as _;

use metric_providers::{Ctx, Value};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::*;

fn parse(rows: &[(&str, &str)]) -> Result<Config, String> {
    let data = rows.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
    Config::parse(&data).map_err(|problem| problem.to_string())
}

const PLUGIN: &str =
    "- {name: argoproj-labs/thing, location: 'https://example.com/thing', sha256: abc, args: [-v]}";

#[test]
fn no_configuration_and_an_empty_one_say_nothing() {
    for rows in [&[][..], &[("stepPlugins", "")], &[("trafficRouterPlugins", "[]"), ("else", "{")]] {
        assert_eq!(parse(rows), Ok(Config::default()), "{rows:?}");
    }
}

#[test]
fn a_plugin_that_nobody_runs_is_named() {
    let config = parse(&[("metricProviderPlugins", PLUGIN)]).unwrap();
    let expected = ("metricProviderPlugins", "metric provider", "argoproj-labs/thing".to_owned());
    assert_eq!(config.unserved, [expected]);
}

#[test]
fn the_gateway_api_plugin_is_built_in() {
    let row = "- {name: argoproj-labs/gatewayAPI, location: 'file:///plugin'}";
    assert_eq!(parse(&[("trafficRouterPlugins", row)]), Ok(Config::default()));
}

#[test]
fn only_step_plugins_can_be_disabled() {
    let row = "- {name: org/step, location: 'file:///step', disabled: true}";
    let config = parse(&[("stepPlugins", row)]).unwrap();
    assert_eq!(config.disabled_steps, ["org/step".to_owned()].into());
    assert!(config.unserved.is_empty());
    assert!(parse(&[("trafficRouterPlugins", row)]).unwrap().disabled_steps.is_empty());
}

#[test]
fn what_cannot_be_is_named_by_key_position_and_field() {
    for (key, text, said) in [
        (
            "trafficRouterPlugins",
            "- {name: nginx, location: 'https://x'}",
            "trafficRouterPlugins[0].name: plugin repository (nginx) must be in the format of <namespace>/<name>",
        ),
        (
            "stepPlugins",
            "[{name: a/b, location: 'file:///b'}, {name: a/c, location: 'ftp://x'}]",
            "stepPlugins[1].location: plugin location must be of http(s) or file scheme, not \"ftp://x\"",
        ),
        (
            "stepPlugins",
            "- {name: a/b/c, location: 'file:///b'}",
            "stepPlugins[0].name: plugin repository (a/b/c)",
        ),
        ("metricProviderPlugins", "{name: a/b}", "metricProviderPlugins: not a YAML list of plugins: "),
        ("metricProviderPlugins", "- [", "metricProviderPlugins: not a YAML list of plugins: "),
    ] {
        let problem = parse(&[(key, text)]).unwrap_err();
        assert!(problem.starts_with(said), "{problem}");
        assert_eq!(problem.lines().count(), 1, "{problem}");
    }
}

/// A client of a server that refuses everything in this way.
fn refusing(code: u16, reason: &'static str) -> Client {
    Client::new(
        tower::service_fn(move |_: http::Request<kube::client::Body>| async move {
            let body = serde_json::json!({
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "no", "reason": reason, "code": code,
            });
            let body = kube::client::Body::from(body.to_string().into_bytes());
            http::Response::builder().status(code).body(body)
        }),
        "default",
    )
}

#[tokio::test]
async fn a_configuration_that_is_not_there_or_may_not_be_read_is_as_an_empty_one() {
    for (code, reason) in [(404, "NotFound"), (403, "Forbidden")] {
        let config = Config::read(refusing(code, reason), "ctl").await.unwrap();
        assert_eq!(config, Config::default(), "{reason}");
    }
}

#[tokio::test]
async fn a_server_that_cannot_tell_is_an_error_with_the_name_of_the_map() {
    let error = Config::read(refusing(500, "InternalError"), "ctl").await.unwrap_err().to_string();
    assert!(error.starts_with("cannot read ConfigMap ctl/argo-rollouts-config: "), "{error}");
}

/// Answers each question: a `ping` with its number, and a `run` with what it was started with.
const PROGRAM: &str = r#"#!/bin/sh
while read -r line; do
  id=${line#'{"id":'}
  id=${id%%[,\}]*}
  echo "{\"id\":$id,\"measurement\":{\"phase\":\"Successful\",\"value\":\"$1\"},\"metadata\":{}}"
done
"#;

#[tokio::test]
async fn the_program_of_an_entry_measures() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("program");
    std::fs::write(&file, PROGRAM).unwrap();
    let digest = Sha256::digest(PROGRAM).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    let text = format!(
        "- name: org/measures\n  location: file://{}\n  sha256: {digest}\n  args: [forty-two]\n",
        file.display()
    );
    let data = [("metricProviderPlugins".to_owned(), text)].into();
    let map = ConfigMap { data: Some(data), ..ConfigMap::default() };
    let config = Config::of(Some(&map), "ns").unwrap();
    let metric: crd::Metric =
        serde_json::from_value(json!({"name": "m", "provider": {"plugin": {"org/measures": {}}}})).unwrap();
    let ctx = Ctx { plugins: config.plugins(), ..Ctx::default() };
    let outcome = metric_providers::read(&ctx, &metric).await.outcome;
    assert!(
        matches!(&outcome, Ok(Some(Value::Verdict(verdict))) if verdict.text == "forty-two"),
        "{outcome:?}"
    );
}

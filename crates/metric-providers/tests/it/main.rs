//! Providers against servers on the loopback.

// Helpers of tests, where a panic is the failure.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod datadog;
mod hostile;
mod prometheus;
mod real;
mod web;

use aviary_metric_providers::{Credentials, Ctx, Reading, Value, read};
use serde_json::{Value as Json, json};

/// A metric with one provider.
fn metric(provider: &str, config: Json) -> crd::Metric {
    let mut written = json!({"name": "success-rate", "provider": {}});
    written["provider"][provider] = config;
    serde_json::from_value(written).unwrap()
}

fn secrets() -> Vec<String> {
    vec!["s3cr3t".to_owned()]
}

/// Asks once, with a clock that stands still and one secret.
async fn ask(provider: &str, config: Json) -> Reading {
    ask_with(provider, config, Credentials::default()).await
}

/// The same with credentials.
async fn ask_with(provider: &str, config: Json, credentials: Credentials) -> Reading {
    rustls::crypto::ring::default_provider().install_default().ok();
    let secrets = secrets();
    let ctx = Ctx {
        clock: &|| "2023-11-14T22:13:20.5Z".parse().unwrap(),
        times: &|expr| match expr {
            "now()" => Ok("2023-11-14T22:13:20Z".parse().unwrap()),
            "now() - duration(\"5m\")" => Ok("2023-11-14T22:08:20Z".parse().unwrap()),
            other => Err(format!("unknown name {other}")),
        },
        secrets: &secrets,
        credentials,
        ..Ctx::default()
    };
    read(&ctx, &metric(provider, config)).await
}

/// The value that was read.
fn value(reading: &Reading) -> Value {
    reading.outcome.clone().unwrap().unwrap()
}

/// The first words of an error, before where and what to do.
fn fault(reading: &Reading) -> String {
    let text = reading.outcome.clone().unwrap_err();
    text.split(" (metric ").next().unwrap().to_owned()
}

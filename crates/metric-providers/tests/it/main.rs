//! Providers against servers on the loopback.

// Helpers of tests, where a panic is the failure.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod aws;
mod cloud_watch;
mod compare;
mod datadog;
mod deadlines;
mod egress;
mod graphite;
mod hostile;
mod influxdb;
mod job;
mod judge;
mod kayenta;
mod machine;
mod memory;
mod new_relic;
mod oauth2;
mod plugin;
mod prometheus;
mod real;
mod signature;
mod sky_walking;
mod vectors;
mod wavefront;
mod web;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aviary_metric_providers::{Credentials, Ctx, Reading, Value, read};
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

/// A metric with one provider.
fn metric(provider: &str, config: Json) -> crd::Metric {
    let mut written = json!({"name": "success-rate", "provider": {}});
    written["provider"][provider] = config;
    serde_json::from_value(written).unwrap()
}

static SECRETS: LazyLock<Vec<String>> = LazyLock::new(|| vec!["s3cr3t".to_owned()]);

/// A clock that stands still, no waits, no environment, and one secret.
fn ctx() -> Ctx<'static> {
    rustls::crypto::ring::default_provider().install_default().ok();
    Ctx {
        clock: &|| "2023-11-14T22:13:20.5Z".parse().unwrap(),
        wait: &|_| Box::pin(std::future::ready(())),
        zone: TimeZone::UTC,
        times: &|expr| match expr {
            "now()" => Ok("2023-11-14T22:13:20Z".parse().unwrap()),
            "now() - duration(\"5m\")" => Ok("2023-11-14T22:08:20Z".parse().unwrap()),
            other => Err(format!("unknown name {other}")),
        },
        environment: &|_| None,
        secrets: &SECRETS,
        ..Ctx::default()
    }
}

/// Asks once.
async fn ask(provider: &str, config: Json) -> Reading {
    ask_with(provider, config, Credentials::default()).await
}

/// The same with credentials.
async fn ask_with(provider: &str, config: Json, credentials: Credentials) -> Reading {
    read(&Ctx { credentials, ..ctx() }, &metric(provider, config)).await
}

/// Texts by name: credentials, metadata, an environment.
fn texts<C: FromIterator<(String, String)>>(entries: &[(&str, &str)]) -> C {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// An environment of these variables.
fn variables(entries: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + Sync + use<> {
    let entries: BTreeMap<String, String> = texts(entries);
    move |name| entries.get(name).cloned()
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

/// Says past the test harness, which hides what passing tests print, that a test did not run.
fn skipped(what: &str) {
    use std::io::Write as _;
    assert!(std::env::var_os("CI").is_none(), "CI needs {what}");
    writeln!(std::io::stderr(), "SKIPPED: {what}").ok();
}

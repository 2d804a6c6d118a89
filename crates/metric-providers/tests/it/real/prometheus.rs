//! Prometheus itself.

use std::path::Path;
use std::process::Command as Blocking;

use serde_json::json;
use tokio::process::{Child, Command};

use crate::{ask, fault, skipped, value};

/// Starts one without data. `None`, with a line that says so, when none is installed; in CI it must be.
async fn started(directory: &Path) -> Option<(Child, String)> {
    if Blocking::new("prometheus").arg("--version").output().is_err() {
        skipped("`prometheus` on the PATH (Debian package `prometheus`)");
        return None;
    }
    let config = directory.join("prometheus.yml");
    std::fs::write(&config, "scrape_configs: []\n").unwrap();
    let free = super::free();
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", directory.join("data").display()))
        .arg(format!("--web.listen-address={free}"));
    let child = super::started(command, "Server is ready to receive web requests").await;
    Some((child, format!("http://{free}")))
}

#[tokio::test]
async fn a_real_prometheus_is_read_and_its_refusals_are_passed_on() {
    let directory = tempfile::tempdir().unwrap();
    let Some((_running, address)) = started(directory.path()).await else { return };
    for (query, text) in [
        ("1 + 0.5", "1.5"),
        ("vector(2)", "[2]"),
        ("nothing_here", "[]"),
        ("0 / 0", "NaN"),
        ("1 / 0", "+Inf"),
        ("time()", "1700000000.5"),
        ("label_replace(vector(1), \"a\", \"b\", \"\", \"\") or vector(2)", "[1,2]"),
    ] {
        let reading = ask("prometheus", json!({"address": address, "query": query})).await;
        assert_eq!(value(&reading).text(), text, "{query}");
    }
    let range = json!({"start": "now() - duration(\"5m\")", "end": "now()", "step": "2m30s"});
    let config = json!({"address": address, "query": "vector(3)", "rangeQuery": range});
    assert_eq!(value(&ask("prometheus", config).await).text(), "[3,3,3]");
    for (query, start) in [("up{", "bad_data: "), ("\"text\"", "unexpected value type \"string\"")] {
        let text = fault(&ask("prometheus", json!({"address": address, "query": query})).await);
        assert!(text.starts_with(start), "{text}");
    }
}

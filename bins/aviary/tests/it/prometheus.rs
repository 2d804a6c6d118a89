//! A real Prometheus scrapes both regions and judges the release.

use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::demo;

/// A Prometheus on `port` that finds the pods of regions whose first port is `first`; `None`, and said so, where none
/// is installed.
fn start(directory: &std::path::Path, port: u16, first: u16) -> Option<Child> {
    if std::process::Command::new("prometheus").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "CI needs the package `prometheus`");
        let skip = "SKIPPED: no `prometheus` on the PATH (Debian package `prometheus`)";
        std::io::Write::write_all(&mut std::io::stderr(), format!("{skip}\n").as_bytes()).unwrap();
        return None;
    }
    let config = directory.join("prometheus.yml");
    let discovery = [2, 5].map(|at| {
        format!("  - {{url: 'http://127.0.0.1:{}/targets', refresh_interval: 200ms}}\n", first + at)
    });
    let text = format!(
        "scrape_configs:\n- job_name: demo\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\n  http_sd_configs:\n{}",
        discovery.concat()
    );
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", directory.join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    Some(command.spawn().unwrap())
}

#[tokio::test]
async fn a_real_prometheus_judges_a_bad_release() {
    let machine = demo::machine().await;
    let first = demo::free_ports();
    let port = demo::free_ports();
    let directory = tempfile::tempdir().unwrap();
    let Some(_prometheus) = start(directory.path(), port, first) else { return };
    let words = format!("--release bad --port {first} --prometheus http://127.0.0.1:{port}");
    let (report, exit) = demo::report_on(&machine, &words).await;
    assert_eq!((report["ok"].as_bool(), exit), (Some(true), 0), "{report:#}");
    // The region that decides first ends the analysis of the other.
    let regions = report["releases"][0]["regions"].as_array().unwrap();
    let failed = demo::failed_metrics(regions);
    assert!(!failed.is_empty(), "{report:#}");
    for metric in failed {
        let measured =
            metric["values"].as_array().unwrap().iter().filter_map(|it| it.as_str()?.parse::<f64>().ok());
        assert!(measured.filter(|value| *value > 0.0).count() >= 2, "the real one measured: {metric:#}");
    }
    // The comparison counts requests of both versions by the same Prometheus. What it must say of them, the report says.
    for region in regions.iter().filter(|region| demo::has_measured(region)) {
        let compare = &region["compare"];
        assert_eq!(compare["dryRun"], true, "{region:#}");
        let counted = |arm: &str| {
            let all = compare["counted"].as_array().unwrap();
            all.len() == 2 && all.iter().all(|it| it[arm].as_f64().is_some_and(|requests| requests > 0.0))
        };
        assert!(counted("canaryRequests") && counted("stableRequests"), "{region:#}");
    }
}

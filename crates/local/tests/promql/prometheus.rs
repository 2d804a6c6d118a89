//! A real Prometheus on a loopback port, filled with given samples.

use std::io::Write;
use std::path::Path;
use std::process::{Command as Blocking, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};

use crate::series::{self, Series};

/// The running server; ends with this value.
pub(crate) struct Prometheus {
    address: String,
    client: reqwest::Client,
    _child: Child,
    _directory: TempDir,
}

impl Prometheus {
    /// Starts one that holds `series`. `None`, with a line that says so, when none is installed; in CI it must be.
    pub(crate) async fn with(series: &[Series]) -> Option<Self> {
        if Blocking::new("prometheus").arg("--version").output().is_err() {
            assert!(std::env::var_os("CI").is_none(), "CI needs the package `prometheus`");
            // Written past the test harness, which hides what passing tests print.
            let skip = "SKIPPED: no `prometheus` on the PATH (Debian package `prometheus`)";
            writeln!(std::io::stderr(), "{skip}").ok();
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        backfill(directory.path(), series);
        let (child, address) = start(directory.path()).await;
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Some(Self { address, client, _child: child, _directory: directory })
    }

    /// Its answer to an instant query.
    pub(crate) async fn query(&self, expr: &str, at: i64) -> Json {
        let time = format!("{}.{:03}", at / 1000, at % 1000);
        let request = self.client.post(format!("http://{}/api/v1/query", self.address));
        let answer = request.form(&[("query", expr), ("time", &time)]).send().await.unwrap();
        answer.json().await.unwrap()
    }
}

fn backfill(directory: &Path, series: &[Series]) {
    let samples = directory.join("samples.txt");
    std::fs::write(&samples, series::open_metrics(series)).unwrap();
    let mut promtool = Blocking::new("promtool");
    promtool.args(["tsdb", "create-blocks-from", "openmetrics"]).arg(samples).arg(directory.join("data"));
    let output = promtool.output().unwrap();
    assert!(output.status.success(), "promtool: {}", String::from_utf8_lossy(&output.stderr));
}

async fn start(directory: &Path) -> (Child, String) {
    let config = directory.join("prometheus.yml");
    std::fs::write(&config, "scrape_configs: []\n").unwrap();
    // The server takes no port 0 and tells; a port that was free a moment ago almost always still is.
    for _attempt in 0..5 {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", directory.join("data").display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address={free}"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        if ready(child.stderr.take().unwrap()).await {
            return (child, free.to_string());
        }
    }
    panic!("prometheus does not start");
}

/// Reads its log up to the line that says that it serves; `false` when it ends before.
async fn ready(stderr: ChildStderr) -> bool {
    let mut lines = BufReader::new(stderr).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains("Server is ready to receive web requests") {
            // Keeps reading, or the server would block on a full pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return true;
        }
    }
    false
}

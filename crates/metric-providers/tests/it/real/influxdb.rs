//! InfluxDB itself, in the last version that is a Go program alone; it answers to the `/api/v2` of its successor.

use std::path::Path;

use aviary_metric_providers::Reading;
use reqwest::Client;
use serde_json::json;
use tokio::process::{Child, Command};

use crate::{ask_with, fault, skipped, texts, value};

/// All that it keeps is in one directory, and nothing is asked without a user.
const CONFIG: &str = "reporting-disabled = true\nbind-address = '127.0.0.1:0'\n\
                      [meta]\ndir = '{directory}/meta'\n\
                      [data]\ndir = '{directory}/data'\nwal-dir = '{directory}/wal'\n\
                      [http]\nbind-address = '{address}'\nflux-enabled = true\nauth-enabled = true\n";

/// A number of each type, a text that CSV must quote; times are seconds, the first is 22:13:20.
const DATA: &str = "rate,pod=a value=1.5 1700000000\nrate,pod=b value=2.5 1700000060\n\
                    big value=123456789 1700000000\nkinds n=2i,ok=true,text=\"a, \\\"b\\\"\" 1700000000\n";

const TOKEN: &str = "tester:password";

async fn started(directory: &Path) -> Option<(Child, String)> {
    let program = xtask::control_plane::directory().join("influxd");
    if !program.is_file() {
        skipped("InfluxDB: run `cargo xtask control-plane --helm`");
        return None;
    }
    let free = super::free().to_string();
    let config = CONFIG.replace("{directory}", directory.to_str().unwrap()).replace("{address}", &free);
    let file = directory.join("influxdb.conf");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(program);
    // Variables would overrule the file.
    command.arg("run").arg("-config").arg(file).env_clear();
    let child = super::started(command, "Listening for signals").await;
    Some((child, format!("http://{free}")))
}

/// The first user may be made by anybody; what follows is hers to do.
async fn fill(address: &str) {
    let client = Client::new();
    for statement in
        ["CREATE USER tester WITH PASSWORD 'password' WITH ALL PRIVILEGES", "CREATE DATABASE app"]
    {
        let request = client.post(format!("{address}/query")).basic_auth("tester", Some("password"));
        let reply = request.form(&[("q", statement)]).send().await.unwrap();
        // The status is sent before the statement is carried out; its end is the end of the body.
        assert_eq!(reply.text().await.unwrap(), "{\"results\":[{\"statement_id\":0}]}\n", "{statement}");
    }
    let write = client.post(format!("{address}/api/v2/write?bucket=app&precision=s")).body(DATA);
    let reply = write.header("authorization", format!("Token {TOKEN}")).send().await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.text().await.unwrap().as_str()), (204, ""));
}

async fn asked(address: &str, token: &str, query: &str) -> Reading {
    let keys = texts(&[("authToken", token), ("org", "any"), ("address", address)]);
    ask_with("influxdb", json!({"query": query}), keys).await
}

const HOUR: &str = "range(start: 2023-11-14T22:00:00Z, stop: 2023-11-14T23:00:00Z)";

/// A query of what was measured under `name` in the hour.
fn of(name: &str, rest: &str) -> String {
    format!("from(bucket: \"app\") |> {HOUR} |> filter(fn: (r) => r._measurement == \"{name}\") {rest}")
}

#[tokio::test]
async fn a_real_influxdb_is_read_and_its_refusals_are_passed_on() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let directory = tempfile::tempdir().unwrap();
    let Some((_running, address)) = started(directory.path()).await else { return };
    fill(&address).await;
    what_stands_there_is_read(&address).await;
    refusals_are_passed_on(&address).await;
}

async fn what_stands_there_is_read(address: &str) {
    // What is expected is what InfluxDB's own client for Go prints of the same answers.
    for (query, text) in [
        (of("rate", "|> group() |> mean()"), "[2]"),
        (of("rate", ""), "[1.5 2.5]"),
        (of("rate", "|> filter(fn: (r) => r.pod == \"b\")"), "[2.5]"),
        (of("rate", "|> group() |> sum() |> map(fn: (r) => ({_value: uint(v: r._value)}))"), "[4]"),
        (
            of("rate", "|> group() |> max() |> map(fn: (r) => ({_value: r._time}))"),
            "[2023-11-14 22:14:20 +0000 UTC]",
        ),
        (of("rate", "|> drop(columns: [\"_value\"])"), "[<nil> <nil>]"),
        (of("big", ""), "[1.23456789e+08]"),
        (of("kinds", ""), "[2 true a, \"b\"]"),
        // Empty windows have no sum.
        (of("big", "|> aggregateWindow(every: 20m, fn: sum)"), "[1.23456789e+08 <nil> <nil>]"),
        (two_results(), "[2 2]"),
        (GAP.to_owned(), "[1 <nil> 3]"),
    ] {
        assert_eq!(value(&asked(address, TOKEN, &query).await).text(), text, "{query}");
    }
    let mean = asked(address, TOKEN, &of("rate", "|> group() |> mean()")).await;
    let judged = crate::judge::judge(&mean, "result[0] > 1.9 && result[0] < 2.1", "");
    assert_eq!((judged.0, judged.2.as_str()), ('S', ""));
}

/// Two results, each a table of its own; it does not say in which order they come.
fn two_results() -> String {
    format!(
        "all = from(bucket: \"app\") |> {HOUR}\n\
         all |> filter(fn: (r) => r._field == \"n\") |> yield(name: \"a\")\n\
         all |> filter(fn: (r) => r._measurement == \"rate\") |> group() |> count() |> yield(name: \"b\")"
    )
}

/// A row without a value.
const GAP: &str = "import \"csv\"\ncsv.from(csv: \"#datatype,string,long,double\\n#group,false,false,false\\n\
                   #default,_result,,\\n,result,table,_value\\n,,0,1\\n,,0,\\n,,0,3\\n\")";

async fn refusals_are_passed_on(address: &str) {
    let none = "no results returned from flux query";
    let failed = |why: &str| format!("500 Internal Server Error: {why}");
    for (token, query, text) in [
        (TOKEN, of("absent", ""), none.to_owned()),
        (TOKEN, of("absent", "|> count()"), none.to_owned()),
        (TOKEN, "from(bucket: \"app\"".to_owned(), failed("loc 1:1-1:19: expected RPAREN, got EOF")),
        (TOKEN, "noSuch()".to_owned(), failed("type error 1:1-1:7: undefined identifier \"noSuch\"")),
        (TOKEN, "from(bucket: \"b\") |> range(start: -1h)".to_owned(), failed(ABSENT)),
        // It fails too late for the server to say what kind of answer it is.
        (TOKEN, of("kinds", "|> sum()"), failed("unsupported aggregate column type bool")),
        ("tester:wrong", of("rate", ""), "Unexpected status code 401: authorization failed".to_owned()),
        ("wrong", of("rate", ""), format!("Unexpected status code 401: {UNREADABLE}")),
    ] {
        assert_eq!(fault(&asked(address, token, &query).await), text, "{query}");
    }
}

const ABSENT: &str = "failed to initialize execute state: no database";
const UNREADABLE: &str = "unable to parse authentication credentials";

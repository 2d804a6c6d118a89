//! The rating service against the least that the same libraries can do, over loopback, in one run.

use super::Bench;
use super::server::Server;
use super::table::Table;
use crate::{Failure, shell, workspace};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

pub(super) const BENCH: Bench = Bench {
    name: "rating",
    about: "requests over loopback, 32 connections, 5 s each; `bare` is an axum handler that answers a constant",
    measure,
};

const CONNECTIONS: &str = "32";
const SECONDS: &str = "5";
const REPAIR: &str = "run `cargo build --profile dist -p rating-api -p aviary-rating --examples` and start the servers by hand";

fn measure() -> Result<Table, Failure> {
    let build = [
        "build",
        "--profile",
        "dist",
        "--locked",
        "-p",
        "rating-api",
        "-p",
        "aviary-rating",
        "--bins",
        "--examples",
    ];
    shell::run(&mut shell::cargo(&build), "mend what does not compile")?;
    let dist = workspace::target_directory()?.join("dist");
    let database = std::env::temp_dir().join(format!("aviary-bench-{}", std::process::id()));
    let mut table =
        Table::new(&["server", "request", "requests/s", "p50 ms", "p99 ms", "p99.9 ms", "errors", "RSS MiB"]);
    let figures = servers(&dist, &database).and_then(|servers| {
        for (name, server) in &servers {
            for verb in ["get", "post"] {
                table.row(row(&dist, name, verb, server)?);
            }
        }
        Ok(())
    });
    // Left behind it would only cost room.
    let _ = std::fs::remove_dir_all(&database);
    figures.map(|()| table)
}

/// Bare, the service as the demo runs it, and the service with ratings that survive it.
fn servers(dist: &Path, database: &Path) -> Result<[(&'static str, Server); 3], Failure> {
    std::fs::create_dir_all(database)
        .map_err(|error| Failure::new(format!("{}: {error}", database.display()), REPAIR))?;
    let api = dist.join("rating-api");
    let listen = ["--listen", "127.0.0.1:0"];
    Ok([
        ("bare", Server::start(&mut Command::new(dist.join("examples/bare")))?),
        ("rating-api, memory", Server::start(Command::new(&api).args(listen))?),
        (
            "rating-api, SQLite",
            Server::start(
                Command::new(&api).args(listen).arg("--database").arg(database.join("ratings.db")),
            )?,
        ),
    ])
}

fn row(dist: &Path, name: &str, verb: &str, server: &Server) -> Result<Vec<String>, Failure> {
    let mut load = Command::new(dist.join("examples/load"));
    let text = shell::output(load.args([&server.url, verb, CONNECTIONS, SECONDS]), REPAIR)?;
    let seen: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("the load generator printed no JSON: {error}"), REPAIR))?;
    let figure = |field: &str| seen.get(field).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let millis = |field: &str| format!("{:.2}", figure(field) / 1000.0);
    Ok(vec![
        name.to_owned(),
        verb.to_uppercase(),
        format!("{:.0}", figure("per_second")),
        millis("p50_us"),
        millis("p99_us"),
        millis("p999_us"),
        format!("{:.0}", figure("errors")),
        server.resident().map_or_else(|| "?".to_owned(), |mib| format!("{mib:.1}")),
    ])
}

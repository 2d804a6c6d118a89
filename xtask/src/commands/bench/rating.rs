//! The rating service against the least that the same libraries can do, over loopback, in one run.

use super::postgres::{Postgres, Seen};
use super::server::Server;
use super::table::Table;
use super::{Bench, Measure};
use crate::{Failure, shell, workspace};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

pub(super) const BENCH: Bench = Bench {
    name: "rating",
    about: "requests over loopback, 32 connections, the middle one of three rounds of 3 s; `bare` is an axum handler that answers a constant",
    measure: Measure::Table(measure),
};

const BARE: &str = "bare";
const POSTGRES: &str = "rating-api, PostgreSQL";
const VERBS: [&str; 2] = ["get", "post"];
const CONNECTIONS: &str = "32";
/// How many connections the service has to PostgreSQL.
const POOL: u32 = 12;
const SECONDS: u32 = 3;
const ROUNDS: usize = 3;
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
    let place = std::env::temp_dir().join(format!("aviary-bench-{}", std::process::id()));
    let rows = rows(&dist, &place);
    // Left behind it would only cost room.
    let _ = std::fs::remove_dir_all(&place);
    let mut table = Table::new(&[
        "server",
        "request",
        "requests/s",
        "of",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "errors",
        "RSS MiB",
    ]);
    for row in rows? {
        table.row(row);
    }
    Ok(table)
}

fn rows(dist: &Path, place: &Path) -> Result<Vec<Vec<String>>, Failure> {
    let postgres = Postgres::start(&place.join("postgres"))?;
    if postgres.is_none() {
        eprintln!("PostgreSQL is not installed: its rows are left out");
    }
    let servers = servers(dist, place, postgres.as_ref())?;
    let mut seen: BTreeMap<(usize, usize), Vec<Figures>> = BTreeMap::new();
    let mut alone = Vec::new();
    // In turn, so that what else the machine does meets all of them.
    for _ in 0..ROUNDS {
        for (at, (_, server)) in servers.iter().enumerate() {
            for (verb, name) in VERBS.iter().enumerate() {
                seen.entry((at, verb)).or_default().push(load(dist, name, server)?);
            }
        }
        if let Some(postgres) = &postgres {
            alone.push(Figures::of(&postgres.bench(POOL, SECONDS)?));
        }
    }
    let alone = Figures::median(alone);
    let mut rows = Vec::new();
    let mut bare = BTreeMap::new();
    for ((at, verb), figures) in seen {
        let Some(((name, server), figures)) = servers.get(at).zip(Figures::median(figures)) else { continue };
        let bare = *bare.entry(verb).or_insert(figures.per_second);
        // A write is held against what the database can do alone, everything else against a bare handler.
        let (of, whose) = match &alone {
            Some(alone) if verb == 1 && *name == POSTGRES => (alone.per_second, "pgbench"),
            _ => (bare, "bare"),
        };
        let share =
            if *name == BARE { String::new() } else { format!("{:.2} {whose}", figures.per_second / of) };
        rows.push(figures.row(name, VERBS.get(verb).copied().unwrap_or_default(), share, server.resident()));
    }
    rows.extend(
        alone.map(|alone| alone.row("pgbench, one rating a statement", "write", String::new(), None)),
    );
    Ok(rows)
}

/// Bare, the service as the demo runs it, and the service with ratings that survive it.
fn servers(
    dist: &Path,
    place: &Path,
    postgres: Option<&Postgres>,
) -> Result<Vec<(&'static str, Server)>, Failure> {
    std::fs::create_dir_all(place)
        .map_err(|error| Failure::new(format!("{}: {error}", place.display()), REPAIR))?;
    let with = |store: &[&str]| {
        let mut command = Command::new(dist.join("rating-api"));
        Server::start(command.args(["--listen", "127.0.0.1:0"]).args(store))
    };
    let file = place.join("ratings.db").display().to_string();
    let mut servers = vec![
        (BARE, Server::start(&mut Command::new(dist.join("examples/bare")))?),
        ("rating-api, memory", with(&[])?),
        ("rating-api, SQLite", with(&["--database", &file])?),
    ];
    if let Some(postgres) = postgres {
        servers.push((POSTGRES, with(&["--database", &postgres.url()])?));
    }
    Ok(servers)
}

/// What one load saw, in requests a second and microseconds.
struct Figures {
    per_second: f64,
    p50: f64,
    p99: f64,
    p999: f64,
    errors: f64,
}

impl Figures {
    fn of(seen: &Seen) -> Self {
        let (p50, p99, p999) = (seen.at(0.5), seen.at(0.99), seen.at(0.999));
        Self { per_second: seen.per_second, p50, p99, p999, errors: 0.0 }
    }

    /// The one with the middle rate.
    fn median(mut all: Vec<Self>) -> Option<Self> {
        all.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
        let middle = all.len() / 2;
        (!all.is_empty()).then(|| all.swap_remove(middle))
    }

    fn row(&self, name: &str, verb: &str, share: String, resident: Option<f64>) -> Vec<String> {
        let millis = |micros: f64| format!("{:.2}", micros / 1000.0);
        vec![
            name.to_owned(),
            verb.to_uppercase(),
            format!("{:.0}", self.per_second),
            share,
            millis(self.p50),
            millis(self.p99),
            millis(self.p999),
            format!("{:.0}", self.errors),
            resident.map_or_else(String::new, |mib| format!("{mib:.1}")),
        ]
    }
}

fn load(dist: &Path, verb: &str, server: &Server) -> Result<Figures, Failure> {
    let mut load = Command::new(dist.join("examples/load"));
    let text = shell::output(load.args([&server.url, verb, CONNECTIONS, &SECONDS.to_string()]), REPAIR)?;
    let seen: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("the load generator printed no JSON: {error}"), REPAIR))?;
    let figure = |field: &str| seen.get(field).and_then(Value::as_f64).unwrap_or(f64::NAN);
    Ok(Figures {
        per_second: figure("per_second"),
        p50: figure("p50_us"),
        p99: figure("p99_us"),
        p999: figure("p999_us"),
        errors: figure("errors"),
    })
}

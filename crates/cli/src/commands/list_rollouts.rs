//! `list rollouts` (spec cli-commands 7.1).

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value as Json;

use super::list::{Column, table};
use crate::info::{Strategy, phase, weight};
use crate::json::Read as _;
use crate::resource::ROLLOUTS;
use crate::{Cluster, Context, Env, Error, Io, stop, watch};

/// Changes within this time are aligned together.
const BURST: Duration = Duration::from_millis(500);
/// Watches that may fail one after the other.
const FAILURES: usize = 5;

/// List rollouts
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # List rollouts\n  %PROGRAM% list rollouts\n\n  # List rollouts from all namespaces\n  %PROGRAM% list rollouts --all-namespaces\n\n  # List rollouts and watch for changes\n  %PROGRAM% list rollouts --watch"
)]
pub(crate) struct Args {
    /// Only show rollout with specified name
    #[arg(long)]
    name: Option<String>,
    /// Include all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Watch for changes
    #[arg(short, long)]
    watch: bool,
    /// Print timestamps on updates
    #[arg(long)]
    timestamps: bool,
    #[arg(hide = true)]
    ignored: Vec<String>,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let cluster = context.cluster().await?;
    let namespace = (!args.all_namespaces).then_some(cluster.namespace.as_str());
    let fields = args.name.as_ref().map(|name| format!("metadata.name={name}"));
    let query = fields
        .as_ref()
        .map_or_else(String::new, |fields| format!("fieldSelector={}", fields.replace('=', "%3D")));
    let rollouts = cluster.list_where(ROLLOUTS, namespace, &query).await?;
    if rollouts.is_empty() && !args.watch {
        return io.note("No resources found.");
    }
    let rows: Vec<Vec<String>> = rollouts.iter().map(|rollout| row(rollout, &args, context.env)).collect();
    io.text(table(&columns(&args), true, &rows))?;
    if !args.watch {
        return Ok(());
    }
    let printed = rollouts.iter().map(|rollout| (key(rollout), values(rollout))).collect();
    tokio::select! {
        done = follow(&cluster, (namespace, fields), &args, context.env, printed, io) => done,
        () = stop::asked() => Ok(()),
    }
}

/// Prints a line when what it shows is new.
async fn follow(
    cluster: &Cluster,
    (namespace, fields): (Option<&str>, Option<String>),
    args: &Args,
    env: &Env,
    mut printed: BTreeMap<(String, String), Vec<String>>,
    io: &mut Io<'_>,
) -> Result<(), Error> {
    let mut bursts = std::pin::pin!(watch::states(cluster, ROLLOUTS, namespace, fields));
    let mut failures = 0;
    while let Some(first) = bursts.next().await {
        let end = tokio::time::sleep(BURST);
        let mut end = std::pin::pin!(end);
        let mut rows = Vec::new();
        let mut state = Some(first);
        while let Some(now) = state.take() {
            match now {
                Ok(rollout) => {
                    failures = 0;
                    let values = values(&rollout);
                    if printed.insert(key(&rollout), values.clone()).as_ref() != Some(&values) {
                        rows.push(row(&rollout, args, env));
                    }
                }
                Err(error) if failures == FAILURES => return Err(Error::new(error.to_string())),
                Err(error) => {
                    failures += 1;
                    io.note(format!("the watch failed and is tried again: {error}"))?;
                }
            }
            tokio::select! {
                next = bursts.next() => state = next,
                () = &mut end => {}
            }
        }
        io.text(table(&columns(args), false, &rows))?;
    }
    Ok(())
}

fn key(rollout: &Json) -> (String, String) {
    (rollout.text("/metadata/namespace").to_owned(), rollout.name().to_owned())
}

fn columns(args: &Args) -> Vec<Column> {
    let mut columns = Vec::new();
    if args.timestamps {
        columns.push(("TIMESTAMP", 20));
    }
    if args.all_namespaces {
        columns.push(("NAMESPACE", 9));
    }
    columns.extend([
        ("NAME", 10),
        ("STRATEGY", 9),
        ("STATUS", 12),
        ("STEP", 4),
        ("SET-WEIGHT", 10),
        ("READY", 5),
        ("DESIRED", 7),
        ("UP-TO-DATE", 10),
        ("AVAILABLE", 9),
    ]);
    columns
}

fn row(rollout: &Json, args: &Args, env: &Env) -> Vec<String> {
    let mut row = Vec::new();
    if args.timestamps {
        row.push(crd::Time::from(env.now()).to_string());
    }
    if args.all_namespaces {
        row.push(rollout.text("/metadata/namespace").to_owned());
    }
    row.extend(values(rollout));
    row
}

/// What is visible of a Rollout.
fn values(rollout: &Json) -> Vec<String> {
    let strategy = Strategy::of(rollout);
    let canary = strategy == Strategy::Canary;
    let step = if canary { weight::step(rollout) } else { String::new() };
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let weight = if canary { weight::set(rollout).to_string() } else { String::new() };
    let count = |field| rollout.count(field).to_string();
    let word = if strategy == Strategy::Unknown { "unknown" } else { strategy.word() };
    vec![
        rollout.name().to_owned(),
        word.to_owned(),
        phase::of(rollout).word,
        or_dash(step),
        or_dash(weight),
        format!("{}/{}", rollout.count("/status/readyReplicas"), rollout.count("/status/replicas")),
        phase::desired(rollout).to_string(),
        count("/status/updatedReplicas"),
        count("/status/availableReplicas"),
    ]
}

//! `list rollouts` (spec cli-commands 7.1).

use serde_json::Value as Json;

use super::list::{Column, Listing};
use crate::info::{Strategy, phase, weight};
use crate::json::Read as _;
use crate::resource::ROLLOUTS;
use crate::{Context, Env, Error, Io};

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
    let listing = Listing {
        resource: ROLLOUTS,
        namespace: (!args.all_namespaces).then_some(cluster.namespace.as_str()),
        namespace_at: usize::from(args.timestamps),
        fields: args.name.as_ref().map(|name| format!("metadata.name={name}")),
        columns: columns(&args),
        row: &|rollout| row(rollout, &args, context.env),
        state: &values,
    };
    listing.print(&cluster, args.watch, io).await
}

fn columns(args: &Args) -> Vec<Column> {
    let mut columns = Vec::new();
    if args.timestamps {
        columns.push(("TIMESTAMP", 20));
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

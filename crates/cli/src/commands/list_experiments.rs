//! `list experiments` (spec cli-commands 7.2).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::list::{Column, Listing};
use crate::json::Read as _;
use crate::render::duration;
use crate::resource::EXPERIMENTS;
use crate::{Context, Error, Io};

/// List experiments
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # List experiments\n  %PROGRAM% list experiments\n\n  # List experiments from all namespaces\n  %PROGRAM% list experiments --all-namespaces"
)]
pub(crate) struct Args {
    /// Include all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    #[arg(hide = true)]
    ignored: Vec<String>,
}

const COLUMNS: [Column; 5] = [("NAME", 10), ("STATUS", 6), ("DURATION", 8), ("REMAINING", 9), ("AGE", 3)];

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let cluster = context.cluster().await?;
    let listing = Listing {
        resource: EXPERIMENTS,
        namespace: (!args.all_namespaces).then_some(cluster.namespace.as_str()),
        namespace_at: 0,
        fields: None,
        columns: COLUMNS.to_vec(),
        row: &|experiment| values(experiment, context.env.now()).to_vec(),
        state: &|_| Vec::new(),
    };
    // The public plugin refuses to watch them, and scripts may rest on that.
    listing.print(&cluster, false, io).await
}

fn values(experiment: &Json, now: Timestamp) -> [String; 5] {
    let length = crd::duration::parse(experiment.text("/spec/duration")).ok();
    let length = length.and_then(|length| SignedDuration::try_from(length).ok());
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        experiment.name().to_owned(),
        experiment.text("/status/phase").to_owned(),
        or_dash(length.map(|length| duration::human(length.as_secs()))),
        or_dash(length.and_then(|length| remaining(experiment, length, now))),
        duration::age(experiment.time("/metadata/creationTimestamp"), now),
    ]
}

/// How long it still runs, while it does.
fn remaining(experiment: &Json, length: SignedDuration, now: Timestamp) -> Option<String> {
    let phase = experiment.text("/status/phase");
    if matches!(phase, "Successful" | "Failed" | "Error" | "Inconclusive") {
        return None;
    }
    let end = experiment.time("/status/availableAt")?.saturating_add(length).ok()?;
    (end > now).then(|| duration::between(now, end))
}

//! `list analysisruns`: measured, being measured, and what came of it.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::list::{Column, Listing};
use crate::json::Read as _;
use crate::render::duration;
use crate::resource::ANALYSIS_RUNS;
use crate::{Context, Error, Io};

/// List AnalysisRuns
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # List AnalysisRuns\n  %PROGRAM% list analysisruns\n\n  # List AnalysisRuns from all namespaces\n  %PROGRAM% list analysisruns --all-namespaces\n\n  # List AnalysisRuns and watch for changes\n  %PROGRAM% list analysisruns --watch"
)]
pub(crate) struct Args {
    /// Include all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Watch for changes
    #[arg(short, long)]
    watch: bool,
}

const COLUMNS: [Column; 6] =
    [("NAME", 10), ("STATUS", 6), ("OF", 4), ("METRICS", 7), ("MEASURED", 8), ("AGE", 3)];

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let cluster = context.cluster().await?;
    let listing = Listing {
        resource: ANALYSIS_RUNS,
        namespace: (!args.all_namespaces).then_some(cluster.namespace.as_str()),
        namespace_at: 0,
        fields: None,
        columns: COLUMNS.to_vec(),
        row: &|run| values(run, context.env.now()).to_vec(),
        state: &state,
    };
    listing.print(&cluster, args.watch, io).await
}

/// All but the age.
fn state(run: &Json) -> Vec<String> {
    values(run, Timestamp::UNIX_EPOCH).into_iter().take(COLUMNS.len() - 1).collect()
}

fn values(run: &Json, now: Timestamp) -> [String; 6] {
    let phase = run.text("/status/phase");
    let owners = run.list("/metadata/ownerReferences").iter();
    let owner = owners.map(|owner| format!("{}/{}", owner.text("/kind"), owner.text("/name"))).next();
    let results = run.list("/status/metricResults").iter();
    let measured: i64 = results.map(|result| result.count("/count") + result.count("/error")).sum();
    [
        run.name().to_owned(),
        if phase.is_empty() { "-" } else { phase }.to_owned(),
        owner.unwrap_or_else(|| "-".to_owned()),
        run.list("/spec/metrics").len().to_string(),
        measured.to_string(),
        duration::age(run.time("/metadata/creationTimestamp"), now),
    ]
}

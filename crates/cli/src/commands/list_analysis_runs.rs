//! `list analysisruns`: measured, being measured, and what came of it.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::list::{Column, table};
use crate::json::Read as _;
use crate::render::duration;
use crate::resource::ANALYSIS_RUNS;
use crate::{Context, Error, Io};

/// List AnalysisRuns
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # List AnalysisRuns\n  %PROGRAM% list analysisruns\n\n  # List AnalysisRuns from all namespaces\n  %PROGRAM% list analysisruns --all-namespaces"
)]
pub(crate) struct Args {
    /// Include all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
}

const COLUMNS: [Column; 6] =
    [("NAME", 10), ("STATUS", 6), ("OF", 4), ("METRICS", 7), ("MEASURED", 8), ("AGE", 3)];

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let cluster = context.cluster().await?;
    let namespace = (!args.all_namespaces).then_some(cluster.namespace.as_str());
    let runs = cluster.list_where(ANALYSIS_RUNS, namespace, "").await?;
    if runs.is_empty() {
        return io.note("No resources found.");
    }
    let spaced = args.all_namespaces.then_some(("NAMESPACE", 9));
    let columns: Vec<Column> = spaced.into_iter().chain(COLUMNS).collect();
    let now = context.env.now();
    let rows = runs.iter().map(|run| {
        let namespace = spaced.map(|_| run.text("/metadata/namespace").to_owned());
        namespace.into_iter().chain(values(run, now)).collect()
    });
    io.text(table(&columns, true, &rows.collect::<Vec<_>>()))
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

//! `list`: many objects, one line each.

use super::{list_analysis_runs, list_experiments, list_rollouts};
use crate::render::table;
use crate::{Context, Error, Io};

/// List rollouts, experiments or AnalysisRuns
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # List rollouts\n  %PROGRAM% list rollouts\n\n  # List experiments\n  %PROGRAM% list experiments\n\n  # List AnalysisRuns\n  %PROGRAM% list analysisruns"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    #[command(visible_aliases = ["ro", "rollout"])]
    Rollouts(list_rollouts::Args),
    #[command(visible_aliases = ["exp", "experiment"])]
    Experiments(list_experiments::Args),
    #[command(name = "analysisruns", visible_aliases = ["ar", "analysisrun"])]
    AnalysisRuns(list_analysis_runs::Args),
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    match args.what {
        What::Rollouts(args) => list_rollouts::run(args, context, io).await,
        What::Experiments(args) => list_experiments::run(args, context, io).await,
        What::AnalysisRuns(args) => list_analysis_runs::run(args, context, io).await,
    }
}

/// A column: its heading and the least width of its cells.
pub(super) type Column = (&'static str, usize);

/// Rows as wide as their columns want, with or without headings. Of the headings the last is not padded.
pub(super) fn table(columns: &[Column], headings: bool, rows: &[Vec<String>]) -> String {
    let header: Vec<String> = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
    let padded = rows.iter().map(|row| {
        let cells = row.iter().zip(columns);
        cells.map(|(cell, (_, least))| table::padded(cell, *least)).collect::<Vec<_>>()
    });
    let all: Vec<Vec<String>> = headings.then_some(header).into_iter().chain(padded).collect();
    table::aligned(&all)
}

//! `terminate`: end an AnalysisRun or an experiment early.

use crate::cluster::{Change, merge};
use crate::json::Read as _;
use crate::resource::{ANALYSIS_RUNS, EXPERIMENTS};
use crate::{Context, Error, Io};

/// Terminate an AnalysisRun or experiment
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Terminate an analysisRun\n  %PROGRAM% terminate analysisrun guestbook-877894d5b-4-success-rate.1\n\n  # Terminate a failed experiment\n  %PROGRAM% terminate experiment my-experiment"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Terminate an AnalysisRun
    #[command(name = "analysisrun", visible_aliases = ["ar", "analysisruns"])]
    AnalysisRun {
        /// Names of AnalysisRuns
        #[arg(required = true, value_name = "ANALYSISRUN_NAME")]
        names: Vec<String>,
    },
    /// Terminate an experiment
    #[command(visible_aliases = ["exp", "experiments"])]
    Experiment {
        /// Names of experiments
        #[arg(required = true, value_name = "EXPERIMENT_NAME")]
        names: Vec<String>,
    },
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    // The public plugin says "retried" of an experiment that it terminates, and scripts compare it.
    let (resource, names, said, done) = match args.what {
        What::AnalysisRun { names } => (ANALYSIS_RUNS, names, "analysisRun", "terminated"),
        What::Experiment { names } => (EXPERIMENTS, names, "experiment", "retried"),
    };
    let cluster = context.cluster().await?;
    for name in names {
        let object = cluster.patch(resource, &name, Change::Merge, &merge("spec", "terminate", true)).await?;
        io.line(format!("{said} '{}' {done}", object.name()))?;
    }
    Ok(())
}

//! `get`: one object with everything below it.

use super::{get_analysis_run, get_experiment, get_release, get_rollout};
use crate::{Context, Error, Io};

/// Get details about rollouts, experiments, AnalysisRuns and releases
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Get a rollout\n  %PROGRAM% get rollout guestbook\n\n  # Watch a rollout progress\n  %PROGRAM% get rollout guestbook --watch\n\n  # Get an experiment\n  %PROGRAM% get experiment my-experiment\n\n  # Get an AnalysisRun\n  %PROGRAM% get analysisrun guestbook-6c54544bf9-2-1\n\n  # Get a release that goes through several regions\n  %PROGRAM% get release rating-api -n openclaw --peer eu-west-1=eu.kubeconfig"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    #[command(visible_aliases = ["ro", "rollouts"])]
    Rollout(get_rollout::Args),
    #[command(visible_aliases = ["exp", "experiments"])]
    Experiment(get_experiment::Args),
    #[command(name = "analysisrun", visible_aliases = ["ar", "analysisruns"])]
    AnalysisRun(get_analysis_run::Args),
    Release(get_release::Args),
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    match args.what {
        What::Rollout(args) => get_rollout::run(args, context, io).await,
        What::Release(args) => get_release::run(args, context, io).await,
        What::AnalysisRun(args) => get_analysis_run::run(args, context, io).await,
        What::Experiment(args) => get_experiment::run(args, context, io).await,
    }
}

/// Clears the terminal and begins at its top.
pub(super) const CLEAR: &str = "\u{1b}[H\u{1b}[2J\u{1b}[0;0H";

//! `retry`: try an aborted rollout, or a finished experiment, again.

use serde_json::json;

use super::abort::patch_status;
use crate::cluster::{Change, merge};
use crate::json::Read as _;
use crate::resource::EXPERIMENTS;
use crate::{Context, Error, Io};

/// Retry a rollout or experiment
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Retry an aborted rollout\n  %PROGRAM% retry rollout guestbook\n\n  # Retry a failed experiment\n  %PROGRAM% retry experiment my-experiment"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Retry an aborted rollout
    #[command(visible_aliases = ["ro", "rollouts"], after_help = "Examples:\n  %PROGRAM% retry rollout guestbook")]
    Rollout {
        /// Names of rollouts
        #[arg(required = true, value_name = "ROLLOUT_NAME")]
        names: Vec<String>,
    },
    /// Retry an experiment
    #[command(visible_aliases = ["exp", "experiments"], after_help = "Examples:\n  %PROGRAM% retry experiment my-experiment")]
    Experiment {
        /// Names of experiments
        #[arg(required = true, value_name = "EXPERIMENT_NAME")]
        names: Vec<String>,
    },
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let cluster = context.cluster().await?;
    match args.what {
        What::Rollout { names } => {
            for name in names {
                let rollout = patch_status(&cluster, &name, &merge("status", "abort", false)).await?;
                io.line(format!("rollout '{}' retried", rollout.name()))?;
            }
        }
        What::Experiment { names } => {
            for name in names {
                let body = json!({"status": null});
                let experiment = cluster.patch(EXPERIMENTS, &name, Change::Merge, &body).await?;
                io.line(format!("experiment '{}' retried", experiment.name()))?;
            }
        }
    }
    Ok(())
}

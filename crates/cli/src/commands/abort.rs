//! `abort`: give an update up; all traffic goes back to stable.

use serde_json::Value as Json;

use crate::cluster::{Change, merge};
use crate::json::Read as _;
use crate::resource::ROLLOUTS;
use crate::{Cluster, Context, Error, Io};

/// Abort a rollout
///
/// The update stops, its pods go, and all traffic returns to the stable version. It stays so until the rollout is
/// retried or changed.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  # Abort a rollout\n  %PROGRAM% abort guestbook")]
pub(crate) struct Args {
    /// Names of rollouts
    #[arg(required = true, value_name = "ROLLOUT_NAME")]
    names: Vec<String>,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let cluster = context.cluster().await?;
    for name in args.names {
        let rollout = patch_status(&cluster, &name, &merge("status", "abort", true)).await?;
        io.line(format!("rollout '{}' aborted", rollout.name()))?;
    }
    Ok(())
}

/// Patches the status of a Rollout; through the Rollout itself where it has no status of its own.
pub(super) async fn patch_status(cluster: &Cluster, name: &str, body: &Json) -> Result<Json, Error> {
    match cluster.patch_status(ROLLOUTS, name, body).await? {
        Some(rollout) => Ok(rollout),
        None => cluster.patch(ROLLOUTS, name, Change::Merge, body).await,
    }
}

//! `pause`: hold a rollout where it is.

use crate::cluster::{Change, merge};
use crate::json::Read as _;
use crate::resource::ROLLOUTS;
use crate::{Context, Error, Io};

/// Pause a rollout
///
/// It stays where it is until it is promoted.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  # Pause a rollout\n  %PROGRAM% pause guestbook")]
pub(crate) struct Args {
    /// Names of rollouts
    #[arg(required = true, value_name = "ROLLOUT_NAME")]
    names: Vec<String>,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let cluster = context.cluster().await?;
    for name in args.names {
        let body = merge("spec", "paused", true);
        let rollout = cluster.patch(ROLLOUTS, &name, Change::Merge, &body).await?;
        io.line(format!("rollout '{}' paused", rollout.name()))?;
    }
    Ok(())
}

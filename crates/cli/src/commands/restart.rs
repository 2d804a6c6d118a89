//! `restart`: replace all pods, now or later.

use jiff::{SignedDuration, Timestamp};

use crate::cluster::{Change, merge};
use crate::json::Read as _;
use crate::resource::ROLLOUTS;
use crate::{Context, Error, Io, go_duration};

/// Restart the pods of a rollout
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Restart the pods of a rollout in ten seconds\n  %PROGRAM% restart ROLLOUT_NAME --in 10s"
)]
pub(crate) struct Args {
    /// Name of the rollout
    #[arg(value_name = "ROLLOUT_NAME")]
    name: String,
    /// Amount of time before a restart. (e.g. 30s, 5m, 1h)
    #[arg(short, long = "in", value_name = "DURATION")]
    wait: Option<String>,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let wait = args.wait.as_deref().unwrap_or("0s");
    let length = SignedDuration::try_from(go_duration::parse(wait)?).unwrap_or(SignedDuration::MAX);
    let moment = context.env.now().saturating_add(length).unwrap_or(Timestamp::MAX);
    let cluster = context.cluster().await?;
    let body = merge("spec", "restartAt", crd::Time::from(moment).to_string());
    let rollout = cluster.patch(ROLLOUTS, &args.name, Change::Merge, &body).await?;
    io.line(format!("rollout '{}' restarts in {wait}", rollout.name()))
}

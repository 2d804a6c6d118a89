//! `status`: wait until a rollout is healthy or degraded (spec cli-commands 9).

use std::time::Duration;

use futures::StreamExt as _;

use crate::info::phase::{self, Phase};
use crate::resource::ROLLOUTS;
use crate::{Cluster, Context, Error, Io, go_duration, stop, watch};

/// Show the status of a rollout
///
/// Waits until the rollout is healthy or degraded, and ends with 0 for healthy only.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Watch the rollout until it succeeds\n  %PROGRAM% status guestbook\n\n  # Show the rollout status and exit\n  %PROGRAM% status guestbook --watch=false\n\n  # Watch the rollout until it succeeds, fail if it takes more than 60 seconds\n  %PROGRAM% status guestbook --timeout 60s"
)]
pub(crate) struct Args {
    /// Name of the rollout
    #[arg(value_name = "ROLLOUT_NAME")]
    name: String,
    /// Watch the status of the rollout until it's done
    #[arg(short, long, default_value_t = true, default_missing_value = "true", num_args = 0..=1,
          require_equals = true, action = clap::ArgAction::Set)]
    watch: bool,
    /// The length of time to watch before giving up. Zero means wait forever
    #[arg(short, long, default_value = "0", value_name = "DURATION")]
    timeout: String,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let limit = go_duration::parse(&args.timeout)?;
    let cluster = context.cluster().await?;
    let first = read(&cluster, &args.name).await?;
    if !args.watch {
        io.line(match first.word.as_str() {
            "Healthy" | "Degraded" => first.word.clone(),
            word => format!("{word} - {}", first.message),
        })?;
        return judged(&first, Ok(()));
    }
    watched(&cluster, &args.name, first, limit, io).await?;
    let last = read(&cluster, &args.name).await?;
    judged(&last, Err(Error::new("Rollout status watch exceeded timeout")))
}

async fn read(cluster: &Cluster, name: &str) -> Result<Phase, Error> {
    Ok(phase::of(&cluster.look_up(ROLLOUTS, name).await?))
}

/// Prints a line for each new text until the phase is final or time is up.
async fn watched(
    cluster: &Cluster,
    name: &str,
    first: Phase,
    limit: Duration,
    io: &mut Io<'_>,
) -> Result<(), Error> {
    let fields = Some(format!("metadata.name={name}"));
    let states = watch::states(cluster, ROLLOUTS, Some(&cluster.namespace), fields);
    // A failed watch is tried again by itself.
    let mut phases =
        std::pin::pin!(states.filter_map(|state| std::future::ready(state.ok().map(|it| phase::of(&it)))));
    let end = async {
        if limit.is_zero() { std::future::pending().await } else { tokio::time::sleep(limit).await }
    };
    let mut end = std::pin::pin!(end);
    let mut stopped = std::pin::pin!(stop::asked());
    let mut phase = first;
    let mut printed = String::new();
    loop {
        let text = line(&phase);
        if text != printed {
            io.line(&text)?;
            printed = text;
        }
        if is_final(&phase) {
            return Ok(());
        }
        tokio::select! {
            next = phases.next() => match next {
                Some(next) => phase = next,
                None => return Ok(()),
            },
            () = &mut end => return Ok(()),
            () = &mut stopped => return Ok(()),
        }
    }
}

fn line(phase: &Phase) -> String {
    if phase.message.is_empty() { phase.word.clone() } else { format!("{} - {}", phase.word, phase.message) }
}

fn is_final(phase: &Phase) -> bool {
    matches!(phase.word.as_str(), "Healthy" | "Degraded")
}

/// Healthy is success, degraded is failure, and of the rest the caller knows.
fn judged(phase: &Phase, otherwise: Result<(), Error>) -> Result<(), Error> {
    match phase.word.as_str() {
        "Healthy" => Ok(()),
        "Degraded" => {
            let message = &phase.message;
            Err(Error::new(format!("The rollout is in a degraded state with message: {message}")))
        }
        _ => otherwise,
    }
}

//! `explain`: what a rollout waits for, since when, and what would end it.

mod show;

use clap::ValueEnum;
use rollout::{Explanation, Observed};
use serde_json::{Value as Json, json};

use crate::{Cluster, Context, Error, Io};
use show::Typed;

/// Explain what a rollout waits for, since when, and what would end it
///
/// Reads what the controller's next look would read, and decides as it would; nothing is written.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Why does it not go on?\n  %PROGRAM% explain rollout guestbook\n\n  # For machines\n  %PROGRAM% explain rollout guestbook -o json"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    #[command(visible_aliases = ["ro", "rollouts"])]
    Rollout(Rollout),
}

/// Explain what a rollout waits for, since when, and what would end it
///
/// Reads what the controller's next look would read, and decides as it would; nothing is written.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Why does it not go on?\n  %PROGRAM% explain rollout guestbook\n\n  # For machines\n  %PROGRAM% explain rollout guestbook -o json"
)]
struct Rollout {
    /// Name of the rollout
    #[arg(value_name = "ROLLOUT_NAME")]
    name: String,
    /// How to write it: for people if not given
    #[arg(short, long, value_enum)]
    output: Option<Output>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Json,
    Yaml,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let What::Rollout(Rollout { name, output }) = args.what;
    let cluster = context.cluster().await?;
    let now = context.env.now();
    let observed = observe(&cluster, &name, context).await?;
    let why = rollout::explain(&observed, &rollout::reconcile(&observed, now), now);
    let typed = Typed::new(context, &name);
    io.text(match output {
        None => show::text(&why, &cluster.namespace, &typed, context.env),
        Some(output) => for_machines(output, &why, &cluster.namespace, &typed)?,
    })
}

/// What the controller's next look would see, as far as it can be read.
async fn observe(cluster: &Cluster, name: &str, context: &Context<'_>) -> Result<Observed, Error> {
    let read = cluster::observe(&cluster.client, &cluster.namespace, name).await;
    let Some(mut observed) = read.map_err(unreadable)? else {
        return Err(super::journals::unknown(cluster, name, context));
    };
    observed.answers = rollout::recalled(&observed, context.env.now());
    Ok(observed)
}

fn unreadable(error: cluster::Error) -> Error {
    match error {
        cluster::Error::Read { key, source } => match *source {
            kube::Error::Api(status) if status.code == 403 => Error::new(format!(
                "cannot read {key}: {}; ask for the right to get and list what a Rollout refers to",
                status.message
            )),
            kube::Error::Api(status) => Error::new(format!("cannot read {key}: {}", status.message)),
            source => source.into(),
        },
        other => Error::new(other.to_string()),
    }
}

fn for_machines(output: Output, why: &Explanation, namespace: &str, typed: &Typed) -> Result<String, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::new(format!("cannot write the explanation: {error}"));
    let mut value = json!({"rollout": typed.name, "namespace": namespace});
    let told = serde_json::to_value(why).map_err(|error| failed(&error))?;
    if let (Some(into), Json::Object(mut told)) = (value.as_object_mut(), told) {
        for wait in told.get_mut("waits").and_then(Json::as_array_mut).into_iter().flatten() {
            for remedy in wait.get_mut("remedies").and_then(Json::as_array_mut).into_iter().flatten() {
                if let Some(command) = remedy.get_mut("command") {
                    *command = typed.command(command.as_str().unwrap_or_default()).into();
                }
            }
        }
        into.append(&mut told);
    }
    match output {
        Output::Json => Ok(format!("{value:#}\n")),
        Output::Yaml => crd::yaml::to_string(&value).map_err(|error| failed(&error)),
    }
}

//! `get rollout`: its state and its tree (spec cli-get-tree).

use std::time::Duration;

use clap::ValueEnum;
use serde_json::Value as Json;
use tokio::time::Instant;

use super::get::CLEAR;
use crate::info::{Objects, rollout};
use crate::json::Read as _;
use crate::render::tree::{Detail, View};
use crate::render::{Paint, header};
use crate::resource::{ANALYSIS_RUNS, DEPLOYMENTS, EXPERIMENTS, PODS, REPLICA_SETS, ROLLOUTS};
use crate::watch::Mirror;
use crate::{Cluster, Context, Error, Io, stop};

/// No two prints are closer than this, so that a burst of changes is one.
const QUIET: Duration = Duration::from_millis(200);
/// Ages are renewed this often.
const TICK: Duration = Duration::from_secs(1);

/// Get details about a rollout
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Get a rollout\n  %PROGRAM% get rollout guestbook\n\n  # Watch progress of a rollout\n  %PROGRAM% get rollout guestbook -w\n\n  # The object itself, for scripts\n  %PROGRAM% get rollout guestbook -o json"
)]
pub(crate) struct Args {
    /// Name of the rollout
    #[arg(value_name = "ROLLOUT_NAME")]
    name: String,
    /// Watch live updates to the rollout
    #[arg(short, long)]
    watch: bool,
    /// Do not colorize output
    #[arg(long)]
    no_color: bool,
    /// Stop watching after this many seconds, 0 for never
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    timeout_seconds: u64,
    /// The object itself, or a tree with more in it
    #[arg(short, long, value_enum)]
    output: Option<Output>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Json,
    Yaml,
    Wide,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let cluster = context.cluster().await?;
    let (object, objects) = read(&cluster, &args.name).await?;
    let text = |object: &Json, objects: &Objects| shown(&args, context, object, objects);
    if !args.watch {
        return io.text(text(&object, &objects)?);
    }
    let limit = Duration::from_secs(args.timeout_seconds);
    tokio::select! {
        biased;
        done = watch(&cluster, &args.name, io, (object, objects), text) => done,
        () = tokio::time::sleep(limit), if !limit.is_zero() => Ok(()),
        () = stop::asked() => Ok(()),
    }
}

fn shown(args: &Args, context: &Context<'_>, object: &Json, objects: &Objects) -> Result<String, Error> {
    match args.output {
        Some(Output::Json) => Ok(format!("{object:#}\n")),
        Some(Output::Yaml) => {
            let written = crd::yaml::to_string(object);
            written.map_err(|error| Error::new(format!("cannot write the rollout as YAML: {error}")))
        }
        other => {
            let detail = if other == Some(Output::Wide) { Detail::Wide } else { Detail::Normal };
            let paint = if args.no_color { Paint::Plain } else { context.env.paint };
            let info = rollout::of(object, objects);
            let tree = View { paint, now: context.env.now(), detail }.rollout(&info);
            Ok(format!("{}\n{tree}", header::rollout(&info, paint)))
        }
    }
}

/// The Rollout and what is needed to show it.
async fn read(cluster: &Cluster, name: &str) -> Result<(Json, Objects), Error> {
    let rollout = cluster.look_up(ROLLOUTS, name).await?;
    if rollout.has("/spec/workloadRef") {
        cluster.look_up(DEPLOYMENTS, rollout.text("/spec/workloadRef/name")).await?;
    }
    let (replica_sets, pods, experiments, analysis_runs) = tokio::try_join!(
        cluster.list(REPLICA_SETS),
        cluster.list(PODS),
        cluster.list(EXPERIMENTS),
        cluster.list(ANALYSIS_RUNS)
    )?;
    Ok((rollout, Objects { replica_sets, pods, experiments, analysis_runs }))
}

/// Prints now, at each change, and each second; a Rollout that is gone leaves its last view.
async fn watch(
    cluster: &Cluster,
    name: &str,
    io: &mut Io<'_>,
    (mut object, mut objects): (Json, Objects),
    text: impl Fn(&Json, &Objects) -> Result<String, Error>,
) -> Result<(), Error> {
    let mut mirror = Mirror::of(cluster, &[ROLLOUTS, REPLICA_SETS, PODS, EXPERIMENTS, ANALYSIS_RUNS]);
    loop {
        io.text(format!("{CLEAR}{}", text(&object, &objects)?))?;
        let printed = Instant::now();
        let mut until = printed + TICK;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => break,
                () = mirror.changed() => {
                    if mirror.complete() && renew(&mirror, name, &mut object, &mut objects) {
                        until = until.min((printed + QUIET).max(Instant::now()));
                    }
                }
            }
        }
    }
}

/// Takes over what the mirror shows; whether anything is different.
fn renew(mirror: &Mirror, name: &str, object: &mut Json, objects: &mut Objects) -> bool {
    let Some(rollout) = mirror.all(ROLLOUTS).into_iter().find(|rollout| rollout.name() == name) else {
        return false;
    };
    let new = Objects {
        replica_sets: mirror.all(REPLICA_SETS),
        pods: mirror.all(PODS),
        experiments: mirror.all(EXPERIMENTS),
        analysis_runs: mirror.all(ANALYSIS_RUNS),
    };
    let changed = rollout::of(&rollout, &new) != rollout::of(object, objects);
    (*object, *objects) = (rollout, new);
    changed
}

//! `get experiment`: its state and its tree.

use std::time::Duration;

use clap::ValueEnum;
use serde_json::Value as Json;

use super::get::CLEAR;
use crate::info::{Objects, experiment};
use crate::render::tree::{Detail, View};
use crate::render::{Paint, header};
use crate::resource::{ANALYSIS_RUNS, EXPERIMENTS, PODS, REPLICA_SETS};
use crate::{Cluster, Context, Error, Io, stop};

/// Get details about an experiment
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Get an experiment\n  %PROGRAM% get experiment my-experiment\n\n  # Watch an experiment's progress\n  %PROGRAM% get experiment my-experiment -w\n\n  # The object itself\n  %PROGRAM% get experiment my-experiment -o yaml"
)]
pub(crate) struct Args {
    /// Name of the experiment
    #[arg(value_name = "EXPERIMENT_NAME")]
    name: String,
    /// Watch live updates to the experiment
    #[arg(short, long, conflicts_with = "output")]
    watch: bool,
    /// As the object that it is
    #[arg(short, long, value_enum)]
    output: Option<Output>,
    /// Do not colorize output
    #[arg(long)]
    no_color: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Json,
    Yaml,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let cluster = context.cluster().await?;
    let paint = if args.no_color { Paint::Plain } else { context.env.paint };
    let shown = |(object, objects): (Json, Objects)| {
        let info = experiment::of(&object, &objects);
        let view = View { paint, now: context.env.now(), detail: Detail::Normal };
        format!("{}\n{}", header::experiment(&info, paint), view.experiment(&info))
    };
    if let Some(output) = args.output {
        let object = cluster.look_up(EXPERIMENTS, &args.name).await?;
        return io.text(match output {
            Output::Json => format!("{object:#}\n"),
            Output::Yaml => crd::yaml::to_string(&object)
                .map_err(|error| Error::new(format!("cannot write the experiment: {error}")))?,
        });
    }
    let first = shown(read(&cluster, &args.name).await?);
    if !args.watch {
        return io.text(first);
    }
    io.text(format!("{CLEAR}{first}"))?;
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            () = stop::asked() => return Ok(()),
        }
        // One that is gone leaves its last view.
        if let Ok(read) = read(&cluster, &args.name).await {
            io.text(format!("{CLEAR}{}", shown(read)))?;
        }
    }
}

async fn read(cluster: &Cluster, name: &str) -> Result<(Json, Objects), Error> {
    let experiment = cluster.look_up(EXPERIMENTS, name).await?;
    let (replica_sets, pods, analysis_runs) =
        tokio::try_join!(cluster.list(REPLICA_SETS), cluster.list(PODS), cluster.list(ANALYSIS_RUNS))?;
    Ok((experiment, Objects { replica_sets, pods, experiments: Vec::new(), analysis_runs }))
}

//! The commands: one file each, one row each.

mod abort;
pub(crate) mod complete;
mod completion;
mod create;
mod create_analysis_run;
mod demo;
mod explain;
mod get;
mod get_analysis_run;
mod get_experiment;
mod get_release;
mod get_rollout;
mod history;
mod journals;
mod judge;
mod lint;
mod list;
mod list_analysis_runs;
mod list_experiments;
mod list_rollouts;
mod pause;
mod plan;
mod promote;
mod replay;
mod restart;
mod retry;
pub(crate) mod set_image;
mod simulate;
mod status;
mod terminate;
mod test;
mod undo;
mod verify;
mod version;

use clap::Subcommand;

use crate::{Context, Error, Io};

/// How each command is written after the program's name, by the way to it.
pub(crate) const USAGES: &[(&[&str], &str)] = &[
    (&[], "COMMAND [flags]"),
    (&["abort"], "abort ROLLOUT_NAME [flags]"),
    (&["completion"], "completion [bash|zsh|fish|powershell]"),
    (&["create"], "create [flags]"),
    (&["create", "analysisrun"], "create analysisrun [flags]"),
    (&["demo"], "demo [flags]"),
    (&["explain"], "explain rollout ROLLOUT_NAME [flags]"),
    (&["explain", "rollout"], "explain rollout ROLLOUT_NAME [flags]"),
    (&["get"], "get <rollout|experiment|analysisrun|release> RESOURCE_NAME [flags]"),
    (&["get", "analysisrun"], "get analysisrun ANALYSISRUN_NAME [flags]"),
    (&["get", "experiment"], "get experiment EXPERIMENT_NAME [flags]"),
    (&["get", "release"], "get release GROUP [flags]"),
    (&["get", "rollout"], "get rollout ROLLOUT_NAME [flags]"),
    (&["history"], "history rollout ROLLOUT_NAME [flags]"),
    (&["history", "rollout"], "history rollout ROLLOUT_NAME [flags]"),
    (&["judge"], "judge CANARY_CSV STABLE_CSV [flags]"),
    (&["lint"], "lint PATH... [flags]"),
    (&["list"], "list <rollout|experiment|analysisrun> [flags]"),
    (&["list", "analysisruns"], "list analysisruns [flags]"),
    (&["list", "experiments"], "list experiments [flags]"),
    (&["list", "rollouts"], "list rollouts [flags]"),
    (&["pause"], "pause ROLLOUT_NAME [flags]"),
    (&["plan"], "plan PATH... [flags]"),
    (&["promote"], "promote ROLLOUT_NAME [flags]"),
    (&["replay"], "replay <rollout ROLLOUT_NAME|-f FILE> [flags]"),
    (&["replay", "rollout"], "replay rollout ROLLOUT_NAME [flags]"),
    (&["restart"], "restart ROLLOUT_NAME [flags]"),
    (&["retry"], "retry <rollout|experiment> RESOURCE_NAME [flags]"),
    (&["retry", "experiment"], "retry experiment EXPERIMENT_NAME [flags]"),
    (&["retry", "rollout"], "retry rollout ROLLOUT_NAME [flags]"),
    (&["set"], "set COMMAND [flags]"),
    (&["set", "image"], "set image ROLLOUT_NAME CONTAINER=IMAGE [flags]"),
    (&["simulate"], "simulate PATH... [flags]"),
    (&["status"], "status ROLLOUT_NAME [flags]"),
    (&["terminate"], "terminate <analysisrun|experiment> RESOURCE_NAME [flags]"),
    (&["terminate", "analysisrun"], "terminate analysisrun ANALYSISRUN_NAME [flags]"),
    (&["terminate", "experiment"], "terminate experiment EXPERIMENT_NAME [flags]"),
    (&["test"], "test PATH... [flags]"),
    (&["undo"], "undo ROLLOUT_NAME [flags]"),
    (&["verify"], "verify -f REGIONS_FILE [flags]"),
    (&["version"], "version [flags]"),
];

/// One row a command.
#[derive(Subcommand)]
pub(crate) enum Command {
    Abort(abort::Args),
    #[command(skip)]
    Complete(complete::Request),
    Completion(completion::Args),
    Create(create::Args),
    Demo(demo::Args),
    Explain(explain::Args),
    Get(get::Args),
    History(history::Args),
    Judge(judge::Args),
    Lint(lint::Args),
    List(list::Args),
    Pause(pause::Args),
    Plan(plan::Args),
    Promote(promote::Args),
    Replay(replay::Args),
    Restart(restart::Args),
    Retry(retry::Args),
    Set(set_image::Args),
    Simulate(simulate::Args),
    Status(status::Args),
    Terminate(terminate::Args),
    Test(test::Args),
    Undo(undo::Args),
    Verify(verify::Args),
    Version(version::Args),
}

pub(crate) async fn run(command: Command, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    match command {
        Command::Abort(args) => abort::run(args, context, io).await,
        Command::Complete(request) => complete::run(request, context, io).await,
        Command::Completion(args) => completion::run(&args, context, io),
        Command::Create(args) => create::run(args, context, io).await,
        Command::Demo(args) => demo::run(args, context, io).await,
        Command::Explain(args) => explain::run(args, context, io).await,
        Command::Get(args) => get::run(args, context, io).await,
        Command::History(args) => history::run(args, context, io).await,
        Command::Judge(args) => judge::run(&args, context, io),
        Command::Lint(args) => lint::run(&args, context, io),
        Command::List(args) => list::run(args, context, io).await,
        Command::Pause(args) => pause::run(args, context, io).await,
        Command::Plan(args) => plan::run(&args, context, io),
        Command::Promote(args) => promote::run(args, context, io).await,
        Command::Replay(args) => replay::run(args, context, io).await,
        Command::Restart(args) => restart::run(args, context, io).await,
        Command::Retry(args) => retry::run(args, context, io).await,
        Command::Set(args) => set_image::run(args, context, io).await,
        Command::Simulate(args) => simulate::run(&args, context, io),
        Command::Status(args) => status::run(args, context, io).await,
        Command::Terminate(args) => terminate::run(args, context, io).await,
        Command::Test(args) => test::run(&args, context, io),
        Command::Undo(args) => undo::run(args, context, io).await,
        Command::Verify(args) => verify::run(args, context, io).await,
        Command::Version(args) => version::run(&args, context, io),
    }
}

//! `promote`: go on, or go to the end (spec cli-commands 3).

use serde_json::{Value as Json, json};

use crate::cluster::{Change, merge};
use crate::info::{Strategy, weight};
use crate::json::Read as _;
use crate::resource::ROLLOUTS;
use crate::{Context, Error, Io};

/// Promote a rollout
///
/// A paused rollout goes on; a running step is skipped.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Promote a paused rollout\n  %PROGRAM% promote guestbook\n\n  # Fully promote a rollout to desired version, skipping analysis, pauses, and steps\n  %PROGRAM% promote guestbook --full"
)]
pub(crate) struct Args {
    /// Name of the rollout
    #[arg(value_name = "ROLLOUT_NAME")]
    name: String,
    /// Perform a full promotion, skipping analysis, pauses, and steps
    #[arg(long)]
    full: bool,
    #[arg(short = 'c', long, hide = true)]
    skip_current_step: bool,
    #[arg(short = 'a', long, hide = true)]
    skip_all_steps: bool,
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Next,
    Full,
    SkipCurrent,
    SkipAll,
}

/// What is written: status and specification apart, or, where status is no subresource, both together.
#[derive(Debug, Default, PartialEq)]
struct Patches {
    status: Option<Json>,
    spec: Option<Json>,
    unified: Option<Json>,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let mode = mode(&args, io)?;
    let cluster = context.cluster().await?;
    let rollout = cluster.get(ROLLOUTS, &args.name).await?;
    let mut patches = patches(mode, &rollout)?;
    if let Some(body) = &patches.status
        && cluster.patch_status(ROLLOUTS, &args.name, body).await?.is_none()
    {
        patches.spec = patches.unified;
    }
    if let Some(body) = &patches.spec {
        cluster.patch(ROLLOUTS, &args.name, Change::Merge, body).await?;
    }
    let how = if args.full { "fully promoted" } else { "promoted" };
    io.line(format!("rollout '{}' {how}", rollout.name()))
}

/// The mode, after saying which flags have better names now.
fn mode(args: &Args, io: &mut Io<'_>) -> Result<Mode, Error> {
    if args.skip_all_steps {
        io.note("Flag --skip-all-steps has been deprecated, use --full instead")?;
    }
    if args.skip_current_step {
        let better = "use without the flag instead ex: promote ROLLOUT_NAME";
        io.note(format!("Flag --skip-current-step has been deprecated, {better}"))?;
    }
    match (args.skip_current_step, args.skip_all_steps, args.full) {
        (true, true, _) => {
            Err(Error::new("Cannot use skip-current-step and skip-all-steps flags at the same time"))
        }
        (true, false, _) => Ok(Mode::SkipCurrent),
        (false, true, _) => Ok(Mode::SkipAll),
        (false, false, true) => Ok(Mode::Full),
        (false, false, false) => Ok(Mode::Next),
    }
}

fn patches(mode: Mode, rollout: &Json) -> Result<Patches, Error> {
    let steps = weight::steps(rollout).len();
    let strategy = Strategy::of(rollout);
    match mode {
        Mode::SkipCurrent | Mode::SkipAll if strategy == Strategy::BlueGreen => {
            Err(Error::new("Cannot skip steps of a bluegreen rollout. Run without a flags"))
        }
        Mode::SkipCurrent | Mode::SkipAll if steps == 0 => {
            Err(Error::new("Cannot skip steps of a rollout without steps"))
        }
        Mode::SkipCurrent => Ok(to_step(next(rollout))),
        Mode::SkipAll => Ok(to_step(steps)),
        Mode::Full => Ok(full(rollout)),
        Mode::Next => Ok(onwards(rollout, strategy == Strategy::Canary && steps > 0)),
    }
}

/// The step after the current one, or the end.
fn next(rollout: &Json) -> usize {
    let index = usize::try_from(rollout.count("/status/currentStepIndex")).unwrap_or(0);
    if index < weight::steps(rollout).len() { index + 1 } else { index }
}

fn to_step(index: usize) -> Patches {
    let body = merge("status", "currentStepIndex", index);
    Patches { status: Some(body.clone()), spec: None, unified: Some(body) }
}

fn full(rollout: &Json) -> Patches {
    let promoted = rollout.text("/status/currentPodHash") == rollout.text("/status/stableRS");
    Patches {
        status: (!promoted).then(|| merge("status", "promoteFull", true)),
        spec: unpaused(rollout),
        unified: Some(json!({"spec": {"paused": false}, "status": {"promoteFull": true}})),
    }
}

/// Out of a pause, or past the step that is being carried out.
fn onwards(rollout: &Json, has_index: bool) -> Patches {
    let paused = !rollout.list("/status/pauseConditions").is_empty();
    let judged = rollout.text("/status/canary/currentStepAnalysisRunStatus/status");
    let undecided = paused && judged == "Inconclusive" && rollout.flag("/status/controllerPause");
    let unified = |status: Json| Some(json!({"spec": {"paused": false}, "status": status}));
    let cleared = || json!({"pauseConditions": null});
    let moved = || json!({"pauseConditions": null, "currentStepIndex": next(rollout)});
    let (status, unified) = if has_index && undecided {
        let all =
            json!({"pauseConditions": null, "controllerPause": false, "currentStepIndex": next(rollout)});
        (Some(all), unified(cleared()))
    } else if paused {
        (Some(cleared()), unified(cleared()))
    } else if has_index {
        (Some(moved()), unified(moved()))
    } else {
        (None, unified(cleared()))
    };
    Patches { status: status.map(|status| json!({"status": status})), spec: unpaused(rollout), unified }
}

fn unpaused(rollout: &Json) -> Option<Json> {
    rollout.flag("/spec/paused").then(|| merge("spec", "paused", false))
}

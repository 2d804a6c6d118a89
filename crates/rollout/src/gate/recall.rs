//! What the controller had heard of the regions, from what it wrote down: whoever only reads the cluster knows no more.

use crd::{Beacon, Kind, PluginOperation, PluginPhase, StepPluginStatus};
use jiff::Timestamp;

use super::{SOAKING, SOAKS};
use crate::decision::Question;
use crate::observed::{Answer, Observed, RegionsAnswer};
use crate::reconcile::reconcile;

/// The answers that a pass over `observed` would ask for, as the status of the steps and the beacon remember them.
pub fn recalled(observed: &Observed, now: Timestamp) -> Vec<Answer> {
    let questions = reconcile(observed, now).questions;
    questions.into_iter().filter_map(|question| answer(observed, question)).collect()
}

fn answer(observed: &Observed, question: Question) -> Option<Answer> {
    let Question::RegionsReached { gate, .. } = &question else { return None };
    let statuses = &observed.rollout.status.canary.step_plugin_statuses;
    let running = |status: &&StepPluginStatus| {
        status.index == *gate
            && status.operation == PluginOperation::Run
            && status.phase == Some(PluginPhase::Running)
    };
    let stored = statuses.iter().find(running)?;
    let soaks = stored.status.get(SOAKING).is_some();
    let (answer, verified) = match stored.message.rsplit_once(SOAKS).filter(|_| soaks) {
        Some((summary, _)) => (RegionsAnswer::Passed { summary: summary.to_owned() }, true),
        None => (RegionsAnswer::Waiting { summary: stored.message.clone() }, is_verified(observed)),
    };
    Some(Answer::Regions { question, local: verified.then_some(Ok(())), answer })
}

fn is_verified(observed: &Observed) -> bool {
    let beacons = observed.routes.iter().filter(|(key, _)| key.kind == Kind::CONFIG_MAP);
    let mut read = beacons.filter_map(|(_, object)| {
        serde_json::from_str::<Beacon>(object.get("data")?.get(Beacon::KEY)?.as_str()?).ok()
    });
    read.any(|beacon| beacon.verified)
}

//! Phase and message of a Rollout as it is shown (spec cli-commands 8.1).

use serde_json::Value as Json;

use super::Strategy;
use crate::json::Read as _;

/// A word and, mostly, a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phase {
    pub(crate) word: String,
    pub(crate) message: String,
}

pub(crate) fn of(rollout: &Json) -> Phase {
    if !observed(rollout) {
        return progressing("waiting for rollout spec update to be observed");
    }
    if rollout.flag("/status/controllerPause") && rollout.list("/status/pauseConditions").is_empty() {
        return progressing("waiting for rollout to unpause");
    }
    if !rollout.text("/status/phase").is_empty() {
        return phase(rollout.text("/status/phase"), rollout.text("/status/message"));
    }
    (degraded(rollout).or_else(|| paused(rollout)))
        .or_else(|| waiting_for(rollout).map(progressing))
        .unwrap_or_else(|| phase("Healthy", ""))
}

/// Whether the controller has seen the newest specification. What is not a number counts as seen.
fn observed(rollout: &Json) -> bool {
    let seen: Result<i64, _> = rollout.text("/status/observedGeneration").parse();
    seen.map_or(true, |seen| seen >= rollout.count("/metadata/generation"))
}

fn degraded(rollout: &Json) -> Option<Phase> {
    rollout.list("/status/conditions").iter().find_map(|condition| {
        let (kind, reason, message) =
            (condition.text("/type"), condition.text("/reason"), condition.text("/message"));
        if kind == "InvalidSpec" {
            Some(phase("Degraded", &format!("InvalidSpec: {message}")))
        } else if matches!(reason, "RolloutAborted" | "ProgressDeadlineExceeded") {
            Some(phase("Degraded", &format!("{reason}: {message}")))
        } else {
            None
        }
    })
}

fn paused(rollout: &Json) -> Option<Phase> {
    if rollout.flag("/spec/paused") {
        return Some(phase("Paused", "manually paused"));
    }
    let first = rollout.list("/status/pauseConditions").first()?;
    Some(phase("Paused", first.text("/reason")))
}

fn waiting_for(rollout: &Json) -> Option<&'static str> {
    let updated = rollout.count("/status/updatedReplicas");
    let restart = rollout.text("/spec/restartAt");
    if !restart.is_empty() && restart != rollout.text("/status/restartedAt") {
        return Some("rollout is restarting");
    }
    if updated < desired(rollout) {
        return Some("more replicas need to be updated");
    }
    if rollout.count("/status/availableReplicas") < updated {
        return Some("updated replicas are still becoming available");
    }
    match Strategy::of(rollout) {
        Strategy::BlueGreen => blue_green_waits_for(rollout),
        Strategy::Canary => canary_waits_for(rollout, updated),
        Strategy::Unknown => None,
    }
}

fn blue_green_waits_for(rollout: &Json) -> Option<&'static str> {
    let newest = rollout.text("/status/currentPodHash");
    let is_newest = |pointer| !rollout.text(pointer).is_empty() && rollout.text(pointer) == newest;
    if !is_newest("/status/blueGreen/activeSelector") {
        return Some("active service cutover pending");
    }
    if is_newest("/status/stableRS") {
        return None;
    }
    let judged = rollout.text("/status/blueGreen/postPromotionAnalysisRunStatus/status");
    let completed = matches!(judged, "Successful" | "Failed" | "Error" | "Inconclusive");
    let analysed = rollout.has("/spec/strategy/blueGreen/postPromotionAnalysis");
    Some(if analysed && !completed {
        "waiting for analysis to complete"
    } else {
        "waiting for post-promotion verification to complete"
    })
}

fn canary_waits_for(rollout: &Json, updated: i64) -> Option<&'static str> {
    let routed = rollout.has("/spec/strategy/canary/trafficRouting");
    let stable = rollout.text("/status/stableRS");
    if !routed && rollout.count("/status/replicas") > updated {
        Some("old replicas are pending termination")
    } else if stable.is_empty() || stable != rollout.text("/status/currentPodHash") {
        Some("waiting for all steps to complete")
    } else {
        None
    }
}

/// The wanted number of pods.
pub(crate) fn desired(rollout: &Json) -> i64 {
    rollout.int("/spec/replicas").unwrap_or(1)
}

fn progressing(message: &str) -> Phase {
    phase("Progressing", message)
}

fn phase(word: &str, message: &str) -> Phase {
    Phase { word: word.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod vectors {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Row {
        case: String,
        not_served: String,
        metadata: Json,
        spec: Json,
        status: Json,
        phase: String,
        message: String,
    }

    /// Each row says how it ended, for `cargo xtask test vectors`.
    fn check(table: &str) {
        let rows: Vec<Row> = crd::yaml::from_str(table).unwrap();
        let mut wrong = Vec::new();
        for row in rows {
            if !row.not_served.is_empty() {
                println!("VECTOR {} not-served {}", row.case, row.not_served);
                continue;
            }
            let found = of(&json!({"metadata": row.metadata, "spec": row.spec, "status": row.status}));
            let outcome = if found == phase(&row.phase, &row.message) { "passed" } else { "failed" };
            println!("VECTOR {} {outcome}", row.case);
            if outcome == "failed" {
                wrong.push(format!("{}: {found:?}", row.case));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_client_says_that_a_status_is_of_an_older_generation() {
        check(include_str!("../../../../fixtures/rollout/client.yaml"));
    }

    #[test]
    fn a_client_computes_the_phase_where_none_is_stored_as_the_controller_does() {
        check(include_str!("../../../../fixtures/rollout/phase.yaml"));
    }
}

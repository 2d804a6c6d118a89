//! The status of a Deployment.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Sets;
use super::rolling::available;
use crate::controllers::write;
use crate::meta::{self, items, number};

const TOO_LATE: &str = "ProgressDeadlineExceeded";

/// The status, and when the progress deadline is over.
pub(super) fn status(sets: &Sets, now: Timestamp) -> (Value, Option<Timestamp>) {
    let deployment = &sets.deployment;
    let wanted = number(deployment, &["spec", "replicas"]).unwrap_or(1);
    let sum = |field: &str| -> i64 { sets.all().filter_map(|set| number(set, &["status", field])).sum() };
    let (present, available_now) = (sum("replicas"), sets.all().map(|set| available(set)).sum::<i64>());
    let updated = sets.new.as_ref().and_then(|set| number(set, &["status", "replicas"])).unwrap_or(0);
    let mut status = write::counts([
        ("replicas", present),
        ("updatedReplicas", updated),
        ("readyReplicas", sum("readyReplicas")),
        ("availableReplicas", available_now),
        ("unavailableReplicas", (wanted.max(present) - available_now).max(0)),
        ("observedGeneration", number(deployment, &["metadata", "generation"]).unwrap_or(0)),
    ]);
    let complete = updated == wanted && present == wanted && available_now >= wanted;
    let before = &deployment["status"];
    let counted = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"];
    let progressed = counted.iter().any(|count| before.get(count) != status.get(count));
    let deadline = deadline(deployment).filter(|_| !complete);
    // Too late stays too late until something moves.
    let was_late = items(deployment, &["status", "conditions"]).iter().any(|one| one["reason"] == TOO_LATE);
    let late = !progressed && !complete && (was_late || deadline.is_some_and(|deadline| deadline <= now));
    status["conditions"] = json!([
        condition(deployment, availability(available_now, wanted, deployment), false, now),
        condition(deployment, progress(sets, complete, late), progressed, now),
    ]);
    let next = if progressed || late { None } else { deadline.filter(|deadline| *deadline > now) };
    (status, next)
}

type Said = (&'static str, &'static str, &'static str, String);

fn availability(available: i64, wanted: i64, deployment: &Value) -> Said {
    let limit = &deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"];
    let percent = limit.as_str().and_then(|text| text.strip_suffix('%')?.parse::<i64>().ok());
    let missing = percent.map_or(limit.as_i64().unwrap_or(0), |percent| percent * wanted / 100);
    if available >= wanted - missing {
        let message = "Deployment has minimum availability.".to_owned();
        ("Available", "True", "MinimumReplicasAvailable", message)
    } else {
        let message = "Deployment does not have minimum availability.".to_owned();
        ("Available", "False", "MinimumReplicasUnavailable", message)
    }
}

fn progress(sets: &Sets, complete: bool, late: bool) -> Said {
    let name = sets.new.as_ref().map_or("", |set| meta::name(set));
    if complete {
        let message = format!("ReplicaSet {name:?} has successfully progressed.");
        ("Progressing", "True", "NewReplicaSetAvailable", message)
    } else if late {
        let message = format!("ReplicaSet {name:?} has timed out progressing.");
        ("Progressing", "False", TOO_LATE, message)
    } else {
        ("Progressing", "True", "ReplicaSetUpdated", format!("ReplicaSet {name:?} is progressing."))
    }
}

/// The condition, with the times of the one that it replaces where nothing changed.
fn condition(deployment: &Value, said: Said, renewed: bool, now: Timestamp) -> Value {
    let (kind, status, reason, message) = said;
    let old = items(deployment, &["status", "conditions"]).iter().find(|one| one["type"] == kind);
    let now = Value::from(meta::stamp(now));
    let same = |field: &str, value: &str| old.is_some_and(|old| old[field] == value);
    let transition = old.filter(|_| same("status", status)).map_or(&now, |old| &old["lastTransitionTime"]);
    let unchanged = same("status", status) && same("reason", reason) && !renewed;
    let update = old.filter(|_| unchanged).map_or(&now, |old| &old["lastUpdateTime"]);
    json!({
        "type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": transition,
        "lastUpdateTime": update,
    })
}

fn deadline(deployment: &Value) -> Option<Timestamp> {
    let seconds = number(deployment, &["spec", "progressDeadlineSeconds"])?;
    let conditions = items(deployment, &["status", "conditions"]);
    let progressing = conditions.iter().find(|one| one["type"] == "Progressing")?;
    meta::time(progressing, &["lastUpdateTime"])?.checked_add(SignedDuration::from_secs(seconds)).ok()
}

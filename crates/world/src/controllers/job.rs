//! Jobs: run pods until enough of them succeeded or too many failed.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Controller, pods, write};
use crate::WatchEvent;
use crate::meta::{self, items, number, text};
use crate::store::{Id, Store};
use crate::verbs::is_ready;

pub(super) const JOB: Controller = Controller { concerns, sync };

fn concerns(store: &Store, event: &WatchEvent) -> Vec<Id> {
    if pods::is_about(event, "batch", "jobs") {
        return vec![event.id()];
    }
    if pods::is_about(event, "", "pods") { pods::owners(store, event, "batch", "jobs") } else { Vec::new() }
}

/// How a Job stands.
struct Tally {
    active: Vec<Arc<Value>>,
    succeeded: i64,
    failed: i64,
}

fn sync(store: &mut Store, id: &Id, now: Timestamp) -> Option<Timestamp> {
    let job = store.find(id)?.clone();
    if meta::is_deleting(&job) {
        return None;
    }
    if let Some(ended) = ended(&job) {
        return expire(store, id, &job, ended, now);
    }
    let mut tally = Tally::of(store, &job);
    let deadline = deadline(&job);
    if let Some((kind, reason, message)) = verdict(&job, &tally, deadline, now) {
        for pod in &tally.active {
            write::delete(store, &pods::id(pod), "", now);
        }
        tally.active.clear();
        let condition = json!({
            "type": kind, "status": "True", "reason": reason, "message": message,
            "lastProbeTime": meta::stamp(now), "lastTransitionTime": meta::stamp(now),
        });
        write::status(store, id, tally.status(&job, Some(condition), now));
        return None;
    }
    if job["spec"]["suspend"] != true {
        let completions = number(&job, &["spec", "completions"]).unwrap_or(1);
        let parallel = number(&job, &["spec", "parallelism"]).unwrap_or(1);
        let wanted = parallel.min(completions - tally.succeeded);
        for _ in tally.active.len() as i64..wanted {
            pods::make(store, &job, now);
        }
        tally = Tally::of(store, &job);
    }
    write::status(store, id, tally.status(&job, None, now));
    deadline
}

impl Tally {
    fn of(store: &Store, job: &Value) -> Self {
        let all = pods::controlled(store, meta::uid(job));
        let count =
            |phase: &str| all.iter().filter(|pod| text(pod, &["status", "phase"]) == phase).count() as i64;
        let (succeeded, failed) = (count("Succeeded"), count("Failed"));
        Self { active: all.into_iter().filter(|pod| pods::is_active(pod)).collect(), succeeded, failed }
    }

    fn status(&self, job: &Value, condition: Option<Value>, now: Timestamp) -> Value {
        let ready = self.active.iter().filter(|pod| is_ready(pod)).count() as i64;
        let active = self.active.len() as i64;
        let mut status =
            write::counts([("active", active), ("succeeded", self.succeeded), ("failed", self.failed)]);
        status["ready"] = json!(ready);
        let started = text(job, &["status", "startTime"]);
        status["startTime"] = if started.is_empty() { meta::stamp(now).into() } else { started.into() };
        if let Some(condition) = condition {
            if condition["type"] == "Complete" {
                status["completionTime"] = meta::stamp(now).into();
            }
            status["conditions"] = json!([condition]);
        }
        status
    }
}

fn verdict(
    job: &Value,
    tally: &Tally,
    deadline: Option<Timestamp>,
    now: Timestamp,
) -> Option<(&'static str, &'static str, &'static str)> {
    if tally.succeeded >= number(job, &["spec", "completions"]).unwrap_or(1) {
        return Some(("Complete", "CompletionsReached", "Reached expected number of succeeded pods"));
    }
    if tally.failed > number(job, &["spec", "backoffLimit"]).unwrap_or(6) {
        return Some(("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"));
    }
    if deadline.is_some_and(|deadline| deadline <= now) {
        return Some(("Failed", "DeadlineExceeded", "Job was active longer than specified deadline"));
    }
    None
}

fn deadline(job: &Value) -> Option<Timestamp> {
    let seconds = number(job, &["spec", "activeDeadlineSeconds"])?;
    let start = meta::time(job, &["status", "startTime"])?;
    start.checked_add(SignedDuration::from_secs(seconds)).ok()
}

/// When the Job ended, if it has.
fn ended(job: &Value) -> Option<Timestamp> {
    let over =
        |one: &&Value| one["status"] == "True" && (one["type"] == "Complete" || one["type"] == "Failed");
    let condition = items(job, &["status", "conditions"]).iter().find(over)?;
    meta::time(condition, &["lastTransitionTime"])
}

/// Removes an ended Job whose time to live is over.
fn expire(store: &mut Store, id: &Id, job: &Value, ended: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let seconds = number(job, &["spec", "ttlSecondsAfterFinished"])?;
    let end = ended.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    if end > now {
        return Some(end);
    }
    write::delete(store, id, "Background", now);
    None
}

//! Who brought a decision about.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::Entry;
use crate::changes::{self, Change, ROLLOUT};

/// Fields of the status that commands write. All others are the controller's alone.
const USERS: [&str; 6] = [
    "status.abort",
    "status.abortedAt",
    "status.pauseConditions",
    "status.controllerPause",
    "status.promoteFull",
    "status.currentStepIndex",
];

/// Who brought a decision about, as far as the journal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Actor {
    /// Somebody changed the spec, or the status as `promote`, `abort` and `retry` do.
    User,
    /// Nobody: time passed, or the cluster or a measurement moved on.
    Controller,
    /// There is no earlier entry to compare with.
    Unknown,
}

impl Actor {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Controller => "controller",
            Self::Unknown => "-",
        }
    }
}

fn is_template_of_a_workload(change: &Change) -> bool {
    let of = |kind: &str, field: &str| change.object.starts_with(kind) && change.is_in(field);
    of("Deployment ", "spec.template") || of("PodTemplate ", "template")
}

impl Entry {
    /// What changed in the inputs since the entry before, and who did it. What the decision before wrote into the status
    /// is no change: it stands there.
    pub fn since(&self, before: Option<&Self>) -> (Actor, Vec<Change>) {
        let Some(before) = before else { return (Actor::Unknown, Vec::new()) };
        let of_rollout = |change: &Change, section: &str| change.object == ROLLOUT && change.is_in(section);
        let mut changes = changes::between(&before.inputs, &self.inputs);
        changes.retain(|change| !of_rollout(change, "status"));
        let status = self.status_of_a_user(before);
        let spec = changes.iter().any(|change| of_rollout(change, "spec")) && !before.wrote_spec();
        // Of a workload that the Rollout refers to, the template is its users' and the size is ours.
        let template = changes.iter().any(is_template_of_a_workload);
        let actor = if spec || template || !status.is_empty() { Actor::User } else { Actor::Controller };
        changes.extend(status);
        (actor, changes)
    }

    fn status(&self) -> Option<&Value> {
        self.inputs.pointer("/rollout/status")
    }

    /// The status as this decision left it.
    fn status_left(&self) -> Option<&Value> {
        self.decision.get("status").filter(|status| !status.is_null()).or_else(|| self.status())
    }

    /// Whether this decision wrote into the spec: a default that was absent.
    fn wrote_spec(&self) -> bool {
        let because = self.decision.get("because").and_then(Value::as_array).into_iter().flatten();
        because.into_iter().any(|reason| reason.get("rule").is_some_and(|rule| rule == "replicas.default"))
    }

    /// Fields of the status that a person wrote since the entry before. Where more differs than a person writes, an
    /// entry was lost between the two, or the status of the former was not written: then nobody can tell.
    fn status_of_a_user(&self, before: &Self) -> Vec<Change> {
        let none = Value::Object(Map::new());
        let (left, found) = (before.status_left().unwrap_or(&none), self.status().unwrap_or(&none));
        let mut changes = Vec::new();
        changes::compare("status", left, found, &mut |field, from, to| {
            let (object, field) = (ROLLOUT.to_owned(), field.to_owned());
            changes.push(Change { object, field, from: from.clone(), to: to.clone() });
        });
        let of_a_user = |change: &Change| USERS.iter().any(|field| change.is_in(field));
        if self.missed > 0 || !changes.iter().all(of_a_user) {
            changes.clear();
        }
        changes
    }
}

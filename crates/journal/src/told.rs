//! An entry in words.

use crd::RolloutStatus;
use rollout::Action;
use serde::{Deserialize as _, Serialize};
use serde_json::Value;

use crate::Entry;

/// What an entry decided, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// Rules that were named, and what each found.
    pub because: Vec<(String, String)>,
    /// What was done, in order.
    pub actions: Vec<String>,
    /// What the new status says that the old one did not; `None` when none was written.
    pub status: Option<Vec<String>>,
    /// What people were told.
    pub events: Vec<String>,
}

impl Entry {
    /// The decision in words. What cannot be read is left out: `replay` tells of it.
    pub fn told(&self) -> Told {
        let list = |member: &str| self.decision.get(member).and_then(Value::as_array).into_iter().flatten();
        let text = |value: &Value, member: &str| {
            value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let status = self.decision.get("status").and_then(|status| RolloutStatus::deserialize(status).ok());
        let stored = self.inputs.pointer("/rollout/status");
        let stored = stored.and_then(|status| RolloutStatus::deserialize(status).ok()).unwrap_or_default();
        Told {
            because: list("because").map(|reason| (text(reason, "rule"), text(reason, "detail"))).collect(),
            actions: list("actions")
                .filter_map(|action| Some(Action::deserialize(action).ok()?.to_string()))
                .collect(),
            status: status.map(|status| rollout::status_changes(&stored, &status)),
            events: list("events")
                .map(|event| {
                    format!("{} {}: {}", text(event, "kind"), text(event, "reason"), text(event, "message"))
                })
                .collect(),
        }
    }
}

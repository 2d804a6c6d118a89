//! What was told on objects: the events about them that the API server has.

use serde_json::Value;

use crate::region::Region;
use crate::waiting::settled;

/// Severity, reason and message of an event.
pub(crate) type Told = [String; 3];

pub(crate) fn told(severity: &str, reason: &str, message: impl Into<String>) -> Told {
    [severity.to_owned(), reason.to_owned(), message.into()]
}

impl Region {
    /// The events about an Argo object, in the order in which they were told.
    pub(crate) async fn told_on(&self, kind: &str, object: &Value) -> Vec<Told> {
        // Events are told after the status.
        settled().await;
        let metadata = &object["metadata"];
        let about = |event: &&Value| {
            let involved = &event["involvedObject"];
            involved["apiVersion"] == "argoproj.io/v1alpha1"
                && involved["kind"] == kind
                && ["namespace", "name", "uid"].iter().all(|field| involved[field] == metadata[field])
        };
        // Their names are the moments at which they were told.
        let events = self.list("v1", "Event").await;
        let text = |event: &Value, field: &str| event[field].as_str().unwrap().to_owned();
        let parts = |event: &Value| ["type", "reason", "message"].map(|field| text(event, field));
        events.iter().filter(about).map(parts).collect()
    }
}

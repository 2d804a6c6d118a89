//! The lines of the files.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use world::{WatchEvent, WatchEventType};

/// The first line of a snapshot.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Head {
    /// The version that the snapshot shows.
    pub(super) version: u64,
    /// The largest uid counter that was ever given out.
    pub(super) uids: u64,
}

/// One change, or one object of a snapshot.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Record {
    pub(super) version: u64,
    pub(super) group: Arc<str>,
    pub(super) plural: Arc<str>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) deleted: bool,
    pub(super) object: Arc<Value>,
}

impl Record {
    /// The line about an event.
    pub(super) fn of(event: &WatchEvent) -> Self {
        Self {
            version: event.version,
            group: event.group.clone(),
            plural: event.plural.clone(),
            deleted: event.kind == WatchEventType::Deleted,
            object: event.object.clone(),
        }
    }
}

/// The counter at the end of an object's uid.
pub(super) fn uid_counter(object: &Value) -> u64 {
    let uid = object["metadata"]["uid"].as_str().unwrap_or_default();
    uid.rsplit('-').next().and_then(|tail| u64::from_str_radix(tail, 16).ok()).unwrap_or_default()
}

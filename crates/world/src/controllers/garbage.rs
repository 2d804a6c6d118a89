//! Garbage collection: what belongs to nobody any longer goes, in the order that the deletion asked for.

use jiff::Timestamp;
use serde_json::Value;

use super::{Controller, write};
use crate::meta::{self, items, text};
use crate::store::{Id, Store};
use crate::{WatchEvent, WatchEventType};

pub(super) const GARBAGE: Controller = Controller { concerns, sync };

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

fn concerns(store: &Store, event: &WatchEvent) -> Vec<Id> {
    let owners = || items(&event.object, &["metadata", "ownerReferences"]);
    match event.kind {
        // What it owned may be garbage now; who owns it may have waited for this.
        WatchEventType::Deleted => {
            let waiting = owners().iter().filter_map(|owner| store.by_uid(text(owner, &["uid"])));
            store.dependents(meta::uid(&event.object)).chain(waiting).cloned().collect()
        }
        WatchEventType::Added if !owners().is_empty() => vec![event.id()],
        _ if meta::is_deleting(&event.object) => vec![event.id()],
        _ => Vec::new(),
    }
}

fn sync(store: &mut Store, id: &Id, now: Timestamp) -> Option<Timestamp> {
    let object = store.find(id)?.clone();
    let uid = meta::uid(&object);
    if meta::is_deleting(&object) {
        let dependents: Vec<Id> = store.dependents(uid).cloned().collect();
        if meta::has_finalizer(&object, ORPHAN) {
            for dependent in &dependents {
                disown(store, dependent, &[uid]);
            }
            write::release(store, id, ORPHAN);
        } else if meta::has_finalizer(&object, FOREGROUND) {
            for dependent in &dependents {
                write::delete(store, dependent, "Foreground", now);
            }
            let blocks = |dependent: &Id| store.find(dependent).is_some_and(|object| blocks(object, uid));
            if !dependents.iter().any(blocks) {
                write::release(store, id, FOREGROUND);
            }
        }
        return None;
    }
    let owners = items(&object, &["metadata", "ownerReferences"]).iter().map(|owner| text(owner, &["uid"]));
    let (present, gone): (Vec<&str>, Vec<&str>) = owners.partition(|uid| store.by_uid(uid).is_some());
    if gone.is_empty() {
        return None;
    }
    if present.is_empty() {
        write::delete(store, id, "Background", now);
    } else {
        disown(store, id, &gone);
    }
    None
}

fn blocks(dependent: &Value, uid: &str) -> bool {
    let owners = items(dependent, &["metadata", "ownerReferences"]);
    owners.iter().any(|owner| owner["uid"] == uid && owner["blockOwnerDeletion"] == true)
}

fn disown(store: &mut Store, id: &Id, gone: &[&str]) {
    write::change(store, id, |object| {
        let owners = items(object, &["metadata", "ownerReferences"]).iter();
        let owners: Vec<Value> =
            owners.filter(|owner| !gone.contains(&text(owner, &["uid"]))).cloned().collect();
        let owners = if owners.is_empty() { Value::Null } else { owners.into() };
        meta::set(object, &["metadata", "ownerReferences"], owners);
    });
}

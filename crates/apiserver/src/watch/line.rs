//! Watch events as lines of JSON.

use std::sync::Arc;

use serde_json::{Value, json};
use world::{Resource, Status, WatchEventType};

use crate::negotiate::Form;
use crate::shared::Shared;
use crate::{events, forms};

/// What a line tells.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Added,
    Modified,
    Deleted,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

impl From<WatchEventType> for Kind {
    fn from(kind: WatchEventType) -> Self {
        match kind {
            WatchEventType::Added => Self::Added,
            WatchEventType::Modified => Self::Modified,
            WatchEventType::Deleted => Self::Deleted,
        }
    }
}

/// How the objects of one watch are written.
pub(super) struct Encoder {
    api_version: String,
    /// Whether events are told with their newer names.
    newer: bool,
    kind: Arc<str>,
    form: Form,
    include_object: String,
    /// A table's columns are told once, in its first line.
    columns_told: bool,
}

impl Encoder {
    /// For a watch of `resource`, as it was asked for.
    pub(super) fn new(resource: &Resource, form: Form, include_object: String) -> Self {
        let api_version = match resource.group.as_str() {
            "" => resource.version.clone(),
            group => format!("{group}/{}", resource.version),
        };
        let newer = resource.group == events::GROUP;
        Self { api_version, newer, kind: "".into(), form, include_object, columns_told: false }
    }

    /// The same for objects of `kind`.
    pub(super) fn kind(self, kind: &world::Kind) -> Self {
        Self { kind: kind.kind.clone(), ..self }
    }

    /// Appends a line about an object.
    pub(super) fn event(
        &mut self,
        piece: &mut Vec<u8>,
        shared: &Shared,
        resource: &Resource,
        kind: Kind,
        object: &Arc<Value>,
    ) {
        match self.form {
            Form::Objects | Form::Discovery => {
                if object["apiVersion"] == *self.api_version {
                    append(piece, kind.word(), object);
                } else {
                    // Stored in another version of its kind; all versions share one shape.
                    let mut object = Value::clone(object);
                    if self.newer {
                        events::from_core(&mut object);
                    }
                    object["apiVersion"] = self.api_version.as_str().into();
                    append(piece, kind.word(), &object);
                }
            }
            Form::Metadata => append(piece, kind.word(), &forms::metadata(object)),
            Form::Table => {
                let objects = [object.clone()];
                let mut table = shared.with(|world, now| {
                    world.table(resource, &objects, now, forms::include(&self.include_object))
                });
                table["metadata"] = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                if std::mem::replace(&mut self.columns_told, true) {
                    table["columnDefinitions"] = Value::Null;
                }
                append(piece, kind.word(), &table);
            }
        }
    }

    /// A line that says how far the watch has come; `end` marks the end of the initial events.
    pub(super) fn bookmark(&self, version: u64, end: bool) -> Vec<u8> {
        let mut metadata = json!({"resourceVersion": version.to_string()});
        if end {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let (kind, api_version) = match self.form {
            Form::Objects | Form::Discovery => (&*self.kind, self.api_version.as_str()),
            Form::Metadata => ("PartialObjectMetadata", "meta.k8s.io/v1"),
            Form::Table => ("Table", "meta.k8s.io/v1"),
        };
        let mut object = json!({"kind": kind, "apiVersion": api_version, "metadata": metadata});
        if self.form == Form::Table {
            object["columnDefinitions"] = Value::Null;
            object["rows"] = json!([]);
        }
        let mut line = Vec::new();
        append(&mut line, "BOOKMARK", &object);
        line
    }
}

/// The line by which a watch is cut off.
pub(super) fn error(refusal: &Status) -> Vec<u8> {
    let mut line = Vec::new();
    append(&mut line, "ERROR", &refusal.to_object());
    line
}

fn append(piece: &mut Vec<u8>, kind: &str, object: &Value) {
    piece.extend_from_slice(b"{\"type\":\"");
    piece.extend_from_slice(kind.as_bytes());
    piece.extend_from_slice(b"\",\"object\":");
    // Writing JSON into memory fails only for maps without text keys, which `Value` does not have.
    if serde_json::to_writer(&mut *piece, object).is_err() {
        piece.extend_from_slice(b"null");
    }
    piece.extend_from_slice(b"}\n");
}

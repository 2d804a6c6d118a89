//! The pod specification, kept as the text that was written.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::hash;

/// A pod specification as it was written.
///
/// Kubernetes adds pod fields every release. Keeping the specification open means that a field this version has never
/// heard of still reaches the pods. It is kept as text, for a controller holds thousands and looks into few: as a tree
/// it takes ten times the room. Copies share it.
///
/// ```
/// let spec: aviary_crd::PodSpec = serde_json::json!({"containers": [{"name": "c"}]}).into();
/// assert_eq!(spec.value()["containers"][0]["name"], "c");
/// assert_eq!(spec.text(), r#"{"containers":[{"name":"c"}]}"#);
/// ```
#[derive(Clone, Debug)]
pub struct PodSpec(Arc<Written>);

#[derive(Debug)]
struct Written {
    text: Box<str>,
    /// The text that is hashed, once somebody has asked for it.
    canonical: OnceLock<Box<str>>,
}

impl PodSpec {
    /// The JSON text; `null` when there is none.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// What was written; null when nothing was. It is read anew each time.
    pub fn value(&self) -> Value {
        // The text was made from a value.
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    /// Whether nothing was written.
    pub fn is_absent(&self) -> bool {
        self.text() == "null"
    }

    /// Whether both are the same to the letter: equal ones may not be.
    pub fn is_written_like(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.text() == other.text()
    }

    /// Takes the copy of `other`, and what is known of it, in place of its own, if both are the same to the letter.
    pub fn share(&mut self, other: &Self) {
        if self.is_written_like(other) {
            self.0 = Arc::clone(&other.0);
        }
    }

    /// The text that is hashed.
    pub(crate) fn canonical(&self) -> &str {
        self.0.canonical.get_or_init(|| hash::canonical_spec(&self.value(), hash::Form::Go).into())
    }
}

impl From<Value> for PodSpec {
    fn from(value: Value) -> Self {
        Self(Arc::new(Written { text: value.to_string().into(), canonical: OnceLock::new() }))
    }
}

impl Default for PodSpec {
    fn default() -> Self {
        Value::Null.into()
    }
}

impl PartialEq for PodSpec {
    fn eq(&self, other: &Self) -> bool {
        self.is_written_like(other) || self.value() == other.value()
    }
}

impl Serialize for PodSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PodSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

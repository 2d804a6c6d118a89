//! The pod specification, kept as the text that was written.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::PodTemplateMeta;

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
    /// What somebody has asked for once follows from the text, and is not worked out again.
    hashed: OnceLock<Hashed>,
    sound: OnceLock<bool>,
}

/// A template with this specification, and the state of its hash.
#[derive(Debug)]
struct Hashed {
    metadata: PodTemplateMeta,
    state: u32,
}

impl Written {
    fn new(text: Box<str>) -> Self {
        Self { text, hashed: OnceLock::new(), sound: OnceLock::new() }
    }
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

    /// Whether nothing is wrong with it: what `check` says of its value, which must follow from that alone. A text is
    /// checked once.
    ///
    /// ```
    /// let spec: aviary_crd::PodSpec = serde_json::json!({"containers": []}).into();
    /// assert!(!spec.is_sound(|pod| pod["containers"][0].is_object()));
    /// ```
    pub fn is_sound(&self, check: impl FnOnce(&Value) -> bool) -> bool {
        *self.0.sound.get_or_init(|| check(&self.value()))
    }

    /// The state of the hash of a template with this specification. It is kept for the metadata that came first: hardly
    /// any specification meets others.
    pub(crate) fn hash_state(&self, metadata: &PodTemplateMeta, state: impl Fn() -> u32) -> u32 {
        let new = || Hashed { metadata: metadata.clone(), state: state() };
        let first = self.0.hashed.get_or_init(new);
        if first.metadata == *metadata { first.state } else { state() }
    }
}

impl From<Value> for PodSpec {
    fn from(value: Value) -> Self {
        Self(Arc::new(Written::new(value.to_string().into())))
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
        deserializer.deserialize_newtype_struct(AS_IT_STANDS, AsItStands)
    }
}

/// How serde_json is asked for the text of a value. The name is its own; where it means nothing (in YAML, or should it
/// change) the value is read and written again, which costs time and gives the same.
const AS_IT_STANDS: &str = "$serde_json::private::RawValue";

/// Takes JSON as it stands: most objects that a watch brings are read for something else than their pods.
struct AsItStands;

impl<'de> Visitor<'de> for AsItStands {
    type Value = PodSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pod specification")
    }

    fn visit_map<A: MapAccess<'de>>(self, raw: A) -> Result<PodSpec, A::Error> {
        let text = Box::<RawValue>::deserialize(MapAccessDeserializer::new(raw))?;
        if depth(text.get()) > MAX_DEPTH {
            return Err(A::Error::custom(format!(
                "a pod specification is nested deeper than {MAX_DEPTH} levels"
            )));
        }
        Ok(PodSpec(Arc::new(Written::new(Box::<str>::from(text)))))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<PodSpec, D::Error> {
        Value::deserialize(value).map(PodSpec::from)
    }
}

/// Levels of lists and objects that a reader of JSON follows; [`PodSpec::value`] relies on it.
const MAX_DEPTH: usize = 100;

/// How deep the lists and objects of a JSON text are nested.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_to_the_letter_unless_it_is_nested_too_deep() {
        let written = r#"{"b": 1, "a": "}]\"{["}"#;
        let spec: PodSpec = serde_json::from_str(written).unwrap();
        assert_eq!((spec.text(), depth(written)), (written, 1));
        assert_eq!(spec, serde_json::json!({"a": "}]\"{[", "b": 1}).into());
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(!serde_json::from_str::<PodSpec>(&nested(MAX_DEPTH)).unwrap().value().is_null());
        assert!(serde_json::from_str::<PodSpec>(&nested(MAX_DEPTH + 1)).is_err());
    }
}

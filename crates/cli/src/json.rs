//! Reading objects as the server gave them. What a command shows must not depend on fields that it does not need,
//! so an odd value of one field is as good as none.

use jiff::Timestamp;
use serde_json::Value as Json;

/// Reads by JSON pointer; what is missing or of another type is empty.
pub(crate) trait Read {
    fn text(&self, pointer: &str) -> &str;
    fn int(&self, pointer: &str) -> Option<i64>;
    fn count(&self, pointer: &str) -> i64 {
        self.int(pointer).unwrap_or(0)
    }
    fn flag(&self, pointer: &str) -> bool;
    fn list(&self, pointer: &str) -> &[Json];
    fn time(&self, pointer: &str) -> Option<Timestamp>;
    fn has(&self, pointer: &str) -> bool;
    fn label(&self, name: &str) -> &str;
    fn annotation(&self, name: &str) -> Option<&str>;

    fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// The revision annotation as a number, else 0.
    fn revision(&self) -> i64 {
        self.annotation(crd::names::REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// Whether any owner reference names the object with this `uid`.
    fn owned_by(&self, uid: &str) -> bool {
        self.list("/metadata/ownerReferences").iter().any(|owner| owner.text("/uid") == uid)
    }
}

impl Read for Json {
    fn text(&self, pointer: &str) -> &str {
        self.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
    }

    fn int(&self, pointer: &str) -> Option<i64> {
        self.pointer(pointer).and_then(Json::as_i64)
    }

    fn flag(&self, pointer: &str) -> bool {
        self.pointer(pointer).and_then(Json::as_bool).unwrap_or_default()
    }

    fn list(&self, pointer: &str) -> &[Json] {
        self.pointer(pointer).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    fn time(&self, pointer: &str) -> Option<Timestamp> {
        self.text(pointer).parse().ok()
    }

    fn has(&self, pointer: &str) -> bool {
        self.pointer(pointer).is_some_and(|value| !value.is_null())
    }

    fn label(&self, name: &str) -> &str {
        self.pointer("/metadata/labels").and_then(|labels| labels.get(name)?.as_str()).unwrap_or_default()
    }

    fn annotation(&self, name: &str) -> Option<&str> {
        self.pointer("/metadata/annotations")?.get(name)?.as_str()
    }
}

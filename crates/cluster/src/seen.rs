//! Objects as a watch brings them: read into their type at once, so that nothing else of them is ever held.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use kube::api::ApiResource;
use kube::core::{DynamicResourceScope, ObjectMeta};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::cache::{Name, Stored};

/// What a reflector can hold.
pub(crate) trait Held: DeserializeOwned + fmt::Debug + Send + Sync + 'static {
    /// Its namespace and name.
    fn held_name(&self) -> Name;
    /// Its version.
    fn held_version(&self) -> &str;
    /// Drops what nobody reads.
    fn trim(&mut self) {}
}

impl<T: Stored + DeserializeOwned + fmt::Debug + Send + Sync + 'static> Held for T {
    fn held_name(&self) -> Name {
        self.name()
    }

    fn held_version(&self) -> &str {
        &self.meta().resource_version
    }
}

/// An object of a kind without a type of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Untyped(pub(crate) Value);

impl Untyped {
    fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Held for Untyped {
    fn held_name(&self) -> Name {
        (self.text("/metadata/namespace").to_owned(), self.text("/metadata/name").to_owned())
    }

    fn held_version(&self) -> &str {
        self.text("/metadata/resourceVersion")
    }

    fn trim(&mut self) {
        if let Some(metadata) = self.0.pointer_mut("/metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
    }
}

/// One object of a list or a watch. That one cannot be read is no reason to lose the others.
#[derive(Debug)]
pub(crate) struct Seen<T> {
    pub(crate) name: Name,
    pub(crate) object: Result<Arc<T>, String>,
    /// What kube's watcher asks for: the version, and nothing else.
    meta: ObjectMeta,
}

// Not derived: that would ask the same of `T`.
impl<T> Clone for Seen<T> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), object: self.object.clone(), meta: self.meta.clone() }
    }
}

impl<T> Seen<T> {
    /// Its version as a number.
    pub(crate) fn version(&self) -> u64 {
        self.meta.resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or(0)
    }

    fn new(name: Name, version: String, object: Result<Arc<T>, String>) -> Self {
        Self { name, object, meta: ObjectMeta { resource_version: Some(version), ..ObjectMeta::default() } }
    }
}

impl<T: Held> Seen<T> {
    fn read(text: &str) -> Result<Self, serde_json::Error> {
        match serde_json::from_str::<T>(text) {
            Ok(mut object) => {
                object.trim();
                let (name, version) = (object.held_name(), object.held_version().to_owned());
                Ok(Self::new(name, version, Ok(Arc::new(object))))
            }
            Err(error) => {
                let Untyped(value) = serde_json::from_str(text)?;
                let untyped = Untyped(value);
                let (name, version) = (untyped.held_name(), untyped.held_version().to_owned());
                Ok(Self::new(name, version, Err(error.to_string())))
            }
        }
    }
}

impl<'de, T: Held> Deserialize<'de> for Seen<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Borrowed from the line or the page that was read: no object is copied.
        let text = <&RawValue>::deserialize(deserializer)?;
        Self::read(text.get()).map_err(serde::de::Error::custom)
    }
}

impl<T> kube::Resource for Seen<T> {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(kind: &ApiResource) -> Cow<'_, str> {
        kind.kind.as_str().into()
    }

    fn group(kind: &ApiResource) -> Cow<'_, str> {
        kind.group.as_str().into()
    }

    fn version(kind: &ApiResource) -> Cow<'_, str> {
        kind.version.as_str().into()
    }

    fn api_version(kind: &ApiResource) -> Cow<'_, str> {
        kind.api_version.as_str().into()
    }

    fn plural(kind: &ApiResource) -> Cow<'_, str> {
        kind.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}

//! One API request as data, and its answer.

use std::sync::Arc;

use serde_json::Value;

/// One API request, already parsed from whatever carried it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What to do.
    pub verb: Verb,
    /// To what.
    pub resource: Resource,
    /// How.
    pub options: Options,
    /// With what.
    pub body: Option<Body>,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// One object.
    Get,
    /// All objects that match.
    List,
    /// A new object.
    Create,
    /// Replaces an object.
    Update,
    /// Changes parts of an object.
    Patch,
    /// Removes an object.
    Delete,
    /// Removes all objects that match.
    DeleteCollection,
}

/// What a request is about, as its URL says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: String,
    /// Version.
    pub version: String,
    /// Lower-case plural, such as `replicasets`.
    pub plural: String,
    /// Namespace; empty for cluster-wide requests.
    pub namespace: String,
    /// Name; empty for collections.
    pub name: String,
    /// `status`, `scale`, `eviction`, ...; empty for the object itself.
    pub subresource: String,
}

/// How a request is to be carried out: the query parameters of the API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Judge, but store nothing.
    pub dry_run: bool,
    /// Who writes.
    pub field_manager: String,
    /// Take over fields of other managers (server-side apply).
    pub force: bool,
    /// `Strict`, `Warn` or `Ignore`; empty is the server's default.
    pub field_validation: String,
    /// Label selector in its text form.
    pub label_selector: String,
    /// Field selector in its text form.
    pub field_selector: String,
    /// Page size; 0 is everything.
    pub limit: usize,
    /// Where the next page begins.
    pub continue_token: String,
    /// At or after which version (list, watch); for deletion: only this version (precondition).
    pub resource_version: String,
    /// `Exact`, `NotOlderThan` or empty.
    pub resource_version_match: String,
    /// `Orphan`, `Background`, `Foreground` or empty.
    pub propagation_policy: String,
    /// Delete only this incarnation (precondition); empty is any.
    pub uid: String,
    /// Seconds that a deleted pod gets to end; `None` is what the pod asks for. A `DeleteOptions` body overrides it.
    pub grace_period_seconds: Option<i64>,
}

/// The body of a request. A deletion may carry a `DeleteOptions` object, an eviction an `Eviction`.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A whole object.
    Object(Value),
    /// A patch.
    Patch(PatchType, Value),
}

/// How a patch is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchType {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' merge by list keys.
    Strategic,
    /// Server-side apply.
    Apply,
}

/// The answer to a request that held.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// HTTP status code, 200, 201 or 202.
    pub code: u16,
    /// The object, list or Status.
    pub body: Arc<Value>,
    /// Warnings for the person who asked.
    pub warnings: Vec<String>,
}

/// The answer to a request that did not hold: Kubernetes' `Status`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Status {
    /// HTTP status code.
    pub code: u16,
    /// Such as `NotFound`.
    pub reason: &'static str,
    /// For people; worded as the real server words it.
    pub message: String,
    /// Kubernetes' `details`; null when there are none.
    pub details: Value,
}

/// One line of the watch log.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchEvent {
    /// Position in the log; the object's resourceVersion.
    pub version: u64,
    /// What happened.
    pub kind: WatchEventType,
    /// Group of the object; empty for the core group.
    pub group: Arc<str>,
    /// Lower-case plural of the object.
    pub plural: Arc<str>,
    /// The object after the change (before it, when deleted).
    pub object: Arc<Value>,
    /// The object before the change: a watcher with a selector needs it to see objects leave.
    pub previous: Option<Arc<Value>>,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchEventType {
    /// It is new.
    Added,
    /// It changed.
    Modified,
    /// It is gone.
    Deleted,
}

impl Resource {
    /// The resource `plural` of `group` and `version`; the namespace and the name are empty for what has none.
    pub fn new(group: &str, version: &str, plural: &str, namespace: &str, name: &str) -> Self {
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: plural.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            subresource: String::new(),
        }
    }

    /// The same with a subresource, such as `status`.
    #[must_use]
    pub fn subresource(mut self, subresource: &str) -> Self {
        subresource.clone_into(&mut self.subresource);
        self
    }
}

impl Request {
    /// A request without options and body.
    pub fn new(verb: Verb, resource: Resource) -> Self {
        Self { verb, resource, options: Options::default(), body: None }
    }

    /// Reads one object.
    pub fn get(resource: Resource) -> Self {
        Self::new(Verb::Get, resource)
    }

    /// Reads a collection.
    pub fn list(resource: Resource) -> Self {
        Self::new(Verb::List, resource)
    }

    /// Creates `object`; the resource is its collection.
    pub fn create(resource: Resource, object: Value) -> Self {
        Self { body: Some(Body::Object(object)), ..Self::new(Verb::Create, resource) }
    }

    /// Replaces an object.
    pub fn update(resource: Resource, object: Value) -> Self {
        Self { body: Some(Body::Object(object)), ..Self::new(Verb::Update, resource) }
    }

    /// Changes parts of an object.
    pub fn patch(resource: Resource, kind: PatchType, patch: Value) -> Self {
        Self { body: Some(Body::Patch(kind, patch)), ..Self::new(Verb::Patch, resource) }
    }

    /// Removes an object.
    pub fn delete(resource: Resource) -> Self {
        Self::new(Verb::Delete, resource)
    }

    /// The same request by another field manager.
    #[must_use]
    pub fn by(mut self, manager: &str) -> Self {
        manager.clone_into(&mut self.options.field_manager);
        self
    }
}

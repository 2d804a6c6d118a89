//! The world: requests in, objects and a watch log out, controllers in between.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::controllers::Controllers;
use crate::kinds::Kind;
use crate::store::Store;
use crate::{Request, Resource, Response, Selected, Status, Verb, WatchEvent, discovery, table, verbs};

/// An in-memory Kubernetes. Cloning is cheap: objects are shared until they change.
#[derive(Clone, Debug)]
pub struct World {
    pub(crate) store: Store,
    controllers: Controllers,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An empty cluster with the namespaces `default`, `kube-system`, `kube-public` and `kube-node-lease`.
    pub fn new() -> Self {
        Self::with_seed(0)
    }

    /// The same with other uids: two regions must not share them.
    pub fn with_seed(seed: u64) -> Self {
        let mut world = Self { store: Store::new(seed), controllers: Controllers::all() };
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            let request = Request::create(Resource::new("", "v1", "namespaces", "", ""), body);
            let made = world.handle(&request, Timestamp::UNIX_EPOCH);
            debug_assert!(made.is_ok(), "{made:?}");
        }
        world
    }

    /// The same without the built-in controllers, for whoever runs others.
    #[must_use]
    pub fn without_controllers(mut self) -> Self {
        self.controllers = Controllers::none();
        self
    }

    /// Answers one API request. Either all of it holds or nothing is changed.
    pub fn handle(&mut self, request: &Request, now: Timestamp) -> Result<Response, Status> {
        let resource = &request.resource;
        let kind =
            self.store.kind(&resource.group, &resource.plural).ok_or_else(Status::no_such_path)?.clone();
        if !kind.versions.contains(&resource.version) {
            return Err(Status::no_such_path());
        }
        let mut call = verbs::Call { store: &mut self.store, kind, request, now };
        match (request.verb, resource.subresource.as_str()) {
            (Verb::Get, _) => verbs::get(&call),
            (Verb::List, "") => verbs::list(&call),
            (Verb::Create, "") => verbs::create(&mut call),
            (Verb::Create, "eviction") => verbs::evict(&mut call),
            (Verb::Create, "binding") => verbs::bind(&mut call),
            (Verb::Update, _) => verbs::update(&mut call),
            (Verb::Patch, _) => verbs::patch(&mut call),
            (Verb::Delete, "") => verbs::delete(&mut call),
            (Verb::DeleteCollection, "") => verbs::delete_collection(&mut call),
            _ => Err(Status::method_not_allowed()),
        }
    }

    /// Lets the built-in controllers do what is due until nothing is, and tells when the next thing is.
    pub fn step(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.controllers.step(&mut self.store, now)
    }

    /// The built-in controllers stand still after `after` more syncs, until a time: one that is cut off between the pods
    /// that it takes away and the status that counts them leaves a status that is no longer true.
    pub fn freeze_controllers(&mut self, after: usize, until: Timestamp) {
        self.controllers.freeze(after, until);
    }

    /// Has the controllers look at every object once, as after a restart.
    pub(crate) fn look_at_everything(&mut self) {
        self.controllers.look_at_everything(&self.store);
    }

    /// The resourceVersion of the latest change.
    pub fn version(&self) -> u64 {
        self.store.version()
    }

    /// The changes after `version`, oldest first; 410 when the log no longer reaches back that far.
    pub fn events_after(
        &self,
        version: u64,
    ) -> Result<impl DoubleEndedIterator<Item = &WatchEvent> + ExactSizeIterator, Status> {
        self.store.events_after(version)
    }

    /// Forgets all but the latest `keep` changes, as etcd does now and then. Watchers that are behind get 410.
    pub fn compact(&mut self, keep: usize) {
        self.store.compact(keep);
    }

    /// What is known about a kind.
    pub fn kind(&self, group: &str, plural: &str) -> Option<&Arc<Kind>> {
        self.store.kind(group, plural)
    }

    /// All kinds, by group and plural.
    pub fn kinds(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.store.collections().map(|collection| &collection.kind)
    }

    /// One object, as stored; the namespace is empty for cluster-wide kinds.
    pub fn object(&self, group: &str, plural: &str, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        self.store.get(group, plural, namespace, name)
    }

    /// The objects of a kind in one namespace, or everywhere when it is empty, by namespace and name.
    pub fn objects<'a>(
        &'a self,
        group: &str,
        plural: &str,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Value>> + use<'a> {
        self.store.list(group, plural, namespace)
    }

    /// The objects that name the object with this uid as an owner.
    pub fn dependents<'a>(&'a self, uid: &str) -> impl Iterator<Item = &'a Arc<Value>> + use<'a> {
        let store = &self.store;
        store.dependents(uid).filter_map(|id| store.find(id)).collect::<Vec<_>>().into_iter()
    }

    /// The `APIGroupList` of `/apis` (the core group is not in it).
    pub fn api_groups(&self) -> Value {
        discovery::groups(&self.store)
    }

    /// The `APIResourceList` of one group and version, if it is served. The core group's name is empty.
    pub fn api_resources(&self, group: &str, version: &str) -> Option<Value> {
        discovery::resources(&self.store, group, version)
    }

    /// What a list request selects, without the copy that a list object costs.
    pub fn select(&self, request: &Request) -> Result<Selected, Status> {
        verbs::select(&self.store, request)
    }

    /// The `Table` that `kubectl get` prints for objects of one kind. The caller sets the `metadata` of a list.
    pub fn table(
        &self,
        resource: &Resource,
        objects: &[Arc<Value>],
        now: Timestamp,
        include: table::IncludeObject,
    ) -> Value {
        let kind = self.store.kind(&resource.group, &resource.plural);
        table::table(kind.map(|kind| &**kind), &resource.version, objects, now, include)
    }
}

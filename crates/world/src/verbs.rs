//! The verbs of the API, one file each, on a common [`Call`].

mod admit;
mod commit;
mod create;
mod delete;
mod list;
mod patch;
mod pods;
mod read;
mod remove;
mod scale;
mod update;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

pub use list::Selected;

pub(crate) use create::{create, generated};
pub(crate) use delete::{Deletion, delete, delete_collection};
pub(crate) use list::{list, select};
pub(crate) use patch::patch;
pub(crate) use pods::{bind, evict, is_ready};
pub(crate) use read::get;
pub(crate) use remove::{forget, is_over};
pub(crate) use update::update;

use crate::kinds::{self, Kind};
use crate::store::{Id, Store};
use crate::{Request, Response, Status};

/// One request on its way.
pub(crate) struct Call<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) kind: Arc<Kind>,
    pub(crate) request: &'a Request,
    pub(crate) now: Timestamp,
}

impl Call<'_> {
    /// The object that the URL names.
    fn live(&self) -> Result<Arc<Value>, Status> {
        let resource = &self.request.resource;
        self.store
            .get(&resource.group, &resource.plural, &resource.namespace, &resource.name)
            .cloned()
            .ok_or_else(|| resource.not_found())
    }

    fn id(&self) -> Id {
        self.kind.id(&self.request.resource.namespace, &self.request.resource.name)
    }

    /// Stores the object, unless this is only a trial.
    fn write(&mut self, id: &Id, object: Value) -> Arc<Value> {
        if self.request.options.dry_run {
            return Arc::new(object);
        }
        let stored = self.store.put(id, object);
        if kinds::is_definition(id) {
            kinds::register(self.store, &stored);
        }
        stored
    }

    /// The answer with an object, in the version that was asked for.
    fn answer(&self, code: u16, object: Arc<Value>) -> Response {
        Response {
            code,
            body: in_version(&self.kind, &self.request.resource.version, object),
            warnings: Vec::new(),
        }
    }
}

/// The object with the `apiVersion` of `version`. Fields are not converted: all versions share one shape.
pub(crate) fn in_version(kind: &Kind, version: &str, object: Arc<Value>) -> Arc<Value> {
    if kind.version() == version {
        return object;
    }
    let mut converted = Value::clone(&object);
    converted["apiVersion"] = kinds::api_version(&kind.group, version).into();
    Arc::new(converted)
}

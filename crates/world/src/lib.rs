//! An in-memory Kubernetes as data: objects, versions, watch log, patch rules, built-in controllers.
//!
//! For: tests, simulation and the embedded API server. [`World::handle`] answers one API request; [`World::step`]
//! lets the built-in controllers (ReplicaSet, Deployment, Job, endpoints, garbage collection) do what is due.
//! Time is an argument, uids come from a counter: the same requests give the same world.
//!
//! Not for: HTTP (see `aviary-apiserver`) or running pods (see `aviary-local`).
//!
//! ```
//! use aviary_world::{Request, Resource, World};
//! use jiff::Timestamp;
//! use serde_json::json;
//!
//! let now: Timestamp = "2026-01-31T12:00:00Z".parse()?;
//! let mut world = World::new();
//! let settings = json!({"metadata": {"name": "settings"}, "data": {"colour": "blue"}});
//! world.handle(&Request::create(Resource::new("", "v1", "configmaps", "default", ""), settings), now)?;
//!
//! let read = Request::get(Resource::new("", "v1", "configmaps", "default", "settings"));
//! assert_eq!(world.handle(&read, now)?.body["data"], json!({"colour": "blue"}));
//!
//! let missing = Request::get(Resource::new("", "v1", "configmaps", "default", "other"));
//! assert_eq!(world.handle(&missing, now).unwrap_err().message, r#"configmaps "other" not found"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Reading `value["field"]` of a JSON value never panics: what is missing is null.
#![allow(clippy::indexing_slicing)]

mod apply;
mod controllers;
mod defaults;
mod discovery;
mod kinds;
mod lists;
mod meta;
mod patch;
mod request;
mod schema;
mod selection;
mod status;
mod store;
mod table;
mod validate;
mod verbs;
mod world;

pub use kinds::{CustomVersion, Kind, ScalePaths};
pub use request::{
    Body, Options, PatchType, Request, Resource, Response, Status, Verb, WatchEvent, WatchEventType,
};
pub use selection::{LabelSelector, Selection};
pub use table::IncludeObject;
pub use verbs::Selected;
pub use world::World;

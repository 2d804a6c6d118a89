//! An in-memory Kubernetes as data: objects, versions, watch log, patch rules, built-in controllers.
//!
//! For: tests, simulation and the embedded API server. `World::handle` answers one API request; `World::step`
//! lets the built-in controllers (ReplicaSet, Deployment, Job, endpoints, garbage collection) do what is due.
//! Time is an argument, uids come from a counter: the same requests give the same world.
//!
//! Not for: HTTP (see `aviary-apiserver`) or running pods (see `aviary-local`).

mod request;

pub use request::{
    Body, Options, PatchType, Request, Resource, Response, Status, Verb, WatchEvent, WatchEventType,
};

//! The in-memory Kubernetes of `aviary-world` behind its HTTP API, in process or on a socket.
//!
//! For: whole-controller tests in virtual time (give [`Server::service`] to `kube::Client::new`), local regions and
//! demos (the real `kubectl` and `helm` work against [`Server::listen`]). Everybody may do everything: it is a
//! development server and listens where it is told to.
//!
//! Not for: running pods (see `aviary-local`), production clusters, several API servers over one store.
//!
//! ```
//! # use http::Request;
//! # use http_body_util::{BodyExt, Empty};
//! # use tower::ServiceExt;
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let server = aviary_apiserver::Server::new(aviary_apiserver::Options::default()).unwrap();
//! let request = Request::get("/api/v1/namespaces/default").body(Empty::<bytes::Bytes>::new()).unwrap();
//! let answer = server.service().oneshot(request).await.unwrap();
//! let body = answer.into_body().collect().await.unwrap().to_bytes();
//! let namespace: serde_json::Value = serde_json::from_slice(&body).unwrap();
//! assert_eq!(namespace["kind"], "Namespace");
//! # });
//! ```

// Reading `value["field"]` of a JSON value never panics: what is missing is null.
#![allow(clippy::indexing_slicing)]

mod access;
mod answer;
mod body;
mod clock;
mod discovery;
mod events;
mod fields;
mod forms;
mod journal;
mod kinds;
mod kubeconfig;
mod listen;
mod negotiate;
mod objects;
mod openapi;
mod protobuf;
mod query;
mod route;
mod server;
mod service;
mod shared;
mod tick;
mod watch;

pub use body::Body;
pub use clock::Clock;
pub use kubeconfig::kubeconfig;
pub use listen::Listening;
pub use server::{Options, Server};
pub use service::Service;

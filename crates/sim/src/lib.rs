//! Discrete-event simulator: the rollout state machine on an in-memory Kubernetes.
//!
//! For: seeing what a release will do before it does it. The same `rollout::reconcile` that runs in a cluster runs
//! here on `world`, with simulated nodes, metrics, users and faults; time jumps from one thing that is due to the
//! next, so hours pass in milliseconds, and the same input gives the same timeline.
//!
//! Not for: running containers or asking real metric systems (see `aviary-local`).
//!
//! ```
//! use std::time::Duration;
//! use aviary_sim::{Simulation, Verb};
//!
//! let manifests = "
//! apiVersion: argoproj.io/v1alpha1
//! kind: Rollout
//! metadata: {name: shop}
//! spec:
//!   replicas: 4
//!   selector: {matchLabels: {app: shop}}
//!   template:
//!     metadata: {labels: {app: shop}}
//!     spec: {containers: [{name: shop, image: shop:1}]}
//!   strategy: {canary: {steps: [{setWeight: 25}, {pause: {duration: 5m}}]}}
//! ";
//! let objects = crd::yaml::from_documents(manifests)?;
//! let mut simulation = Simulation::new(objects, "2026-01-31T12:00:00Z".parse()?)?;
//! let hour = Duration::from_secs(3600);
//! simulation.run_until(|simulation| simulation.is_healthy("default", "shop"), hour)?;
//!
//! simulation.user("default", "shop", &Verb::SetImage { container: "*".into(), image: "shop:2".into() })?;
//! simulation.run_until(|simulation| simulation.is_healthy("default", "shop"), hour)?;
//! assert!(simulation.elapsed() > Duration::from_secs(300));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Reading `value["field"]` of a JSON value never panics: what is missing is null.
#![allow(clippy::indexing_slicing)]

mod controller;
mod describe;
mod dice;
mod environment;
mod error;
mod expectation;
mod faults;
mod gather;
mod kubelet;
mod manifests;
mod metrics;
mod release;
mod requests;
mod scenario;
mod schedule;
mod script;
mod shrink;
mod simulation;
mod stage;
mod timeline;
mod traffic;
mod verbs;
mod view;
mod watchman;

pub use describe::describe;
pub use environment::{ChecksFn, Environment, PodRule, RegionsFn};
pub use error::Error;
pub use expectation::{Case, Expectation, Given, Unmet};
pub use faults::{Fault, Faults, NoFaults, RandomFaults};
pub use gather::gather;
pub use metrics::{Asked, MetricsFn, constant, no_data};
pub use release::{Course, Ending, Release, Sample};
pub use requests::{is_success, request, status_request};
pub use scenario::{Deed, Scenario};
pub use schedule::{broken, schedule};
pub use script::{FaultPlan, Pods, Reading, Regions, Say, Script};
pub use shrink::shrink;
pub use simulation::{Probe, Recorder, Simulation};
pub use stage::Stage;
pub use timeline::{Entry, Timeline};
pub use traffic::Traffic;
pub use verbs::Verb;
pub use view::View;
pub use watchman::{Watchman, completed_unseen, watchman};

// The example of the README is tested here, where everything that it uses is at hand.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

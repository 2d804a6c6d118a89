//! The rollout state machine: what to do next, given what is observed and the time.
//!
//! For: deciding. [`reconcile`] takes everything that one pass may look at and returns a [`Decision`], plain data
//! that an adapter carries out. The same function drives the controller, the simulator and the command line.
//!
//! Not for: reading or writing anything. There is no I/O, clock, randomness or log in here.
//!
//! ```
//! use std::sync::Arc;
//! use aviary_rollout::{Observed, Timestamp, reconcile};
//!
//! let rollout: crd::Rollout = crd::yaml::from_str(
//!     "
//! metadata: {name: shop, namespace: prod, generation: 1}
//! spec:
//!   replicas: 4
//!   selector: {matchLabels: {app: shop}}
//!   template:
//!     metadata: {labels: {app: shop}}
//!     spec: {containers: [{name: shop, image: shop:1}]}
//!   strategy: {canary: {steps: [{setWeight: 25}, {pause: {}}]}}
//! ",
//! )?;
//! let observed = Observed { rollout: Arc::new(rollout), ..Observed::default() };
//! let decision = reconcile(&observed, Timestamp::UNIX_EPOCH);
//! assert_eq!(decision.events[1].reason, aviary_rollout::events::NEW_REPLICA_SET_CREATED);
//! # Ok::<(), crd::yaml::Error>(())
//! ```

mod anti_affinity;
mod blue_green;
mod canary;
mod decision;
mod downward;
mod explain;
mod gate;
mod go;
mod invalid;
mod observed;
mod pauses;
mod phases;
mod plan;
mod plugins;
mod reads;
mod reconcile;
mod replicas;
mod rollback;
mod rules;
mod sets;
mod status;
mod steps;
mod strategy;
mod templates;
#[cfg(test)]
mod testing;
mod validation;
mod weights;
mod words;
mod workload;

pub mod analysis;
pub mod events;
pub mod experiment;

pub use decision::{Action, Decision, Event, EventType, PatchBody, Question, Reason};
pub use explain::{At, Explanation, Wait, explain};
pub use gate::recalled;
pub use observed::{Answer, Observed, Reads, RegionsAnswer, Settings, Templates};
pub use plugins::serves_plugin;
pub use reads::{decides_alike, next_replica_set, reads};
pub use reconcile::reconcile;
pub use replicas::pods_without_router;
pub use rules::{RULES, Remedy, Rule};
pub use status::status_patch;
pub use steps::sample_steps;
pub use validation::{Problem, problems, unsupported};
pub use words::status_changes;
pub use workload::with_workload;

pub use jiff::Timestamp;

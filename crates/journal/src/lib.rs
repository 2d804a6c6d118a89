//! The decision journal of a Rollout: what was decided, when, on what, and why.
//!
//! For: finding out afterwards. A controller that is asked to appends one [`Record`] for each pass that decided
//! something; whoever reads the journal sees the decisions in their order ([`Journal::entries`]), what had changed
//! before each and by whom ([`Entry::since`]), and can run each of them again ([`Entry::replay`]): the core is a pure
//! function, so the same version decides the same, and another version shows where it would have differed.
//!
//! Not for: reading or writing a cluster. [`stored`] gives the ConfigMap as data, `aviary-cluster` writes it.
//!
//! # The shape on disk
//!
//! A ConfigMap `<rollout>-decisions`, owned by the Rollout, whose `binaryData` holds `journal.json.gz`: JSON, compressed
//! with gzip.
//!
//! ```json
//! {
//!   "version": 1,
//!   "rollout": {"namespace": "shop", "name": "cart", "uid": "..."},
//!   "objects": [{"metadata": {"name": "cart"}}, {"metadata": {"name": "cart-84cd"}}],
//!   "entries": [{
//!     "number": 17,
//!     "time": "2026-01-31T12:00:00.25Z",
//!     "missed": 1,
//!     "failure": "cannot patch Service shop/cart: ...",
//!     "inputs": {"rollout": {"$object": 0}, "replicaSets": [{"$object": 1}], "settings": {"region": "eu"}},
//!     "decision": {"actions": [], "events": [], "status": null, "questions": [], "requeueAfter": "PT5S", "because": []}
//!   }]
//! }
//! ```
//!
//! `inputs` is a [`rollout::Observed`]; each object in it stands once in `objects`, however many entries saw it, and
//! an object may as well stand in its place. `decision` is a [`rollout::Decision`]. `missed` counts entries that could
//! not be written before this one; `failure` says why the decision was carried out in part only. Both may be absent.
//! A reader refuses a version that it does not know; a new member may come without a new version.
//!
//! What a journal holds is as public as the Rollout, its ReplicaSets, AnalysisRuns, templates and routes: it is what the
//! core sees, and the core sees no Secret. Arguments of analyses name Secrets; their values are put in outside of it.

mod actor;
mod changes;
mod entry;
mod error;
mod pack;
mod pool;
mod replay;
mod stored;
mod told;

pub use actor::Actor;
pub use changes::Change;
pub use entry::{Entry, Journal, Of, Record, is_news};
pub use error::Error;
pub use pack::MOST_BYTES;
pub use replay::Difference;
pub use stored::{LABEL, name, read, stored, written};
pub use told::Told;

//! What one pass wants done. Calls are values: an adapter carries them out, a test compares them.

use std::time::Duration;

use crd::{ObjectKey, RolloutStatus};
use serde_json::Value;

/// What one pass wants done.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Decision {
    /// Carried out in this order; stop at the first that fails.
    pub actions: Vec<Action>,
    /// Told to people after the actions.
    pub events: Vec<Event>,
    /// Written last, and only if every action held; `None` leaves what is stored.
    pub status: Option<RolloutStatus>,
    /// Asked after the actions; the answers are in the next [`Observed`](crate::Observed).
    pub questions: Vec<Question>,
    /// When to look again although nothing was observed to change.
    pub requeue_after: Option<Duration>,
    /// Which rules fired, and what is awaited.
    pub because: Vec<Reason>,
}

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Creates an object.
    Create {
        /// Which.
        key: ObjectKey,
        /// The whole object, with `apiVersion` and `kind`.
        object: Value,
    },
    /// Changes the fields that we own.
    Patch {
        /// Which.
        key: ObjectKey,
        /// How.
        patch: PatchBody,
    },
    /// Sets the size of a ReplicaSet together with the annotations that go with it (one write).
    Scale {
        /// Which.
        key: ObjectKey,
        /// The new number of pods.
        replicas: i32,
        /// Annotations to set (`Some`) or remove (`None`).
        annotations: Vec<(String, Option<String>)>,
    },
    /// Deletes an object; that it is gone already is success.
    Delete {
        /// Which.
        key: ObjectKey,
        /// Only this incarnation.
        uid: String,
    },
    /// Evicts a pod, honouring disruption budgets: a refusal is not a failure.
    Evict {
        /// Which.
        key: ObjectKey,
    },
}

/// The body of a patch.
#[derive(Clone, Debug, PartialEq)]
pub enum PatchBody {
    /// RFC 7386 merge patch.
    Merge(Value),
    /// RFC 6902 JSON patch; a failing `test` is a conflict and costs one retry.
    Json(Value),
}

/// Something to tell people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// How bad.
    pub kind: EventType,
    /// One word, from `events.rs`.
    pub reason: &'static str,
    /// One sentence.
    pub message: String,
}

/// How bad an [`Event`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// As intended.
    Normal,
    /// Somebody may want to look.
    Warning,
}

/// What only the outside can tell. It names the weight and the hash it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Is this split what the router does?
    WeightVerified {
        /// Name of the router, as in `traffic::ROUTERS`.
        router: String,
        /// Weight of the canary.
        weight: i32,
        /// Hash of the canary.
        canary_hash: String,
        /// Hash of the stable version.
        stable_hash: String,
    },
    /// Have the regions of this release reached this step, verified, and has none given up?
    RegionsReached {
        /// Identity of the release: the same in every region (image names or the release annotation).
        release: String,
        /// Index of the current step.
        step: i32,
        /// Index of the gate; greater than `step` while only the abort mark of peers is of interest.
        gate: i32,
        /// Hash of the canary in this region.
        canary_hash: String,
        /// Configuration of the gate, as written.
        config: Value,
    },
}

/// Which rule fired, and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable name of the rule, such as `pause.wait`.
    pub rule: &'static str,
    /// For people.
    pub detail: String,
}

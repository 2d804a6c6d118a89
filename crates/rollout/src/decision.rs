//! What one pass wants done. Calls are values: an adapter carries them out, a test compares them.

use std::time::Duration;

use crd::{ObjectKey, RolloutStatus, Time};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// What one pass wants done.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
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
    #[serde(serialize_with = "iso_8601")]
    pub requeue_after: Option<Duration>,
    /// Which rules fired, and what is awaited.
    pub because: Vec<Reason>,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PatchBody {
    /// RFC 7386 merge patch.
    Merge(Value),
    /// RFC 6902 JSON patch; a failing `test` is a conflict and costs one retry.
    Json(Value),
}

/// Something to tell people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// How bad.
    pub kind: EventType,
    /// One word, from `events.rs`.
    pub reason: &'static str,
    /// One sentence.
    pub message: String,
}

/// How bad an [`Event`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum EventType {
    /// As intended.
    Normal,
    /// Somebody may want to look.
    Warning,
}

/// What only the outside can tell. It names the weight and the hash it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
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

/// Which rule fired, and what it waits for. The meaning of every rule, and what ends the wait, is in
/// [`RULES`](crate::RULES).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// Stable name of the rule, such as `pause.wait`.
    pub rule: &'static str,
    /// For people.
    pub detail: String,
    /// Since when, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// When it ends by itself, or is given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

impl Reason {
    pub(crate) fn new(rule: &'static str, detail: impl Into<String>) -> Self {
        Self { rule, detail: detail.into(), since: None, until: None }
    }

    #[must_use]
    pub(crate) fn since(self, since: Option<Time>) -> Self {
        Self { since, ..self }
    }

    #[must_use]
    pub(crate) fn until(self, until: Option<Time>) -> Self {
        Self { until, ..self }
    }
}

/// As ISO 8601 writes lengths of time, `PT1M30S`: exact, and readable.
#[allow(clippy::ref_option)] // serde passes a reference
fn iso_8601<S: Serializer>(length: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    length.and_then(|length| SignedDuration::try_from(length).ok()).serialize(serializer)
}

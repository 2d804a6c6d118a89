//! What clients saw: how many answers of which version, with which status.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde::Serialize;

/// How a request found its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Seen {
    /// By the weights of a route, as users do.
    ByRoute,
    /// By the name of a Service, as checks do.
    Directly,
}

/// One kind of answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Row {
    /// How the request found its pod.
    pub seen: Seen,
    /// Name of the Service that it went to.
    pub service: String,
    /// Pod-template hash of the pod that answered; empty when none did.
    pub hash: String,
    /// What the pod's `x-version` said; empty when none answered.
    pub version: String,
    /// HTTP status that the client got.
    pub status: u16,
}

/// Counts answers.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<BTreeMap<Row, u64>>);

impl Ledger {
    pub(crate) fn record(&self, row: Row) {
        *self.0.lock().entry(row).or_default() += 1;
    }

    /// How often each kind of answer was given, so far.
    pub fn rows(&self) -> BTreeMap<Row, u64> {
        self.0.lock().clone()
    }

    /// How many requests of users were answered with a status in `statuses`.
    pub fn count(&self, statuses: impl std::ops::RangeBounds<u16>) -> u64 {
        let rows = self.0.lock();
        let counted =
            rows.iter().filter(|(row, _)| row.seen == Seen::ByRoute && statuses.contains(&row.status));
        counted.map(|(_, count)| count).sum()
    }
}

//! The pace of statuses that only count.
//!
//! Pods come one by one, and each is another count. A status that says nothing else may wait a moment for the next,
//! and many Rollouts that count at the same time take turns: whatever they have to say beside counts goes first, and
//! takes the counts with it.

use std::collections::BTreeMap;
use std::time::Duration;

use crd::{Condition, RolloutStatus};
use parking_lot::Mutex;
use rollout::Decision;
use tokio::time::Instant;

use crate::cache::Name;

/// How long a count waits for the next one.
const PATIENCE: Duration = Duration::from_millis(200);
/// From one count to the next, over all Rollouts.
const APART: Duration = Duration::from_millis(50);
/// The longest that a count may wait.
const LONGEST: Duration = Duration::from_secs(5);

/// Turns of statuses that only count.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Turns>);

#[derive(Debug, Default)]
struct Turns {
    /// When whose turn is.
    turns: BTreeMap<Name, Instant>,
    last: Option<Instant>,
}

impl Pace {
    /// How long a pass is to leave its decision alone; `None` when it may carry it out.
    pub(crate) fn wait(&self, name: &Name, stored: &RolloutStatus, decision: &Decision) -> Option<Duration> {
        let Decision { actions, events, status, questions, requeue_after: _, because: _ } = decision;
        let quiet = actions.is_empty() && events.is_empty() && questions.is_empty();
        let only_counts = quiet && status.as_ref().is_some_and(|status| only_counts(stored, status));
        if only_counts { self.turn(name) } else { self.forget(name) }
    }

    fn turn(&self, name: &Name) -> Option<Duration> {
        let Turns { turns, last } = &mut *self.0.lock();
        let now = Instant::now();
        let turn = *turns.entry(name.clone()).or_insert_with(|| {
            let free = last.map_or(now, |last| last + APART);
            let turn = free.clamp(now + PATIENCE, now + LONGEST);
            *last = Some(turn);
            turn
        });
        if turn > now {
            return Some(turn - now);
        }
        turns.remove(name);
        None
    }

    /// The Rollout is gone, or has more to say.
    pub(crate) fn forget(&self, name: &Name) -> Option<Duration> {
        self.0.lock().turns.remove(name);
        None
    }
}

/// Whether `new` differs from `old` in counts only, and in what is said of them.
fn only_counts(old: &RolloutStatus, new: &RolloutStatus) -> bool {
    let counted = RolloutStatus {
        replicas: old.replicas,
        updated_replicas: old.updated_replicas,
        ready_replicas: old.ready_replicas,
        available_replicas: old.available_replicas,
        hpa_replicas: old.hpa_replicas,
        message: old.message.clone(),
        conditions: old.conditions.clone(),
        ..new.clone()
    };
    counted == *old && said(old) == said(new)
}

/// What the conditions say beside counts. How progress is made, and how much is available, are counts in words.
fn said(status: &RolloutStatus) -> BTreeMap<&str, (&str, &str, &str)> {
    let mut said = BTreeMap::new();
    for Condition { kind, status, reason, message, .. } in &status.conditions {
        match kind.as_str() {
            "Available" => {}
            "Progressing" => drop(said.insert(kind.as_str(), (status.as_str(), reason.as_str(), ""))),
            _ => drop(said.insert(kind.as_str(), (status.as_str(), reason.as_str(), message.as_str()))),
        }
    }
    said
}

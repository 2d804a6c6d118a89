//! The ReplicaSets of a Rollout and their roles.

use std::cmp::Reverse;
use std::sync::Arc;

use crd::ReplicaSet;

/// The ReplicaSets of a Rollout, oldest first, and their roles.
#[derive(Default)]
pub(crate) struct Sets {
    pub(crate) all: Vec<Arc<ReplicaSet>>,
    /// The one of the current template.
    pub(crate) new: Option<usize>,
    /// The one that `status.stableRS` names; may be the new one.
    pub(crate) stable: Option<usize>,
}

impl Sets {
    pub(crate) fn get(&self, index: Option<usize>) -> Option<&ReplicaSet> {
        self.all.get(index?).map(AsRef::as_ref)
    }

    /// Gives the roles: the new one is `new`, the stable one carries `stable_hash` (spec rollout-reconcile 3.3).
    pub(crate) fn assign(&mut self, new: Option<usize>, stable_hash: &str) {
        let named = |index: &usize| self.get(Some(*index)).is_some_and(|set| set.hash() == stable_hash);
        self.stable = match stable_hash {
            "" => None,
            _ => new.filter(named).or_else(|| (0..self.all.len()).find(named)),
        };
        self.new = new;
    }

    /// Whether the stable one is the new one.
    pub(crate) fn new_is_stable(&self) -> bool {
        self.stable.is_some() && self.stable == self.new
    }

    /// All but the new and the stable one, oldest first.
    pub(crate) fn others(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.all.len()).filter(|index| Some(*index) != self.new && Some(*index) != self.stable)
    }

    /// [`others`](Self::others) by revision, highest first; without one they come last, equal ones oldest first.
    pub(crate) fn others_by_revision(&self) -> Vec<usize> {
        let mut others: Vec<usize> = self.others().collect();
        others.sort_by_key(|index| Reverse(self.get(Some(*index)).and_then(ReplicaSet::revision)));
        others
    }

    /// The highest revision among all but the new one.
    pub(crate) fn highest_old_revision(&self) -> i64 {
        let old = self.all.iter().enumerate().filter(|(index, _)| Some(*index) != self.new);
        old.filter_map(|(_, set)| set.revision()).max().unwrap_or(0)
    }

    pub(crate) fn available(&self) -> i32 {
        self.all.iter().map(|set| set.status.available_replicas).fold(0, i32::saturating_add)
    }

    /// How many pods of all are certainly available.
    pub(crate) fn sure(&self) -> i32 {
        self.all.iter().map(|set| sure(set)).fold(0, i32::saturating_add)
    }
}

/// Whether the status of a ReplicaSet is about the size that it was given last.
pub(crate) fn is_observed(set: &ReplicaSet) -> bool {
    set.status.observed_generation >= set.metadata.generation
}

/// How many pods of a ReplicaSet are counted as available, those included that are about to go; none while its status is
/// older than its size, for it may count pods that are gone: one that shrank and grew again has none of them.
pub(crate) fn counted(set: &ReplicaSet) -> i32 {
    if is_observed(set) { set.status.available_replicas } else { 0 }
}

/// How many pods of a ReplicaSet are certainly available.
pub(crate) fn sure(set: &ReplicaSet) -> i32 {
    counted(set).min(set.replicas())
}

/// Whether so many pods are wanted of a ReplicaSet, and are there, and no other.
pub(crate) fn has(set: &ReplicaSet, wanted: i32) -> bool {
    set.replicas() == wanted && is_observed(set) && set.status.available_replicas == wanted
}

/// How many pods of a ReplicaSet are available; none when there is no such ReplicaSet.
pub(crate) fn available(set: Option<&ReplicaSet>) -> i32 {
    set.map_or(0, |set| set.status.available_replicas)
}

#[cfg(test)]
mod vectors {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::testing::{self, Rows};

    #[derive(Deserialize)]
    struct Row {
        case: String,
        sets: BTreeMap<String, String>,
        to: Vec<String>,
    }

    #[test]
    fn old_versions_are_looked_at_by_revision_and_age() {
        let mut rows = Rows::default();
        let table: Vec<Row> = testing::read(include_str!("../../../fixtures/rollout/order.yaml"));
        for row in table {
            let mut sets = Sets::default();
            for (name, revision) in &row.sets {
                let mut set = testing::set(name, (1, 1));
                set.metadata.annotations.insert(crd::names::REVISION.to_owned(), revision.clone());
                sets.all.push(Arc::new(set));
            }
            let found = sets.others_by_revision().into_iter().map(|index| sets.all[index].hash().to_owned());
            let found: Vec<String> = found.collect();
            // Ours begins with the highest revision; equals keep the order in which they were created.
            let equal = row.sets.values().all(|revision| Some(revision) == row.sets.values().next());
            let wanted = if equal { row.to } else { row.to.into_iter().rev().collect() };
            rows.row(&row.case, found, wanted);
        }
        rows.end();
    }
}

//! Which images run, and as what (spec cli-get-tree 3.7).

use std::collections::BTreeMap;

use super::replica_set::ReplicaSetInfo;

/// Images in the order of their names, each with what it is: `canary`, `stable`, `Σ:template`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Images(pub(crate) BTreeMap<String, Vec<String>>);

impl Images {
    /// Adds those of a Rollout's own ReplicaSets that have pods.
    pub(crate) fn of_rollout(&mut self, sets: &[ReplicaSetInfo]) {
        for set in sets.iter().filter(|set| set.replicas > 0) {
            let rank = |tag: &str| {
                ["canary", "stable", "active", "preview", "ping", "pong"].iter().position(|it| *it == tag)
            };
            let mut tags: Vec<String> = set.tags.iter().map(|tag| (*tag).to_owned()).collect();
            tags.sort_by_key(|tag| rank(tag));
            self.add(set, &tags);
        }
    }

    /// Adds those of an experiment's ReplicaSets that have pods.
    pub(crate) fn of_experiment(&mut self, sets: &[ReplicaSetInfo]) {
        for set in sets.iter().filter(|set| set.replicas > 0) {
            let tag = (!set.template.is_empty()).then(|| format!("Σ:{}", set.template));
            self.add(set, tag.as_slice());
        }
    }

    /// An image that is seen again has the tags of both, in alphabetical order.
    fn add(&mut self, set: &ReplicaSetInfo, tags: &[String]) {
        for image in &set.images {
            let seen = self.0.contains_key(image);
            let known = self.0.entry(image.clone()).or_default();
            known.extend_from_slice(tags);
            if seen {
                known.sort();
                known.dedup();
            }
        }
    }
}

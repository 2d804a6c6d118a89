//! Which Rollouts read which objects: the reverse of `rollout::reads`.

use std::collections::{BTreeMap, BTreeSet};

use crd::ObjectKey;

use super::Name;

/// Which Rollouts read which objects.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    by_object: BTreeMap<ObjectKey, BTreeSet<Name>>,
    by_rollout: BTreeMap<Name, BTreeSet<ObjectKey>>,
}

impl Readers {
    /// Records that the Rollout `rollout` reads exactly `objects`; tells what it does not read any more.
    pub(crate) fn set(&mut self, rollout: &Name, objects: BTreeSet<ObjectKey>) -> BTreeSet<ObjectKey> {
        if self.by_rollout.get(rollout).is_some_and(|known| *known == objects) {
            return BTreeSet::new();
        }
        let before = self.by_rollout.remove(rollout).unwrap_or_default();
        for object in &before {
            if let Some(readers) = self.by_object.get_mut(object) {
                readers.remove(rollout);
                if readers.is_empty() {
                    self.by_object.remove(object);
                }
            }
        }
        let left = before.difference(&objects).cloned().collect();
        for object in &objects {
            self.by_object.entry(object.clone()).or_default().insert(rollout.clone());
        }
        if !objects.is_empty() {
            self.by_rollout.insert(rollout.clone(), objects);
        }
        left
    }

    /// The Rollouts that read `object`.
    pub(crate) fn of(&self, object: &ObjectKey) -> impl Iterator<Item = &Name> {
        self.by_object.get(object).into_iter().flatten()
    }

    /// The Rollouts that read any object of that kind.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a crd::Kind) -> impl Iterator<Item = &'a Name> {
        self.by_object.iter().filter(move |(key, _)| key.kind == *kind).flat_map(|(_, names)| names)
    }
}

#[cfg(test)]
mod tests {
    use crd::Kind;

    use super::*;

    #[test]
    fn readers_are_replaced_as_a_whole() {
        let mut readers = Readers::default();
        let rollout = ("shop".to_owned(), "cart".to_owned());
        let service = |name: &str| ObjectKey::new(Kind::SERVICE, "shop", name);
        assert_eq!(readers.set(&rollout, [service("a"), service("b")].into()), BTreeSet::new());
        assert_eq!(readers.set(&rollout, [service("b")].into()), [service("a")].into());
        assert_eq!(readers.of(&service("a")).count(), 0);
        assert_eq!(readers.of(&service("b")).collect::<Vec<_>>(), [&rollout]);
        readers.set(&rollout, BTreeSet::new());
        assert_eq!(readers.of_kind(&Kind::SERVICE).count(), 0);
    }
}

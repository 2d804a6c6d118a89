//! Which release this is, in the same words in every region.

use crd::{Rollout, names};

/// The release annotation, or the images of the containers: hashes differ between regions, images do not.
pub(super) fn identity(rollout: &Rollout) -> String {
    match rollout.metadata.annotation(names::RELEASE).filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => rollout.spec.template.images().collect::<Vec<_>>().join(","),
    }
}

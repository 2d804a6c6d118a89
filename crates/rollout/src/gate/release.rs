//! Which release this is, in the same words in every region.

use crd::{Rollout, names};

/// The release annotation, or the images of the containers, each once: hashes differ between regions, images do not.
pub(super) fn identity(rollout: &Rollout) -> String {
    match rollout.metadata.annotation(names::RELEASE).filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => {
            let mut images: Vec<String> = Vec::new();
            for image in rollout.spec.template.images() {
                if !images.contains(&image) {
                    images.push(image);
                }
            }
            images.join(",")
        }
    }
}

//! Manifests as kubectl reads them: users write them.

use crd::{AnalysisRun, AnalysisTemplate, Experiment, ReplicaSet, Rollout, Service};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Target;
use crate::seeds;

pub(super) const TARGET: Target = Target {
    name: "manifests",
    about: "YAML documents, read as every kind, strictly, and written again",
    run,
    seeds: || {
        let directories = ["openclaw", "scenarios", "lint", "rollout"];
        directories.iter().flat_map(|directory| seeds::files(directory, &[".yaml"])).collect()
    },
};

fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for document in crd::yaml::tolerant_documents(&text).into_iter().flatten() {
        let _place = document.position_of("/spec/strategy/canary/steps/0");
        let value = document.value;
        let _misfits = crd::strict::misfits(&value);
        again::<Rollout>(&value);
        again::<AnalysisTemplate>(&value);
        again::<AnalysisRun>(&value);
        again::<Experiment>(&value);
        again::<ReplicaSet>(&value);
        again::<Service>(&value);
        if let Ok(written) = crd::yaml::to_string(&value) {
            let read: Result<Value, _> = crd::yaml::from_str(&written);
            assert!(read.is_ok(), "what was written cannot be read: {written:?}: {read:?}");
        }
    }
}

/// What was read as a kind is written as something that can be read as it, and is then the same.
fn again<T: DeserializeOwned + serde::Serialize + PartialEq + std::fmt::Debug>(value: &Value) {
    let Ok(object) = serde_json::from_value::<T>(value.clone()) else { return };
    let written = serde_json::to_value(&object);
    let read = written.and_then(serde_json::from_value::<T>);
    assert!(read.as_ref().is_ok_and(|read| *read == object), "{object:?} was written and read as {read:?}");
}

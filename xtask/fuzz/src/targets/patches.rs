//! Requests to the API server in memory: objects, patches and selectors.

use serde_json::{Value, json};
use world::{PatchType, Request, Resource, World};

use super::{Target, now, row};

const KINDS: [PatchType; 3] = [PatchType::Merge, PatchType::Json, PatchType::Strategic];

pub(super) const TARGET: Target = Target {
    name: "patches",
    about: "objects that are created, and patches of every kind, in the API server in memory",
    run,
    seeds: || {
        let rollout = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "x", "labels": {"a": "b"}},
                             "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "c", "image": "i:1"}]}}}});
        let patches = [
            json!({"spec": {"replicas": null, "template": {"spec": {"containers": [{"name": "c", "image": "i:2"}]}}}}),
            json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "i:3"},
                   {"op": "test", "path": "/metadata/labels/a", "value": "b"}]),
            json!({"metadata": {"finalizers": ["x/y"]}, "spec": {"$retainKeys": ["replicas"], "$patch": "replace"}}),
        ];
        let numbered = (0..).zip(patches);
        numbered.map(|(kind, patch)| json!([kind, rollout, patch]).to_string().into_bytes()).collect()
    },
};

fn run(data: &[u8]) {
    let Ok((kind, object, patch)) = serde_json::from_slice::<(usize, Value, Value)>(data) else { return };
    let Some(kind) = row(&KINDS, kind) else { return };
    let mut world = World::new();
    let kinds =
        [("argoproj.io", "v1alpha1", "rollouts"), ("apps", "v1", "deployments"), ("", "v1", "services")];
    for (group, version, plural) in kinds {
        let of = |name: &str| Resource::new(group, version, plural, "default", name);
        let _created = world.handle(&Request::create(of(""), object.clone()), now());
        let _patched = world.handle(&Request::patch(of("x"), *kind, patch.clone()), now());
        let _stepped = world.step(now());
        let _gone = world.handle(&Request::delete(of("x")), now());
    }
}

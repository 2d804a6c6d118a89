//! Decision journals: files and ConfigMaps that `aviary replay` is given.

use journal::Journal;
use serde_json::json;

use super::Target;
use crate::seeds;

pub(super) const TARGET: Target = Target {
    name: "journals",
    about: "decision journals, packed and as JSON, read and replayed",
    run,
    seeds: || {
        let decision = json!({"actions": [], "events": [], "status": null, "questions": [], "requeueAfter": "PT5S", "because": []});
        let inputs = json!({"rollout": {"$object": 0}, "replicaSets": [], "settings": {"region": "eu"}});
        let entry =
            json!({"number": 17, "time": "2026-01-31T12:00:00.25Z", "inputs": inputs, "decision": decision});
        let of = json!({"namespace": "shop", "name": "cart", "uid": "u"});
        let journal = |object| json!({"version": 1, "rollout": of, "objects": [object], "entries": [entry]});
        seeds::objects("openclaw/rendered", "Rollout")
            .iter()
            .map(|object| journal(object).to_string().into_bytes())
            .collect()
    },
};

fn run(data: &[u8]) {
    let _packed = Journal::unpack(data);
    let Ok(journal) = Journal::from_json(data) else { return };
    for entry in journal.entries().into_iter().flatten() {
        let _differences = entry.replay();
    }
}

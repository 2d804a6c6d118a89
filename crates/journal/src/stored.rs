//! The ConfigMap that holds a journal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crd::{Kind, ObjectKey, OwnerReference};
use serde_json::{Value, json};

use crate::{Error, Journal, Of};

/// Label of the ConfigMap; its value is the name of the Rollout, as far as a label may be that long.
pub const LABEL: &str = "aviary.dev/decisions";
/// The key in its `binaryData`.
const KEY: &str = "journal.json.gz";
/// The longest value of a label.
const LONGEST_LABEL: usize = 63;

/// Name of the ConfigMap that holds the journal of a Rollout.
pub fn name(rollout: &str) -> String {
    format!("{rollout}-decisions")
}

/// Where the journal of a Rollout is.
fn key(of: &Of) -> ObjectKey {
    ObjectKey::new(Kind::CONFIG_MAP, of.namespace.as_str(), name(&of.name))
}

/// The whole ConfigMap, and its key.
pub fn stored(of: &Of, bytes: &[u8]) -> (ObjectKey, Value) {
    let owner = OwnerReference {
        api_version: Kind::ROLLOUT.api_version().into_owned(),
        kind: Kind::ROLLOUT.kind.into_owned(),
        name: of.name.clone(),
        uid: of.uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    };
    let key = key(of);
    let label = of.name.get(..LONGEST_LABEL).unwrap_or(&of.name).trim_end_matches(['-', '.']);
    let object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": key.name,
            "namespace": key.namespace,
            "labels": { LABEL: label },
            "ownerReferences": [owner],
        },
        "binaryData": { KEY: STANDARD.encode(bytes) },
    });
    (key, object)
}

/// The packed journal in a ConfigMap.
pub fn written(config_map: &Value) -> Result<Vec<u8>, Error> {
    let text = config_map.get("binaryData").and_then(|data| data.get(KEY)?.as_str());
    let ours = config_map.pointer("/metadata/labels").is_some_and(|labels| labels.get(LABEL).is_some());
    match text {
        _ if !ours => {
            let name = config_map.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            Err(Error::Foreign { name: name.to_owned() })
        }
        None => Err(Error::Malformed(format!("its binaryData has no {KEY}"))),
        Some(text) => STANDARD.decode(text).map_err(|error| Error::Malformed(error.to_string())),
    }
}

/// The journal in a ConfigMap, or in what `history -o json` prints.
pub fn read(value: Value) -> Result<Journal, Error> {
    if value.get("kind").is_some_and(|kind| kind == "ConfigMap") {
        Journal::unpack(&written(&value)?)
    } else {
        Journal::from_value(value)
    }
}

//! Objects by key, written as a list: a key of JSON is a text, and ours is not.

use std::collections::BTreeMap;
use std::sync::Arc;

use crd::ObjectKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

#[derive(Serialize, Deserialize)]
struct Row<K, V> {
    key: K,
    object: V,
}

pub(super) fn serialize<S: Serializer>(
    objects: &BTreeMap<ObjectKey, Arc<Value>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(objects.iter().map(|(key, object)| Row { key, object }))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<ObjectKey, Arc<Value>>, D::Error> {
    let rows: Vec<Row<ObjectKey, Arc<Value>>> = Vec::deserialize(deserializer)?;
    Ok(rows.into_iter().map(|Row { key, object }| (key, object)).collect())
}

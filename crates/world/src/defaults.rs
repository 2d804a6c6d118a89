//! What the server fills in for built-in kinds, as far as clients rely on it.

mod pod;
mod service;
mod workloads;

use serde_json::{Value, json};

use crate::kinds::Kind;
use crate::meta::{default, set, text};

/// Fills in what `object` leaves out.
pub(crate) fn apply(kind: &Kind, object: &mut Value) {
    match (&*kind.group, &*kind.kind) {
        ("", "Pod") => pod::pod(object),
        ("", "Service") => service::service(object),
        ("", "Namespace") => namespace(object),
        ("", "Secret") => secret(object),
        ("apps", "ReplicaSet") => workloads::replica_set(object),
        ("apps", "Deployment") => workloads::deployment(object),
        ("apps", "StatefulSet") => workloads::stateful_set(object),
        ("batch", "Job") => workloads::job(object),
        ("autoscaling", "HorizontalPodAutoscaler") => default(object, &["spec", "minReplicas"], 1),
        _ => {}
    }
}

fn namespace(object: &mut Value) {
    let name = crate::meta::name(object).to_owned();
    set(object, &["metadata", "labels", "kubernetes.io/metadata.name"], name.into());
    if !crate::meta::is_deleting(object) {
        default(object, &["spec", "finalizers"], json!(["kubernetes"]));
        default(object, &["status", "phase"], "Active");
    }
}

/// `stringData` is for writing only: it is stored as `data`, in base64.
fn secret(object: &mut Value) {
    default(object, &["type"], "Opaque");
    let Some(Value::Object(plain)) = object.get_mut("stringData").map(Value::take) else { return };
    set(object, &["stringData"], Value::Null);
    for key in plain.keys() {
        let encoded = base64(text(&Value::Object(plain.clone()), &[key]).as_bytes());
        set(object, &["data", key], encoded.into());
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * position) & 63) as usize).copied().unwrap_or(b'=');
            out.push(if position > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_pads_to_whole_groups() {
        let encoded = ["", "f", "fo", "foo", "foob"].map(|text| super::base64(text.as_bytes()));
        assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }
}

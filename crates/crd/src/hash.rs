//! Hashes that name things: byte for byte those of the controller that Rollouts come from.
//!
//! A hash is 32-bit FNV-1a over the compact JSON that Go writes for the typed object (field order, omissions and
//! escapes of Go), printed in decimal with each digit mapped to a letter or digit that spells no word
//! (spec rollout-hash-appendix). Equal hashes keep ReplicaSet names and step positions through a takeover.

mod encode;
mod fields;

use serde_json::Value;

use crate::{CanaryStep, PodTemplate, PodTemplateMeta};
pub(crate) use encode::Form;

/// The pod-template hash: the value of [`names::POD_TEMPLATE_HASH`](crate::names::POD_TEMPLATE_HASH) and the end of a
/// ReplicaSet's name. A collision count, even 0, gives another hash than none.
///
/// Fields that the table of Kubernetes 1.34 does not know are written after those that it knows: a change of a
/// field newer than this program is a new version all the same.
///
/// ```
/// use aviary_crd::{PodTemplate, hash};
/// assert_eq!(hash::pod_template(&PodTemplate::default(), None), "658c46c486");
/// assert_eq!(hash::pod_template(&PodTemplate::default(), Some(1)), "6746d5bbc");
/// ```
pub fn pod_template(template: &PodTemplate, collision_count: Option<i32>) -> String {
    let state =
        template.spec.hash_state(&template.metadata, || fnv1a(OFFSET, canonical(template).as_bytes()));
    let state = match collision_count {
        Some(count) => fnv1a(fnv1a(state, &count.to_le_bytes()), &[0; 4]),
        None => state,
    };
    digits(state)
}

/// The hash of a canary's steps, `status.currentStepHash`. No steps hash like `null`.
///
/// A plugin step's configuration is written with sorted keys, which is how an API server stores it.
///
/// ```
/// assert_eq!(aviary_crd::hash::steps(&[]), "5ffbfbbd64");
/// ```
pub fn steps(steps: &[CanaryStep]) -> String {
    digits(fnv1a(OFFSET, canonical_steps(steps).as_bytes()))
}

/// The text of a pod template that is hashed.
fn canonical(template: &PodTemplate) -> String {
    canonical_template(&template.metadata, &canonical_spec(&template.spec.value(), Form::Go))
}

/// The text of a pod template around that of its specification.
pub(crate) fn canonical_template(metadata: &PodTemplateMeta, spec: &str) -> String {
    let metadata = encode::object(&fields::POD_TEMPLATE, "ObjectMeta", &as_value(metadata), Form::Go);
    format!("{{\"metadata\":{metadata},\"spec\":{spec}}}")
}

/// The text of a pod specification.
pub(crate) fn canonical_spec(spec: &Value, form: Form) -> String {
    encode::object(&fields::POD_TEMPLATE, "PodSpec", spec, form)
}

fn canonical_steps(steps: &[CanaryStep]) -> String {
    if steps.is_empty() {
        return "null".to_owned();
    }
    encode::objects(&fields::STEPS, "CanaryStep", steps.iter().map(as_value), Form::Go)
}

/// Our types hold string keys and plain values only, so writing them cannot fail.
fn as_value(object: &impl serde::Serialize) -> Value {
    serde_json::to_value(object).unwrap_or_default()
}

const OFFSET: u32 = 2_166_136_261;

fn fnv1a(state: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(state, |state, &byte| (state ^ u32::from(byte)).wrapping_mul(16_777_619))
}

/// Decimal digits, each as a character that cannot spell a word.
fn digits(state: u32) -> String {
    let safe = |digit| match digit {
        '6' => 'b',
        '7' => 'c',
        '8' => 'd',
        '9' => 'f',
        low => char::from(low as u8 + 4),
    };
    state.to_string().chars().map(safe).collect()
}

#[cfg(test)]
mod tests;

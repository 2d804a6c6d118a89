//! A run's arguments put into its metrics (spec analysis-01 7).

use std::collections::BTreeMap;

use crd::{Argument, Metric, SecretKeyRef};
use serde_json::Value;

use super::text;

/// What stands for a secret wherever it is not needed.
const PLACEHOLDER: &str = "temp-for-secret";

/// The fields of a metric, in the order in which the reference looks at them.
const FIELDS: [&str; 11] = [
    "name",
    "interval",
    "initialDelay",
    "count",
    "successCondition",
    "failureCondition",
    "failureLimit",
    "inconclusiveLimit",
    "consecutiveErrorLimit",
    "provider",
    "consecutiveSuccessLimit",
];

/// The Secrets that arguments come from.
pub(super) fn secrets(args: &[Argument]) -> Vec<SecretKeyRef> {
    args.iter().filter_map(secret).cloned().collect()
}

fn secret(argument: &Argument) -> Option<&SecretKeyRef> {
    argument.value_from.as_ref()?.secret_key_ref.as_ref()
}

/// The metric with its arguments in place; without `secrets`, a placeholder stands for each of them.
///
/// # Errors
/// An argument without a value, a Secret without the key, or a placeholder that names no argument.
pub(super) fn resolve(
    metric: &Metric,
    args: &[Argument],
    secrets: Option<&BTreeMap<SecretKeyRef, String>>,
) -> Result<Metric, String> {
    let mut values = BTreeMap::new();
    for argument in args {
        values.insert(argument.name.as_str(), value(argument, secrets)?);
    }
    let json = serde_json::to_value(metric).map_err(|error| error.to_string())?;
    let Value::Object(mut fields) = json else { return Ok(metric.clone()) };
    let mut failed = None;
    for name in FIELDS {
        if let Some(field) = fields.get_mut(name) {
            walk(field, &values, &mut failed);
        }
    }
    match failed {
        Some(message) => Err(message),
        None => serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string()),
    }
}

fn value<'a>(
    argument: &'a Argument,
    secrets: Option<&'a BTreeMap<SecretKeyRef, String>>,
) -> Result<&'a str, String> {
    match (secret(argument), secrets) {
        (Some(_), None) => Ok(PLACEHOLDER),
        (Some(reference), Some(secrets)) => secrets
            .get(reference)
            .map(String::as_str)
            .ok_or_else(|| format!("key '{}' does not exist in secret '{}'", reference.key, reference.name)),
        (None, _) => argument
            .value
            .as_deref()
            .ok_or_else(|| format!("argument \"{}\" was not supplied", argument.name)),
    }
}

/// Every text in it, keys included; the last failure stays.
fn walk(json: &mut Value, values: &BTreeMap<&str, &str>, failed: &mut Option<String>) {
    let value = |tag: &str| tag.strip_prefix("args.").and_then(|name| Some((*values.get(name)?).to_owned()));
    let put = |text: &mut String, failed: &mut Option<String>| match text::substitute(text, value) {
        Ok(new) => *text = new,
        Err(message) => *failed = Some(message),
    };
    match json {
        Value::String(text) => put(text, failed),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, values, failed)),
        Value::Object(fields) => {
            for (mut key, mut field) in std::mem::take(fields) {
                put(&mut key, failed);
                walk(&mut field, values, failed);
                fields.insert(key, field);
            }
        }
        _ => {}
    }
}

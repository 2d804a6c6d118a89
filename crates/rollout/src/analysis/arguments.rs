//! A run's arguments put into its metrics (spec analysis-01 7).

use std::cell::Cell;
use std::collections::BTreeMap;

use crd::{Argument, Metric, SecretKeyRef};
use serde_json::Value;

use super::text;
use crate::go;

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
/// An argument without a value, a Secret without the key, a placeholder that names no argument, or a value that the
/// reference, which puts it into JSON, could not read again.
pub(crate) fn resolve(
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
    let unreadable = Cell::new(None);
    let value = |tag: &str| {
        let value = *values.get(tag.strip_prefix("args.")?)?;
        // The first one in the text is where a reader of JSON stops.
        unreadable.set(unreadable.get().or_else(|| go::unknown_to_json(value)));
        Some(value.to_owned())
    };
    for name in FIELDS {
        if let Some(field) = fields.get_mut(name) {
            walk(field, &value, &mut failed);
        }
    }
    match (failed, unreadable.get()) {
        (Some(message), _) => Err(message),
        (None, Some(letter)) => Err(format!("invalid character '{letter}' in string escape code")),
        (None, None) => serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string()),
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
fn walk(json: &mut Value, value: &dyn Fn(&str) -> Option<String>, failed: &mut Option<String>) {
    let put = |text: &mut String, failed: &mut Option<String>| match text::substitute(text, value) {
        Ok(new) => *text = new,
        Err(message) => *failed = Some(message),
    };
    match json {
        Value::String(text) => put(text, failed),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, value, failed)),
        Value::Object(fields) => {
            for (mut key, mut field) in std::mem::take(fields) {
                put(&mut key, failed);
                walk(&mut field, value, failed);
                fields.insert(key, field);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn args(list: &Value) -> Vec<Argument> {
        serde_json::from_value(list.clone()).unwrap()
    }

    fn put(fields: &Value, list: &Value) -> Result<Value, String> {
        let mut metric = json!({"name": "m", "provider": {"web": {"url": "u"}}});
        json_patch::merge(&mut metric, fields);
        let metric: Metric = serde_json::from_value(metric).unwrap();
        resolve(&metric, &args(list), None).map(|metric| serde_json::to_value(metric).unwrap())
    }

    fn condition(text: &str, list: &Value) -> Result<String, String> {
        let put = put(&json!({"successCondition": text}), list)?;
        Ok(put["successCondition"].as_str().unwrap_or_default().to_owned())
    }

    /// Rows of spec analysis-01 7.
    #[test]
    fn placeholders_give_way_to_values_and_nothing_else_is_touched() {
        let foo = json!([{"name": "a", "value": "foo"}]);
        let rows = [
            ("x {{args.a}} y", &foo, Ok("x foo y")),
            ("x {{ args.a }} y", &foo, Ok("x foo y")),
            ("x {{args. a}} y", &foo, Err("failed to resolve {{args. a}}")),
            ("x {{args.b}} {{args.c}} y", &foo, Err("failed to resolve {{args.c}}")),
            ("x {{}} y", &foo, Err("failed to resolve {{}}")),
            (
                "x {{args.a y",
                &foo,
                Err(r#"Cannot find end tag="}}" in the template="x {{args.a y" starting from "args.a y""#),
            ),
            ("x args.a}} y", &foo, Ok("x args.a}} y")),
            ("{args.a}", &foo, Ok("{args.a}")),
            ("{{{args.a}}}", &foo, Err("failed to resolve {{{args.a}}")),
            ("{{ args.a | x }}", &foo, Err("failed to resolve {{ args.a | x }}")),
        ];
        for (text, list, wanted) in rows {
            assert_eq!(condition(text, list), wanted.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn a_value_comes_out_as_it_went_in_and_is_not_looked_at_again() {
        for value in ["", "foo \"bar\" baz", "back\\slash\nline\ttab é 😀 \u{200b}", "{{args.a}}", "{{"] {
            let list = json!([{"name": "a", "value": value}]);
            assert_eq!(condition("{{args.a}}", &list), Ok(value.to_owned()));
        }
    }

    #[test]
    fn a_value_that_json_cannot_hold_as_go_writes_it_is_an_error() {
        for (value, letter) in
            [("\u{1}", 'x'), ("a\u{7f}", 'x'), ("\u{7}", 'a'), ("\u{b}", 'v'), ("\u{e0001}", 'U')]
        {
            let list = json!([{"name": "a", "value": value}]);
            let wanted = format!("invalid character '{letter}' in string escape code");
            assert_eq!(condition("{{args.a}}", &list), Err(wanted));
            assert_eq!(condition("unused", &list), Ok("unused".to_owned()));
            let unknown = Err("failed to resolve {{args.b}}".to_owned());
            assert_eq!(condition("{{args.b}} {{args.a}}", &list), unknown, "that is seen first");
        }
    }

    #[test]
    fn every_text_of_a_metric_may_hold_placeholders() {
        let list = json!([
            {"name": "count", "value": "5"}, {"name": "i", "value": "1m"}, {"name": "key", "value": "k"},
        ]);
        let found = put(
            &json!({
                "name": "n-{{args.i}}", "count": "{{args.count}}", "interval": "{{args.i}}",
                "provider": {"web": {"url": "{{args.i}}", "headers": [{"key": "{{args.key}}"}],
                    "jsonBody": {"{{args.key}}": ["{{args.count}}"]}}},
            }),
            &list,
        )
        .unwrap();
        assert_eq!(
            (&found["name"], &found["count"], &found["interval"]),
            (&json!("n-1m"), &json!("5"), &json!("1m"))
        );
        let web = json!({"url": "1m", "headers": [{"key": "k"}], "jsonBody": {"k": ["5"]}});
        assert_eq!(found["provider"]["web"], web);
    }

    #[test]
    fn the_last_unknown_placeholder_of_the_fields_is_named() {
        let fields = json!({"successCondition": "{{args.does-not-exist}}",
            "provider": {"web": {"url": "{{args.metric-name}}"}}});
        assert_eq!(put(&fields, &json!([])), Err("failed to resolve {{args.metric-name}}".to_owned()));
        let fields =
            json!({"consecutiveSuccessLimit": "{{args.last}}", "provider": {"web": {"url": "{{args.x}}"}}});
        assert_eq!(put(&fields, &json!([])), Err("failed to resolve {{args.last}}".to_owned()));
    }

    #[test]
    fn an_argument_without_a_value_is_an_error_even_where_it_is_not_used() {
        let list = json!([{"name": "a", "value": "foo"}, {"name": "unset"},
            {"name": "field", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]);
        assert_eq!(
            condition("{{args.nobody}}", &list),
            Err("argument \"unset\" was not supplied".to_owned())
        );
        let list = json!([{"name": "field", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]);
        assert_eq!(condition("x", &list), Err("argument \"field\" was not supplied".to_owned()));
    }

    #[test]
    fn a_secret_counts_more_than_a_value_and_is_a_placeholder_until_it_is_needed() {
        let reference = json!({"name": "s", "key": "k"});
        let list = args(&json!([{"name": "a", "value": "x", "valueFrom": {"secretKeyRef": reference}}]));
        let metric = Metric { success_condition: "{{args.a}}".to_owned(), ..Metric::default() };
        let found = |secrets| resolve(&metric, &list, secrets).map(|metric| metric.success_condition);
        assert_eq!(found(None), Ok("temp-for-secret".to_owned()));
        let known = BTreeMap::from([(serde_json::from_value(reference).unwrap(), "hidden".to_owned())]);
        assert_eq!(found(Some(&known)), Ok("hidden".to_owned()));
        let missing = Err("key 'k' does not exist in secret 's'".to_owned());
        assert_eq!(found(Some(&BTreeMap::new())), missing);
    }
}

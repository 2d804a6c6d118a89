//! `{{args.x}}`: placeholders in metrics and what stands for them (spec analysis-01 7).

use std::collections::{BTreeMap, BTreeSet};

use crd::{Argument, Metric, SecretKeyRef};
use serde_json::Value;

/// Stands for the value of a Secret while a metric is only validated.
const UNREAD: &str = "temp-for-secret";

/// Values of arguments by name.
pub(super) type Values = BTreeMap<String, String>;

/// The values of arguments, with those of Secrets taken from `secrets`; without `secrets` a stand-in takes their
/// place. An argument that has both a value and a Secret takes the Secret's.
pub(super) fn values(
    args: &[Argument],
    secrets: Option<&BTreeMap<SecretKeyRef, String>>,
) -> Result<Values, String> {
    let value = |arg: &Argument| {
        let secret = arg.value_from.as_ref().and_then(|source| source.secret_key_ref.as_ref());
        let value = match (secret, secrets) {
            (Some(_), None) => Some(UNREAD.to_owned()),
            (Some(reference), Some(known)) => known.get(reference).cloned(),
            (None, _) => arg.value.clone(),
        };
        let value = value.ok_or_else(|| format!("argument \"{}\" was not supplied", arg.name))?;
        Ok((arg.name.clone(), value))
    };
    args.iter().map(value).collect()
}

/// The Secrets that arguments need.
pub(super) fn secrets(args: &[Argument]) -> BTreeSet<SecretKeyRef> {
    args.iter().filter_map(|arg| arg.value_from.as_ref()?.secret_key_ref.clone()).collect()
}

/// A metric with its placeholders filled in. Substitution happens per text, so a value can never change the shape of
/// the metric, whatever it holds.
pub(super) fn fill(metric: &Metric, values: &Values) -> Result<Metric, String> {
    let mut filled = metric.clone();
    let mut fields = Fields { values, unresolved: None };
    fields.text(&mut filled.name)?;
    fields.text(&mut filled.interval)?;
    fields.text(&mut filled.initial_delay)?;
    fields.limit(filled.count.as_mut())?;
    fields.text(&mut filled.success_condition)?;
    fields.text(&mut filled.failure_condition)?;
    fields.limit(filled.failure_limit.as_mut())?;
    fields.limit(filled.inconclusive_limit.as_mut())?;
    fields.limit(filled.consecutive_error_limit.as_mut())?;
    let mut provider = Value::Object(std::mem::take(&mut filled.provider));
    fields.value(&mut provider)?;
    if let Value::Object(provider) = provider {
        filled.provider = provider;
    }
    fields.limit(filled.consecutive_success_limit.as_mut())?;
    // The reference names the last one in the order of the fields.
    fields.unresolved.map_or(Ok(filled), |tag| Err(format!("failed to resolve {{{{{tag}}}}}")))
}

struct Fields<'a> {
    values: &'a Values,
    unresolved: Option<String>,
}

impl Fields<'_> {
    fn limit(&mut self, limit: Option<&mut crd::IntOrString>) -> Result<(), String> {
        match limit {
            Some(crd::IntOrString::String(text)) => self.text(text),
            _ => Ok(()),
        }
    }

    fn value(&mut self, value: &mut Value) -> Result<(), String> {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.value(item)),
            Value::Object(fields) => {
                let old = std::mem::take(fields);
                for (mut key, mut value) in old {
                    self.text(&mut key)?;
                    self.value(&mut value)?;
                    fields.insert(key, value);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn text(&mut self, text: &mut String) -> Result<(), String> {
        if !text.contains("{{") {
            return Ok(());
        }
        let mut filled = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((tag, tail)) = after.split_once("}}") else {
                return Err(format!(
                    "Cannot find end tag=\"}}}}\" in the template={text:?} starting from {after:?}"
                ));
            };
            filled.push_str(before);
            match tag.trim().strip_prefix("args.").and_then(|name| self.values.get(name)) {
                Some(value) => filled.push_str(value),
                None => self.unresolved = Some(tag.to_owned()),
            }
            rest = tail;
        }
        filled.push_str(rest);
        *text = filled;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(metric: Value) -> Result<Value, String> {
        let metric: Metric = serde_json::from_value(metric).unwrap();
        let values = [("max", "0.01"), ("quoted", "a\"b\\c"), ("nested", "{{args.max}}")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        fill(&metric, &values).map(|metric| serde_json::to_value(metric).unwrap())
    }

    #[test]
    fn placeholders_are_filled_wherever_a_text_stands() {
        let metric = json!({
            "name": "a", "count": "{{ args.max }}", "successCondition": "result < {{args.max}}",
            "provider": {"web": {"url": "{{args.quoted}}", "{{args.max}}": ["{{args.nested}}"]}},
        });
        let expected = json!({
            "name": "a", "count": "0.01", "successCondition": "result < 0.01",
            "provider": {"web": {"url": "a\"b\\c", "0.01": ["{{args.max}}"]}},
        });
        assert_eq!(filled(metric), Ok(expected));
    }

    #[test]
    fn the_last_unknown_placeholder_is_named() {
        let metric = json!({
            "name": "a", "successCondition": "{{args.does-not-exist}}",
            "provider": {"prometheus": {"query": "{{args.metric-name}}"}},
        });
        assert_eq!(filled(metric), Err("failed to resolve {{args.metric-name}}".to_owned()));
    }

    #[test]
    fn an_argument_without_a_value_is_named() {
        let arg = Argument { name: "x".to_owned(), ..Argument::default() };
        assert_eq!(values(&[arg], None), Err("argument \"x\" was not supplied".to_owned()));
    }
}

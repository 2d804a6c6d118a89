//! Arguments as a Rollout gives them (spec analysis-01 6).

use crd::{Argument, Rollout, RolloutArgument};
use serde_json::Value;

use crate::plan::Plan;
use crate::strategy::Strategy;
use crate::{downward, go};

/// The arguments with their values.
///
/// # Errors
/// Metadata that does not exist; any other field only if it belongs to the last argument that names one: before it, a
/// field that leads nowhere is empty.
pub(crate) fn build<S: Strategy>(
    plan: &Plan<'_, S>,
    args: &[RolloutArgument],
) -> Result<Vec<Argument>, String> {
    let mut last = Ok(());
    let mut built = Vec::new();
    for argument in args {
        let value = match source(plan, argument) {
            Source::Text(text) => text,
            Source::Metadata(path) => downward::field(&plan.rollout.metadata, path)?,
            Source::Field(path) => {
                let found = walk(&plan.rollout, path);
                last = found.as_ref().map(drop).map_err(Clone::clone);
                found.unwrap_or_default()
            }
        };
        built.push(Argument { name: argument.name.clone(), value: Some(value), value_from: None });
    }
    last.map(|()| built)
}

/// Where a value comes from.
enum Source<'a> {
    Text(String),
    /// A path of the downward API.
    Metadata(&'a str),
    /// A path anywhere in the Rollout.
    Field(&'a str),
}

fn source<'a, S: Strategy>(plan: &Plan<'_, S>, argument: &'a RolloutArgument) -> Source<'a> {
    let literal = || Source::Text(argument.value.clone());
    let Some(from) = &argument.value_from else { return literal() };
    if let Some(which) = &from.pod_template_hash_value {
        let set = if which == "Stable" { plan.stable_set() } else { plan.new_set() };
        return Source::Text(set.map_or_else(String::new, |set| set.hash().to_owned()));
    }
    match from.field_ref.as_ref().map(|field| field.field_path.as_str()) {
        Some(path) if path.starts_with("metadata") => Source::Metadata(path),
        Some(path) => Source::Field(path),
        None => literal(),
    }
}

/// A value anywhere in the Rollout: sections between `.`, `[` and `]`.
fn walk(rollout: &Rollout, path: &str) -> Result<String, String> {
    let invalid = || format!("invalid path {path} in rollout");
    let mut value = &serde_json::to_value(rollout).unwrap_or_default();
    for section in path.split(['.', '[', ']']).filter(|section| !section.is_empty()) {
        value = match value {
            Value::Array(items) => {
                let index: i64 = section.parse().map_err(|_| format!("invalid index '{section}'"))?;
                let item = usize::try_from(index).ok().and_then(|index| items.get(index));
                item.ok_or_else(|| format!("index {index} out of range"))?
            }
            Value::Object(fields) => fields.get(section).ok_or_else(invalid)?,
            _ => return Err(invalid()),
        };
    }
    match value {
        Value::Null => Err(invalid()),
        Value::String(text) => Ok(text.clone()),
        Value::Bool(yes) => Ok(yes.to_string()),
        Value::Number(number) => Ok(go::number(number.as_f64().unwrap_or_default())),
        Value::Array(_) | Value::Object(_) => {
            Err(format!("path {path} in rollout must terminate in a primitive value"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::observed::Observed;
    use crate::testing;

    /// The object of spec analysis-01 6, with some numbers.
    fn observed() -> Observed {
        let rollout = json!({
            "metadata": {"name": "test", "labels": {"app": "app"},
                "annotations": {"rollout.argoproj.io/revision": "2"}},
            "spec": {"replicas": 1_000_000, "progressDeadlineSeconds": 600, "paused": true,
                "template": {"metadata": {"labels": {"version": "v1"}}},
                "strategy": {"canary": {"steps": [{"setWeight": 5}]}}},
            "status": {"pauseConditions": [{"reason": "test-reason", "startTime": "2026-01-31T12:00:00Z"}]},
        });
        testing::observed(&rollout, Some((1, 1)), Some((1, 1)))
    }

    fn field(name: &str, path: &str) -> RolloutArgument {
        serde_json::from_value(json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}})).unwrap()
    }

    fn values(args: &[RolloutArgument]) -> Result<Vec<String>, String> {
        let built = build(&testing::plan(&observed()), args)?;
        Ok(built.into_iter().map(|argument| argument.value.unwrap_or_default()).collect())
    }

    fn one(path: &str) -> Result<String, String> {
        values(&[field("a", path)]).map(|mut values| values.remove(0))
    }

    #[test]
    fn a_field_of_the_rollout_is_printed_as_go_prints_it() {
        let rows = [
            ("metadata.labels['app']", "app"),
            ("metadata.annotations['rollout.argoproj.io/revision']", "2"),
            ("status.pauseConditions[0].reason", "test-reason"),
            ("spec.template.metadata.labels.version", "v1"),
            ("spec.strategy.canary.steps[0].setWeight", "5"),
            ("..spec..progressDeadlineSeconds]", "600"),
            ("spec.replicas", "1e+06"),
            ("spec.paused", "true"),
        ];
        for (path, wanted) in rows {
            assert_eq!(one(path), Ok(wanted.to_owned()), "{path}");
        }
    }

    #[test]
    fn a_path_that_ends_at_no_value_is_an_error_that_says_where() {
        let rows = [
            ("status.pauseConditions[blah].reason", "invalid index 'blah'"),
            ("status.pauseConditions[12].reason", "index 12 out of range"),
            ("status.pauseConditions[-1].reason", "index -1 out of range"),
            ("status.abortedAt", "invalid path status.abortedAt in rollout"),
            (
                "status.pauseConditions[0]",
                "path status.pauseConditions[0] in rollout must terminate in a primitive value",
            ),
            (
                "some.invalid[2].non.existing.path",
                "invalid path some.invalid[2].non.existing.path in rollout",
            ),
            ("spec.paused.deeper", "invalid path spec.paused.deeper in rollout"),
            ("", "path  in rollout must terminate in a primitive value"),
        ];
        for (path, wanted) in rows {
            assert_eq!(one(path), Err(wanted.to_owned()), "{path}");
        }
        let walked = walk(&observed().rollout, "metadata.labels['app']");
        assert_eq!(
            walked,
            Err("invalid path metadata.labels['app'] in rollout".to_owned()),
            "quotes are text"
        );
    }

    #[test]
    fn only_the_last_field_that_leads_nowhere_is_an_error_and_metadata_always() {
        let (bad, good) = (field("a", "spec.none"), field("b", "spec.paused"));
        assert_eq!(values(&[bad.clone(), good.clone()]), Ok(vec![String::new(), "true".to_owned()]));
        assert_eq!(values(&[good, bad.clone()]), Err("invalid path spec.none in rollout".to_owned()));
        let literal = RolloutArgument { name: "c".to_owned(), value: "x".to_owned(), value_from: None };
        assert_eq!(values(&[bad, literal.clone()]), Err("invalid path spec.none in rollout".to_owned()));
        let metadata = field("d", "metadata.none");
        assert_eq!(values(&[metadata, literal]), Err("unsupported fieldPath: metadata.none".to_owned()));
    }

    #[test]
    fn hashes_are_those_of_the_versions() {
        let hash = |which: &str| -> RolloutArgument {
            serde_json::from_value(json!({"name": "h", "valueFrom": {"podTemplateHashValue": which}}))
                .unwrap()
        };
        assert_eq!(
            values(&[hash("Latest"), hash("Stable")]),
            Ok(vec!["new".to_owned(), "stable".to_owned()])
        );
    }
}

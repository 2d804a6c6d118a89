//! `sum`, `avg`, `min`, `max`, `count` and `group`, by or without labels.

use std::collections::BTreeMap;

use promql_parser::parser::token::{T_AVG, T_COUNT, T_GROUP, T_MAX, T_MIN, T_SUM, TokenId};
use promql_parser::parser::{AggregateExpr, LabelModifier};

use super::eval::Evaluator;
use super::{Error, Labels, Sample, Value};

/// What a group of values becomes. No group is empty.
type Combine = fn(&[f64]) -> f64;

/// One row an operator.
const AGGREGATORS: &[(TokenId, Combine)] = &[
    (T_SUM, |values| values.iter().sum()),
    (T_AVG, |values| values.iter().sum::<f64>() / values.len() as f64),
    // `f64::min` and `f64::max` prefer the number to NaN, which is what PromQL wants of both.
    (T_MIN, |values| values.iter().copied().fold(f64::NAN, f64::min)),
    (T_MAX, |values| values.iter().copied().fold(f64::NAN, f64::max)),
    (T_COUNT, |values| values.len() as f64),
    (T_GROUP, |_| 1.0),
];

pub(super) fn eval(context: &Evaluator<'_>, aggregation: &AggregateExpr) -> Result<Value, Error> {
    let row = AGGREGATORS.iter().find(|(token, _)| *token == aggregation.op.id());
    let (_, combine) =
        row.ok_or_else(|| Error::unsupported(format!("the aggregation `{}`", aggregation.op)))?;
    let mut groups: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
    for sample in context.vector(&aggregation.expr)? {
        groups.entry(key(&sample.labels, aggregation.modifier.as_ref())).or_default().push(sample.value);
    }
    let combined = |(labels, values): (_, Vec<f64>)| Sample { labels, value: combine(&values) };
    Ok(Value::Vector(groups.into_iter().map(combined).collect()))
}

fn key(labels: &Labels, modifier: Option<&LabelModifier>) -> Labels {
    match modifier {
        None => Labels::default(),
        Some(LabelModifier::Include(by)) => labels.only(&by.labels),
        Some(LabelModifier::Exclude(without)) => labels.without(&without.labels),
    }
}

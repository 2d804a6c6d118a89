//! Which series of one vector belongs to which of the other.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::parser::token::{T_LAND, T_LUNLESS, TokenType};
use promql_parser::parser::{BinModifier, LabelModifier, VectorMatchCardinality};

use super::arithmetic::{Operator, Verdict};
use super::labels::NAME;
use super::{Error, Labels, Sample, Value};

/// `and`, `or`, `unless`: which series stay, by their match group.
pub(super) fn set(token: TokenType, left: Vec<Sample>, right: Vec<Sample>, modifier: &BinModifier) -> Value {
    let groups = |samples: &[Sample]| -> BTreeSet<Labels> {
        samples.iter().map(|sample| group(&sample.labels, modifier)).collect()
    };
    let (in_left, in_right) = (groups(&left), groups(&right));
    let within = |sample: &Sample, set: &BTreeSet<Labels>| set.contains(&group(&sample.labels, modifier));
    Value::Vector(match token.id() {
        T_LAND => left.into_iter().filter(|sample| within(sample, &in_right)).collect(),
        T_LUNLESS => left.into_iter().filter(|sample| !within(sample, &in_right)).collect(),
        _ => {
            let added = right.into_iter().filter(|sample| !within(sample, &in_left));
            left.into_iter().chain(added).collect()
        }
    })
}

/// Combines two vectors series by series. With `group_left` and `group_right` one side may have many series of a
/// match group, the other exactly one.
pub(super) fn combine(
    operator: Operator,
    verdict: Verdict,
    left: Vec<Sample>,
    right: Vec<Sample>,
    modifier: &BinModifier,
) -> Result<Value, Error> {
    let swapped = matches!(modifier.card, VectorMatchCardinality::OneToMany(_));
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    let one = by_group(one, modifier)?;
    let mut results: BTreeMap<Labels, f64> = BTreeMap::new();
    let mut matched = BTreeSet::new();
    for sample in many {
        let group = group(&sample.labels, modifier);
        let Some(other) = one.get(&group) else {
            continue;
        };
        let (left, right) = if swapped { (other.value, sample.value) } else { (sample.value, other.value) };
        let Some(value) = operator.apply(left, right, left, verdict) else {
            continue;
        };
        let labels = labels(operator, verdict, &sample.labels, &other.labels, modifier);
        if modifier.card == VectorMatchCardinality::OneToOne && !matched.insert(group.clone()) {
            let remedy = "write group_left or group_right where one side has several";
            return Err(Error::ManyMatches { group: group.to_string(), remedy });
        }
        if results.insert(labels, value).is_some() {
            let remedy = "the labels of the group modifier must tell the results apart";
            return Err(Error::ManyMatches { group: group.to_string(), remedy });
        }
    }
    Ok(Value::Vector(results.into_iter().map(|(labels, value)| Sample { labels, value }).collect()))
}

fn by_group(samples: Vec<Sample>, modifier: &BinModifier) -> Result<BTreeMap<Labels, Sample>, Error> {
    let mut groups = BTreeMap::new();
    for sample in samples {
        let group = group(&sample.labels, modifier);
        if groups.insert(group.clone(), sample).is_some() {
            let remedy = "matching labels must be unique on one side";
            return Err(Error::ManyMatches { group: group.to_string(), remedy });
        }
    }
    Ok(groups)
}

/// The labels by which series find each other: all but the name, unless `on` or `ignoring` says otherwise.
fn group(labels: &Labels, modifier: &BinModifier) -> Labels {
    match &modifier.matching {
        None => labels.without_name(),
        Some(LabelModifier::Include(on)) => labels.only(&on.labels),
        Some(LabelModifier::Exclude(ignoring)) => labels.without(&ignoring.labels),
    }
}

/// The labels of a result: those of the many-side, for one to one reduced to what was matched on, and what
/// `group_left(...)` copies from the one-side.
fn labels(
    operator: Operator,
    verdict: Verdict,
    many: &Labels,
    one: &Labels,
    modifier: &BinModifier,
) -> Labels {
    let drops_name = operator.drops_name() || verdict == Verdict::Number;
    let name = if drops_name { "" } else { many.name() };
    let rest = match (&modifier.card, &modifier.matching) {
        (VectorMatchCardinality::OneToOne, Some(LabelModifier::Include(on))) => {
            return if drops_name { many.only(&on.labels).without_name() } else { many.only(&on.labels) };
        }
        (VectorMatchCardinality::OneToOne, Some(LabelModifier::Exclude(ignoring))) => {
            many.without(&ignoring.labels)
        }
        _ => many.without_name(),
    };
    let copied = modifier.card.labels().map(|labels| labels.labels.as_slice()).unwrap_or_default();
    copied.iter().fold(rest.with(NAME, name), |labels, name| labels.with(name, one.get(name)))
}

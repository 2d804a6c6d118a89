//! What a table writes short: `@-10s` is a time, seen from the first pass; `#v2` the hash of a version's template;
//! `#steps` that of the steps.

use serde_json::{Value, json};

use super::{given, roles};
use crate::harness::Cluster;

/// The case with every short form written out.
pub(super) fn resolve(mut case: Value) -> Value {
    let epoch = Cluster::new("{replicas: 1, strategy: {canary: {}}}").now;
    times(&mut case, epoch);
    let cluster = Cluster::new(&given::spec(&case).to_string());
    let steps = cluster.rollout.canary().map_or_else(String::new, |canary| crd::hash::steps(&canary.steps));
    let mut short: Vec<(String, String)> = vec![("#steps".to_owned(), steps)];
    // Two digits first: `#v1` is a part of `#v12`.
    for number in (0..13).rev() {
        let version = format!("v{number}");
        short.push((format!("#{version}"), roles::hash(&cluster, &version)));
    }
    each_text(&mut case, &|text| {
        short.iter().fold(text.to_owned(), |text, (short, long)| text.replace(short, long))
    });
    case
}

/// Writes the times out.
pub(crate) fn times(value: &mut Value, epoch: aviary_rollout::Timestamp) {
    each_text(value, &|text| match text.strip_prefix('@') {
        Some(offset) => time(epoch, offset).to_string(),
        None => text.to_owned(),
    });
}

fn time(epoch: aviary_rollout::Timestamp, offset: &str) -> crd::Time {
    let (sign, length) = match offset.split_at_checked(1) {
        Some(("-", length)) => (-1, length),
        Some(("+", length)) => (1, length),
        _ => (0, "0"),
    };
    let length = crd::duration::parse(length).unwrap_or_else(|error| panic!("@{offset}: {error}"));
    crd::Time::from(epoch).plus_seconds(sign * length.as_secs().cast_signed())
}

fn each_text(value: &mut Value, change: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => *value = json!(change(text)),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(fields) => {
            let changed = std::mem::take(fields).into_iter().map(|(key, mut field)| {
                each_text(&mut field, change);
                (change(&key), field)
            });
            *fields = changed.collect();
        }
        _ => {}
    }
}

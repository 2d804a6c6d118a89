//! The configuration as it is written: every setting is known and of the right type, and nothing else is checked.

use super::fields::{Fields, unreadable};
use super::node::Node;
use super::scalar::Scalar;
use super::{Error, Evidence, Field, OnInconclusive, Source};
use crate::process::Model;

const KINDS: [(&str, KindName); 5] = [
    ("proportion", KindName::Proportion),
    ("rate", KindName::Rate),
    ("latency", KindName::Latency),
    ("gauge", KindName::Gauge),
    ("limit", KindName::Limit),
];
const ENDINGS: [(&str, OnInconclusive); 3] = [
    ("pause", OnInconclusive::Pause),
    ("fail", OnInconclusive::Fail),
    ("pass-if-safe", OnInconclusive::PassIfSafe),
];
const EVIDENCE: [(&str, Evidence); 2] = [("release", Evidence::Release), ("step", Evidence::Step)];
const MODELS: [(&str, Model); 2] = [("bernoulli", Model::Bernoulli), ("poisson", Model::Poisson)];

const SETTINGS: (&str, &str) = ("set of settings", "write each by its name, such as `falseAborts: 1%`");
const METRIC: (&str, &str) = ("metric", "write it as `{name: errors, kind: proportion}`");
const QUERIES: (&str, &str) = ("set of queries", "write each by its name, such as `{bad: ..., total: ...}`");
const MARGIN: (&str, &str) = ("margin", "write its parts, such as `{relative: 50%, absolute: 0.1pp}`");
const RATE: (&str, &str) = ("burn rate", "write it as `{factor: 14.4, long: 1h, short: 5m}`");

pub(super) struct Config {
    pub(super) field: Field,
    pub(super) false_aborts: Option<Scalar>,
    pub(super) false_pass: Option<Scalar>,
    pub(super) regions: Option<u32>,
    pub(super) window: Option<Scalar>,
    pub(super) warmup: Option<Scalar>,
    pub(super) min_windows: Option<u32>,
    pub(super) min_requests: Option<Scalar>,
    pub(super) no_data_after: Option<u32>,
    pub(super) max_wait: Option<Scalar>,
    pub(super) on_inconclusive: OnInconclusive,
    /// `None` in the place of each that could not be read.
    pub(super) metrics: Option<Vec<Option<Metric>>>,
}

pub(super) struct Metric {
    pub(super) field: Field,
    pub(super) name: String,
    pub(super) kind: KindName,
    pub(super) canary: Option<Source>,
    pub(super) stable: Option<Source>,
    pub(super) strata: Option<String>,
    pub(super) fail_above: Margin,
    pub(super) pass_below: Margin,
    pub(super) dispersion: Option<Scalar>,
    pub(super) evidence: Evidence,
    pub(super) weight: Option<Scalar>,
    pub(super) must_detect: Option<Scalar>,
    pub(super) edges: Option<Vec<f64>>,
    pub(super) bounds: Option<[f64; 2]>,
    pub(super) limit: Option<Scalar>,
    pub(super) model: Option<Model>,
    pub(super) objective: Option<Scalar>,
    pub(super) burn_rates: Option<Vec<BurnRate>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KindName {
    Proportion,
    Rate,
    Latency,
    Gauge,
    Limit,
}

#[derive(Debug, Default)]
pub(super) struct Margin {
    pub(super) relative: Option<Scalar>,
    pub(super) absolute: Option<Scalar>,
}

#[derive(Debug)]
pub(super) struct BurnRate {
    pub(super) field: Field,
    pub(super) factor: Scalar,
    pub(super) long: Scalar,
    pub(super) short: Scalar,
}

/// Reads all but the members of these names, which are for others.
pub(super) fn config(
    node: &Node,
    field: Field,
    others: &[&'static str],
    mistakes: &mut Vec<Error>,
) -> Option<Config> {
    let mut fields = Fields::of(node, field, SETTINGS, mistakes)?;
    let config = Config {
        field: fields.field.clone(),
        false_aborts: fields.scalar("falseAborts"),
        false_pass: fields.scalar("falsePass"),
        regions: fields.whole("regions"),
        window: fields.scalar("window"),
        warmup: fields.scalar("warmup"),
        min_windows: fields.whole("minWindows"),
        min_requests: fields.scalar("minRequests"),
        no_data_after: fields.whole("noDataAfter"),
        max_wait: fields.scalar("maxWait"),
        on_inconclusive: fields.choice("onInconclusive", &ENDINGS).unwrap_or_default(),
        metrics: metrics(&mut fields),
    };
    fields.finish(others);
    Some(config)
}

fn metrics(fields: &mut Fields<'_, '_>) -> Option<Vec<Option<Metric>>> {
    let field = fields.field.member("metrics");
    match fields.get("metrics")? {
        Node::List(items) => {
            let metrics = items.iter().enumerate();
            Some(metrics.map(|(index, item)| metric(item, index, &field, fields.mistakes)).collect())
        }
        other => {
            let remedy = "write each as an item, such as `- {name: errors, kind: proportion}`";
            fields.mistakes.push(unreadable(field, other, "list of metrics", remedy));
            // Something is there.
            Some(vec![None])
        }
    }
}

/// `None` if anything in it cannot be read.
fn metric(node: &Node, index: usize, list: &Field, mistakes: &mut Vec<Error>) -> Option<Metric> {
    let before = mistakes.len();
    let field = list.item(index, &name(node).unwrap_or_else(|| index.to_string()));
    let mut fields = Fields::of(node, field, METRIC, mistakes)?;
    let name = needed(&mut fields, "name", "name the metric", Fields::text);
    let remedy = "say what is counted, such as `kind: proportion`";
    let kind = needed(&mut fields, "kind", remedy, |fields, name| fields.choice(name, &KINDS));
    let metric = Metric {
        field: fields.field.clone(),
        name: name.unwrap_or_default(),
        kind: kind.unwrap_or(KindName::Proportion),
        canary: source(&mut fields, "canary"),
        stable: source(&mut fields, "stable"),
        strata: fields.text("strata"),
        fail_above: margin(&mut fields, "failAbove").unwrap_or_default(),
        pass_below: margin(&mut fields, "passBelow").unwrap_or_default(),
        dispersion: fields.scalar("dispersion"),
        evidence: fields.choice("evidence", &EVIDENCE).unwrap_or_default(),
        weight: fields.scalar("weight"),
        must_detect: fields.scalar("mustDetect"),
        edges: fields.numbers("edges"),
        bounds: bounds(&mut fields),
        limit: fields.scalar("limit"),
        model: fields.choice("model", &MODELS),
        objective: fields.scalar("objective"),
        burn_rates: burn_rates(&mut fields),
    };
    fields.finish(&[]);
    (mistakes.len() == before).then_some(metric)
}

/// How people know it.
fn name(node: &Node) -> Option<String> {
    let Node::Map(members) = node else { return None };
    let written = members.iter().find(|(name, _)| name == "name").map(|(_, node)| node);
    written.map(Node::shown).filter(|name| !name.trim().is_empty())
}

fn needed<'n, 'm, T>(
    fields: &mut Fields<'n, 'm>,
    name: &'static str,
    remedy: &'static str,
    read: impl FnOnce(&mut Fields<'n, 'm>, &'static str) -> Option<T>,
) -> Option<T> {
    if fields.get(name).is_none() {
        fields.mistakes.push(Error::Missing { field: fields.field.member(name), remedy });
    }
    read(fields, name)
}

fn source(fields: &mut Fields<'_, '_>, name: &'static str) -> Option<Source> {
    let node = fields.get(name)?;
    let mut fields = Fields::of(node, fields.field.member(name), QUERIES, fields.mistakes)?;
    let source = Source {
        bad: fields.text("bad"),
        total: fields.text("total"),
        count: fields.text("count"),
        exposure: fields.text("exposure"),
        buckets: fields.text("buckets"),
        value: fields.text("value"),
    };
    fields.finish(&[]);
    Some(source)
}

fn margin(fields: &mut Fields<'_, '_>, name: &'static str) -> Option<Margin> {
    let node = fields.get(name)?;
    let mut fields = Fields::of(node, fields.field.member(name), MARGIN, fields.mistakes)?;
    let margin = Margin { relative: fields.scalar("relative"), absolute: fields.scalar("absolute") };
    fields.finish(&[]);
    Some(margin)
}

fn bounds(fields: &mut Fields<'_, '_>) -> Option<[f64; 2]> {
    let numbers = fields.numbers("bounds")?;
    let found = <[f64; 2]>::try_from(numbers.as_slice()).ok();
    if found.is_none() {
        let written = Node::List(numbers.into_iter().map(Node::Number).collect());
        let remedy = "write the least and the greatest value, such as [0, 1]";
        fields.mistakes.push(unreadable(fields.field.member("bounds"), &written, "range", remedy));
    }
    found
}

fn burn_rates(fields: &mut Fields<'_, '_>) -> Option<Vec<BurnRate>> {
    let field = fields.field.member("burnRates");
    match fields.get("burnRates")? {
        Node::List(items) => {
            let rates = items.iter().enumerate();
            Some(rates.filter_map(|(index, item)| burn_rate(item, index, &field, fields.mistakes)).collect())
        }
        other => {
            fields.mistakes.push(unreadable(field, other, "list of burn rates", RATE.1));
            None
        }
    }
}

fn burn_rate(node: &Node, index: usize, list: &Field, mistakes: &mut Vec<Error>) -> Option<BurnRate> {
    let mut fields = Fields::of(node, list.item(index, &index.to_string()), RATE, mistakes)?;
    let part = |fields: &mut Fields<'_, '_>, name| needed(fields, name, RATE.1, Fields::scalar);
    let parts = (part(&mut fields, "factor"), part(&mut fields, "long"), part(&mut fields, "short"));
    let field = fields.field.clone();
    fields.finish(&[]);
    let (Some(factor), Some(long), Some(short)) = parts else { return None };
    Some(BurnRate { field, factor, long, short })
}

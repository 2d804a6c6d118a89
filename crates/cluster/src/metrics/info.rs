//! Series that are made from the cache when somebody asks.

use std::fmt;
use std::sync::Arc;

use prometheus::core::{Collector, Desc};
use prometheus::proto::{Gauge, LabelPair, Metric, MetricFamily, MetricType};

use crate::cache::{Cache, Objects};

/// Gauges over the objects of the cache.
pub(super) type Table = &'static [Row];

/// One family of gauges.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) labels: &'static [&'static str],
    /// Tells the series: the values of the labels, and that of the gauge.
    pub(super) series: fn(&Objects, &mut Series<'_>),
}

/// Takes series one by one.
pub(super) type Series<'a> = dyn FnMut(&[&str], i32) + 'a;

/// The rows of a table, for the registry.
pub(super) struct Info {
    table: Table,
    descriptions: Vec<Desc>,
    cache: Arc<Cache>,
}

impl Info {
    pub(super) fn new(table: Table, cache: Arc<Cache>) -> Result<Self, prometheus::Error> {
        let describe = |row: &Row| {
            let labels = row.labels.iter().map(|label| (*label).to_owned()).collect();
            Desc::new(row.name.to_owned(), row.help.to_owned(), labels, std::collections::HashMap::new())
        };
        let descriptions = table.iter().map(describe).collect::<Result<_, _>>()?;
        Ok(Self { table, descriptions, cache })
    }
}

impl fmt::Debug for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Info")
    }
}

impl Collector for Info {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let objects = self.cache.read();
        self.table.iter().map(|row| family(row, &objects)).collect()
    }
}

fn family(row: &Row, objects: &Objects) -> MetricFamily {
    let mut metrics = Vec::new();
    (row.series)(objects, &mut |values, value| {
        let mut gauge = Gauge::default();
        gauge.set_value(f64::from(value));
        let mut metric = Metric::from_gauge(gauge);
        metric.set_label(labels(row.labels, values));
        metrics.push(metric);
    });
    named(row.name, row.help, MetricType::GAUGE, metrics)
}

/// A family of series.
pub(super) fn named(name: &str, help: &str, kind: MetricType, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}

/// Labels with their values, in the order in which they are told.
pub(super) fn labels(names: &[&str], values: &[&str]) -> Vec<LabelPair> {
    let mut labels: Vec<LabelPair> = names.iter().zip(values).map(|pair| label(pair.0, pair.1)).collect();
    labels.sort_by(|one, other| one.name().cmp(other.name()));
    labels
}

fn label(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

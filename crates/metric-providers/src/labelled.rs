//! What a query gives when its answer is read by group.

use std::collections::BTreeMap;

/// The number of one group, with the labels (in Datadog: tags) that make it one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Labelled {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) number: f64,
}

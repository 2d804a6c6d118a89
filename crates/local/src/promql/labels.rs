//! The identity of a time series.

use std::collections::BTreeMap;
use std::fmt;

/// The label that carries the metric's name.
pub(super) const NAME: &str = "__name__";

/// Label names and values, the metric's name among them as `__name__`. An empty value is the same as no label.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// Labels of the metric `name`.
    pub fn named<K: Into<String>, V: Into<String>>(
        name: &str,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        pairs
            .into_iter()
            .fold(Self::default().with(NAME, name), |labels, (key, value)| labels.with(key, value))
    }

    /// The value of a label, empty when it is absent.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The metric's name, empty when it was dropped.
    pub fn name(&self) -> &str {
        self.get(NAME)
    }

    /// These labels with one set (or, given an empty value, removed).
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        if value.is_empty() {
            self.0.remove(&name);
        } else {
            self.0.insert(name, value);
        }
        self
    }

    /// Whether no label is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Without the metric's name: what arithmetic and most functions leave.
    #[must_use]
    pub(super) fn without_name(&self) -> Self {
        self.without(&[])
    }

    /// Without the metric's name and `names`.
    #[must_use]
    pub(super) fn without(&self, names: &[String]) -> Self {
        let kept = self.0.iter().filter(|(name, _)| *name != NAME && !names.contains(name));
        Self(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Only `names`.
    #[must_use]
    pub(super) fn only(&self, names: &[String]) -> Self {
        let kept = self.0.iter().filter(|(name, _)| names.contains(name));
        Self(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

impl fmt::Display for Labels {
    /// As a selector: `name{key="value"}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        f.write_str("{")?;
        let pairs = self.iter().filter(|(name, _)| *name != NAME);
        for (at, (name, value)) in pairs.enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value:?}")?;
        }
        f.write_str("}")
    }
}

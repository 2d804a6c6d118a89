//! Which objects a list, a watch or a deletion means: label and field selectors in their text forms.

mod field;
mod label;

use serde_json::Value;

pub use label::LabelSelector;

use crate::{Options, Status};
use field::FieldSelector;

/// A label selector and a field selector together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    labels: LabelSelector,
    fields: FieldSelector,
}

impl Selection {
    /// Reads the selectors of a request to the kind `plural`; 400 when one cannot be read or asks for a field that
    /// the kind has no index of.
    pub fn of(options: &Options, group: &str, plural: &str) -> Result<Self, Status> {
        Ok(Self {
            labels: LabelSelector::parse(&options.label_selector).map_err(Status::bad_request)?,
            fields: FieldSelector::parse(&options.field_selector, group, plural)
                .map_err(Status::bad_request)?,
        })
    }

    /// Whether nothing is filtered out.
    pub fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether `object` is meant.
    pub fn matches(&self, object: &Value) -> bool {
        self.labels.matches(&object["metadata"]["labels"]) && self.fields.matches(object)
    }
}

//! Records: Go structs that a provider hands to a condition.

use super::Value;
use super::collection::around;

/// The shape of a record: a Go struct.
#[derive(Debug, PartialEq, Eq)]
pub struct RecordType {
    /// As Go prints the type.
    pub name: &'static str,
    /// As Go prints a slice of it.
    pub list_name: &'static str,
    /// The fields' names, which are case-sensitive, and what each holds.
    pub fields: &'static [(&'static str, FieldType)],
}

/// What a record's field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A text or nil.
    Text,
    /// `[]float64`
    Floats,
    /// `[]time.Time`
    Times,
    /// CloudWatch's status code.
    StatusCode,
    /// A slice of records.
    Records(&'static RecordType),
}

/// A message of a CloudWatch result.
pub static CLOUDWATCH_MESSAGE: RecordType = RecordType {
    name: "types.MessageData",
    list_name: "[]types.MessageData",
    fields: &[("Code", FieldType::Text), ("Value", FieldType::Text)],
};

/// One result of CloudWatch's `GetMetricData` (spec analysis-03 2).
pub static CLOUDWATCH_RESULT: RecordType = RecordType {
    name: "types.MetricDataResult",
    list_name: "[]types.MetricDataResult",
    fields: &[
        ("Id", FieldType::Text),
        ("Label", FieldType::Text),
        ("Messages", FieldType::Records(&CLOUDWATCH_MESSAGE)),
        ("StatusCode", FieldType::StatusCode),
        ("Timestamps", FieldType::Times),
        ("Values", FieldType::Floats),
    ],
};

/// A record; `fields` are in the order of its type.
#[derive(Debug, PartialEq)]
pub struct Record {
    /// Its shape.
    pub of: &'static RecordType,
    /// One value for each field of the shape.
    pub fields: Vec<Value>,
}

impl Record {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let place = self.of.fields.iter().position(|field| field.0 == name)?;
        self.fields.get(place)
    }

    pub(crate) fn depth(&self) -> u16 {
        around(self.fields.iter())
    }
}

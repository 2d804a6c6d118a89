//! What a provider has read, as the condition language knows it (spec analysis-03 2).

use std::sync::Arc;

use expr::{CLOUDWATCH_MESSAGE, CLOUDWATCH_RESULT, List, ListKind, Named, Record as Struct, Time};

use crate::{Item, Record, Value};

impl From<&Value> for expr::Value {
    /// A verdict and figures have no value: no condition judges them.
    fn from(value: &Value) -> Self {
        match value {
            Value::Number(number) => (*number).into(),
            Value::Numbers(numbers) => Self::floats(numbers.iter().copied()),
            Value::Text(text) => Self::text(text.as_str()),
            Value::Nothing(_) | Value::Verdict(_) | Value::Figures(_) => Self::Nil,
            Value::Json(json) => json.into(),
            Value::Items(items) => Self::list(items.iter().map(item).collect()),
            Value::Records(records) => {
                list(ListKind::Records(&CLOUDWATCH_RESULT), records.iter().map(record).collect())
            }
            Value::Written(value, _) => Self::from(&**value),
        }
    }
}

fn item(item: &Item) -> expr::Value {
    match item {
        Item::Nothing => expr::Value::Nil,
        Item::Bool(value) => expr::Value::Bool(*value),
        Item::Integer(value) => expr::Value::Int64(*value),
        Item::Unsigned(value) => expr::Value::Uint64(*value),
        Item::Number(value) => expr::Value::Float(*value),
        Item::Text(value) => expr::Value::text(value.as_str()),
        Item::Time(value) => expr::Value::Time(Time::utc(*value)),
        Item::Duration(nanoseconds) => expr::Value::Duration(*nanoseconds),
        Item::Bytes(bytes) => expr::Value::list(bytes.iter().map(|byte| expr::Value::Uint8(*byte)).collect()),
    }
}

/// One result of CloudWatch; the fields stand in the order of their types.
fn record(record: &Record) -> expr::Value {
    let message = |(code, value): &(Option<String>, Option<String>)| {
        expr::Value::Record(Arc::new(Struct {
            of: &CLOUDWATCH_MESSAGE,
            fields: vec![text(code.as_deref()), text(value.as_deref())],
        }))
    };
    let times = record.timestamps.iter().map(|time| expr::Value::Time(Time::utc(*time)));
    let fields = vec![
        text(record.id.as_deref()),
        text(record.label.as_deref()),
        list(ListKind::Records(&CLOUDWATCH_MESSAGE), record.messages.iter().map(message).collect()),
        expr::Value::Named(Named::StatusCode(record.status_code.as_str().into())),
        list(ListKind::Times, times.collect()),
        expr::Value::floats(record.values.iter().copied()),
    ];
    expr::Value::Record(Arc::new(Struct { of: &CLOUDWATCH_RESULT, fields }))
}

fn text(text: Option<&str>) -> expr::Value {
    text.map_or(expr::Value::Nil, expr::Value::text)
}

fn list(kind: ListKind, items: Vec<expr::Value>) -> expr::Value {
    expr::Value::List(Arc::new(List::new(kind, items)))
}

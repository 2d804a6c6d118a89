//! The names that a program may use.

use crate::types::Type;
use crate::value::Value;

/// What a program sees: `result` and six functions for conditions, nothing but two functions for times.
///
/// `isNil` and `default` look at `result` whatever they are given, as the reference's do (spec analysis-03 1).
#[derive(Clone, Debug, PartialEq)]
pub struct Env {
    result: Option<Value>,
}

/// A function of the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    AsInt,
    AsFloat,
    IsNaN,
    IsInf,
    IsNil,
    Default,
}

const FUNCTIONS: [(&str, Function); 6] = [
    ("asInt", Function::AsInt),
    ("asFloat", Function::AsFloat),
    ("isNaN", Function::IsNaN),
    ("isInf", Function::IsInf),
    ("isNil", Function::IsNil),
    ("default", Function::Default),
];

impl Env {
    /// For `successCondition` and `failureCondition`.
    pub fn of_result(result: Value) -> Self {
        Self { result: Some(result) }
    }

    /// For the start and end of a Prometheus range query: `isNaN` and `isInf` only.
    pub fn of_time() -> Self {
        Self { result: None }
    }

    pub(crate) fn result(&self) -> Option<&Value> {
        self.result.as_ref()
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&Value> {
        if name == "result" { self.result.as_ref() } else { None }
    }

    pub(crate) fn function(&self, name: &str) -> Option<Function> {
        let (_, function) = *FUNCTIONS.iter().find(|row| row.0 == name)?;
        let of_time = matches!(function, Function::IsNaN | Function::IsInf);
        (of_time || self.result.is_some()).then_some(function)
    }
}

impl Function {
    /// The types of the arguments, and of what it gives.
    pub(crate) fn signature(self) -> (&'static [Type], Type) {
        match self {
            Self::AsInt => (&[Type::Any], Type::Int64),
            Self::AsFloat => (&[Type::Any], Type::Float),
            Self::IsNaN | Self::IsInf => (&[Type::Float], Type::Bool),
            Self::IsNil => (&[Type::Any], Type::Bool),
            Self::Default => (&[Type::Any, Type::Any], Type::Any),
        }
    }

    /// Calls it.
    pub(crate) fn call(self, arguments: &[Value], result: Option<&Value>) -> Result<Value, String> {
        let first = arguments.first().unwrap_or(&Value::Nil);
        let result = result.unwrap_or(&Value::Nil);
        match self {
            Self::AsInt => as_int(first).map(Value::Int64),
            Self::AsFloat => as_float(first).map(Value::Float),
            Self::IsNaN => float(first).map(|f| Value::Bool(f.is_nan())),
            Self::IsInf => float(first).map(|f| Value::Bool(f.is_infinite())),
            Self::IsNil => Ok(Value::Bool(*result == Value::Nil)),
            Self::Default if *result == Value::Nil => Ok(arguments.get(1).cloned().unwrap_or(Value::Nil)),
            Self::Default => Ok(result.clone()),
        }
    }
}

fn float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Float(f) => Ok(*f),
        other => Err(conversion(other, "float64")),
    }
}

/// What Go says when a value is not of the type that code needs.
pub(crate) fn conversion(value: &Value, wanted: &str) -> String {
    let is = if *value == Value::Nil { "nil" } else { value.go_type() };
    format!("interface conversion: interface {{}} is {is}, not {wanted}")
}

fn as_int(value: &Value) -> Result<i64, String> {
    match value {
        Value::Text(text) => crate::number::parse_int(text),
        // A float outside the range gives the smallest integer on the reference's platform.
        Value::Float(f) => Ok(crate::number::truncate(*f)),
        other => other.as_int().ok_or_else(|| unsupported("asInt", other)),
    }
}

fn as_float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Text(text) => crate::number::parse_float(text),
        other => other.as_float().ok_or_else(|| unsupported("asFloat", other)),
    }
}

fn unsupported(function: &str, value: &Value) -> String {
    let shown = if is_small(value) { crate::go_text::value(value) } else { "...".into() };
    format!("{function}() not supported on {} {shown}", value.go_type())
}

/// Whether a value can be shown in a message: a list may hold another many times over.
fn is_small(value: &Value) -> bool {
    const MANY: usize = 1_000;
    let mut open = vec![value];
    let mut seen = 0;
    while let Some(value) = open.pop() {
        seen += 1;
        match value {
            Value::Text(text) => seen += text.len() / 64,
            Value::List(list) => open.extend(list.items().iter().take(MANY + 1)),
            Value::Map(map) => open.extend(map.entries().values().take(MANY + 1)),
            _ => {}
        }
        if seen + open.len() > MANY {
            return false;
        }
    }
    true
}

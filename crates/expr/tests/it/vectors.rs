//! The vectors of spec analysis-03 section 4, as transcribed into `fixtures/expr`.

use std::sync::Arc;

use aviary_expr::{
    CLOUDWATCH_RESULT, List, ListKind, Named, Record, Timestamp, Value, Verdict, Which, judge, time,
};

const CONDITIONS: &str = include_str!("../../../../fixtures/expr/conditions.txt");
const TIMES: &str = include_str!("../../../../fixtures/expr/times.txt");
const NO_DATA: &str = "metric result is nil or empty: no data returned from the metric provider";

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

fn cloudwatch(values: Option<Vec<f64>>) -> Value {
    let record = |values: Vec<f64>| {
        let list = |kind| Value::List(Arc::new(List::new(kind, Vec::new())));
        let fields = vec![
            Value::from("rate"),
            Value::Nil,
            list(ListKind::Any),
            Value::Named(Named::StatusCode("Complete".into())),
            list(ListKind::Times),
            Value::floats(values),
        ];
        Value::Record(Arc::new(Record { of: &CLOUDWATCH_RESULT, fields }))
    };
    match values {
        Some(values) => {
            let items = vec![record(values)];
            Value::List(Arc::new(List::new(ListKind::Records(&CLOUDWATCH_RESULT), items)))
        }
        None => Value::Nil,
    }
}

fn json(text: &str) -> Value {
    Value::from(&serde_json::from_str::<serde_json::Value>(text).unwrap())
}

fn number(text: &str) -> f64 {
    text.trim_start_matches('+').parse().unwrap()
}

/// The result column.
fn result(text: &str) -> Value {
    let items = |inner: &str, of: fn(&str) -> Value| {
        let inner = inner.trim_end_matches('}');
        inner.split(',').filter(|item| !item.is_empty()).map(|item| of(item.trim())).collect::<Vec<_>>()
    };
    match text {
        "true" => Value::Bool(true),
        "nil" | "nil *f64" => Value::Nil,
        "obj" => json(r#"{"a":1,"b":true,"c":[1,2,3,4],"d":null,"s":"x"}"#),
        "nr" => json(r#"{"count":10,"average.duration":12.34}"#),
        "apdex" => {
            json(r#"{"service_apdex":{"label":null,"values":{"values":[{"value":10000},{"value":"9950"}]}}}"#)
        }
        "cw" => cloudwatch(Some(vec![0.1, 0.2])),
        "cw empty" => cloudwatch(Some(vec![])),
        "cw nil" => cloudwatch(None),
        "1.5 as string" => Value::from("1.5"),
        // Written without a point, the number is Go's int.
        "1" => Value::Int(1),
        _ => {
            if let Some(inner) = text.strip_prefix("[]f64{") {
                return Value::floats(items(inner, |item| Value::Float(number(item))).iter().map(
                    |v| match v {
                        Value::Float(f) => *f,
                        other => panic!("{other:?}"),
                    },
                ));
            }
            if let Some(inner) = text.strip_prefix("[]any{") {
                return Value::list(items(inner, |item| match item.split_once(' ') {
                    Some(("int64", n)) => Value::Int64(n.parse().unwrap()),
                    Some(("uint64", n)) => Value::Uint64(n.parse().unwrap()),
                    _ => Value::Float(number(item)),
                }));
            }
            match text.strip_prefix('"') {
                Some(quoted) => Value::from(quoted.trim_end_matches('"')),
                None => Value::Float(number(text)),
            }
        }
    }
}

fn condition(text: &str) -> String {
    if text == "-" { String::new() } else { text.replace('␠', " ") }
}

#[test]
fn every_condition_of_the_specification_gets_its_phase_and_message() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for row in CONDITIONS.lines().filter(|row| !row.starts_with('#')) {
        let columns: Vec<&str> = row.split(" ¦ ").collect();
        let (success, failure) = (condition(columns[2]), condition(columns[3]));
        let given = match judge(&result(columns[1]), &success, &failure, now()) {
            Verdict::Error(why) => {
                let which = if why.which == Which::Failure { "[failureCondition] " } else { "" };
                format!("Error ¦ {which}{}", why.message)
            }
            other => format!("{other:?}"),
        };
        let wanted = columns[4..].join(" ¦ ").replace("NILEMPTY", NO_DATA).replace('␠', " ");
        count += 1;
        if given != wanted {
            wrong.push(format!("{row}\n  wanted {wanted}\n  got    {given}"));
        }
    }
    println!("{} of {count} conditions agree", count - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(count, 157);
}

#[test]
fn every_time_of_the_specification_is_that_time_or_that_error() {
    let mut count = 0;
    for row in TIMES.lines().filter(|row| !row.starts_with('#')) {
        let (expression, wanted) = row.split_once(" ¦ ").unwrap();
        let given = match time(expression, now()) {
            Ok(time) => time.at.to_string(),
            Err(message) => format!("err `{message}`"),
        };
        assert_eq!(given, wanted, "{expression}");
        count += 1;
    }
    println!("{count} of {count} times agree");
}

//! Two thousand generated expressions and what expr-lang 1.17.8 answered, recorded with `fixtures/expr/oracle`.
//!
//! Left out of them, one expression in 1,700 of those that were generated, is where the engine's answer is a defect of
//! its own (`findLastIndex` that finds nothing), Go's (how it prints a value with the wrong verb), or the words of
//! another parser of JSON.

use aviary_expr::{Env, Program, Stage, Timestamp, Value};
use serde_json::Value as Json;

const ANSWERS: &str = include_str!("../../../../fixtures/expr/answers.jsonl");

fn result(case: &Json) -> Value {
    let json = &case["result"];
    match case["type"].as_str().unwrap() {
        "f64" => Value::Float(json.as_f64().unwrap()),
        "f64s" => Value::floats(json.as_array().unwrap().iter().map(|number| number.as_f64().unwrap())),
        _ => Value::from(json),
    }
}

/// With twelve digits: the last ones of a power are the processor's.
fn float(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Inf".into() } else { "-Inf".into() };
    }
    let rounded: f64 = format!("{number:.11e}").parse().unwrap_or(number);
    rounded.to_string()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Nil => "nil".to_owned(),
        Value::Bool(it) => format!("b:{it}"),
        Value::Int(it) | Value::Int64(it) => format!("i:{it}"),
        Value::Uint8(it) => format!("y:{it}"),
        Value::Float(it) => format!("f:{}", float(*it)),
        Value::Text(it) => format!("s:{it}"),
        Value::List(list) => {
            format!("[{}]", list.items().iter().map(shown).collect::<Vec<_>>().join(","))
        }
        Value::Map(map) => {
            let pairs = map.entries().iter();
            let mut pairs: Vec<String> =
                pairs.map(|(key, value)| format!("{}={}", shown(&key.to_value()), shown(value))).collect();
            pairs.sort();
            format!("{{{}}}", pairs.join(","))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn generated_expressions_are_answered_as_by_the_engine_that_conditions_were_written_for() {
    let mut wrong = Vec::new();
    for line in ANSWERS.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let env = Env::of_result(result(&case));
        let source = case["expression"].as_str().unwrap();
        let given =
            Program::compile(source, &env).and_then(|program| program.run(&env, Timestamp::UNIX_EPOCH));
        let (kind, answer) = match given {
            Ok(value) => ("value", shown(&value)),
            Err(error) if error.stage == Stage::Compile => ("compile", error.message.trim().to_owned()),
            Err(error) => ("run", error.message.trim().to_owned()),
        };
        if case[kind] != *answer {
            wrong.push(format!("{line}\n  got {kind}: {answer}"));
        }
    }
    assert_eq!(ANSWERS.lines().count(), 2_025);
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

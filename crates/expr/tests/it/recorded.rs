//! 342 expressions with the answers that Go's expr-lang 1.17.8 gave, recorded.

use aviary_expr::{Env, Program, Stage, Timestamp, Value};

fn number(json: &serde_json::Value) -> f64 {
    match json.as_str() {
        Some("NaN") => f64::NAN,
        Some("Inf") => f64::INFINITY,
        Some("-Inf") => f64::NEG_INFINITY,
        _ => json.as_f64().unwrap(),
    }
}

fn result(case: &serde_json::Value) -> Value {
    let json = &case["result"];
    match case["result_type"].as_str().unwrap() {
        "f64s" => Value::floats(json.as_array().unwrap().iter().map(number)),
        "f64" => Value::Float(number(json)),
        "nil" => Value::Nil,
        _ => Value::from(json),
    }
}

/// `%.12g` without trailing zeros, as the answers were recorded.
fn float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Inf".into() } else { "-Inf".into() };
    }
    let rounded: f64 = format!("{number:.11e}").parse().unwrap();
    format!("{rounded}")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Nil => "nil".into(),
        Value::Bool(b) => format!("b:{b}"),
        Value::Int(i) | Value::Int64(i) => format!("i:{i}"),
        Value::Float(f) => format!("f:{}", float(*f)),
        Value::Text(s) => format!("s:{s}"),
        Value::List(list) if value.go_type() == "[2]interface {}" => {
            let items: Vec<String> = list.items().iter().map(|v| shown(v)[2..].to_owned()).collect();
            format!("[2]interface {{}}:[{}]", items.join(" "))
        }
        Value::List(list) => {
            let items: Vec<String> = list.items().iter().map(shown).collect();
            format!("[{}]", items.join(","))
        }
        Value::Map(map) => {
            let entry = |(key, value): (&aviary_expr::Key, &Value)| {
                let key = shown(&key.to_value());
                (key.split_once(':').unwrap().1.to_owned(), serde_json::Value::from(shown(value)))
            };
            serde_json::Value::Object(map.entries().iter().map(entry).collect()).to_string()
        }
        other => format!("{other:?}"),
    }
}

fn answer(case: &serde_json::Value) -> (String, String) {
    let source = case["expression"].as_str().unwrap();
    let env = Env::of_result(result(case));
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    let given = Program::compile(source, &env).and_then(|program| program.run(&env, now));
    match given {
        Ok(value) => (shown(&value), String::new()),
        Err(error) if error.stage == Stage::Compile => ("ERR-compile".into(), error.report(source)),
        Err(error) => ("ERR-run".into(), error.report(source)),
    }
}

/// Go's maps have no order, so neither have the recorded lists of keys and values.
fn unordered(answer: &str) -> Vec<char> {
    let mut letters: Vec<char> = answer.chars().collect();
    letters.sort_unstable();
    letters
}

#[test]
fn every_recorded_expression_gives_gos_answer_and_gos_error() {
    let test = "every_recorded_expression_gives_gos_answer_and_gos_error";
    let Some(path) = xtask::recorded(test, "expr-cases.json") else { return };
    let cases: Vec<serde_json::Value> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let source = case["expression"].as_str().unwrap();
        let wanted = (case["answer"].as_str().unwrap(), case["error"].as_str().unwrap_or_default());
        let (answer, error) = answer(case);
        let of_map = source.starts_with("keys(") || source.starts_with("values(");
        let same = if of_map { unordered(&answer) == unordered(wanted.0) } else { answer == wanted.0 };
        if !same || error != wanted.1 {
            wrong.push(format!("{source}\n  wanted {wanted:?}\n  got    {:?}", (answer, error)));
        }
    }
    println!("{} of {} recorded expressions agree", cases.len() - wrong.len(), cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cases.len(), 342);
}

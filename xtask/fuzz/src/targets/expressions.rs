//! Conditions and time expressions: whoever may write an AnalysisTemplate writes them, and the controller evaluates
//! them.

use expr::{Value, judge};
use serde_json::json;

use super::{Target, choice_and_text, now, with_choice};
use crate::seeds;

pub(super) const TARGET: Target = Target {
    name: "expressions",
    about: "successCondition, failureCondition and time expressions, on results of every type",
    run,
    seeds: || {
        let conditions = seeds::lines("expr/conditions.txt");
        let conditions = conditions.iter().flat_map(|line| line.split('¦').skip(2).take(2));
        let texts = conditions.map(str::to_owned).chain(seeds::lines("expr/times.txt"));
        (0..=u8::MAX)
            .cycle()
            .zip(texts)
            .map(|(first, text)| with_choice(first, text.trim().as_bytes()))
            .collect()
    },
};

fn run(data: &[u8]) {
    let (first, text) = choice_and_text(data);
    let result = match first % 6 {
        0 => Value::floats([0.5, f64::NAN, -1.0]),
        1 => Value::Float(0.01),
        2 => Value::text("ok"),
        3 => Value::from(
            &json!({"data": {"ok": true, "list": [1.0, "two", null, {"x": 3.5}]}, "status": "ok"}),
        ),
        4 => Value::list(vec![Value::Nil, Value::Bool(true), Value::Int64(7), Value::text("x")]),
        _ => Value::Nil,
    };
    let _verdict = judge(&result, &text, &text, now());
    let _time = expr::time(&text, now());
}

//! Whatever the program: no panic, an end, and no more stack than a small thread has.

use aviary_expr::{Env, Program, Timestamp, Value};
use proptest::prelude::*;

/// Runs on a stack of 2 MiB, as a worker thread has it; the message if it failed.
fn on_a_small_stack(source: String) -> Result<Value, String> {
    let run = move || {
        let env = Env::of_result(Value::floats([1.0, 2.0]));
        let program = Program::compile(&source, &env).map_err(|error| error.message)?;
        program.run(&env, Timestamp::UNIX_EPOCH).map_err(|error| error.message)
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap()
}

#[test]
fn a_sum_as_long_as_the_node_limit_allows_is_computed() {
    assert_eq!(on_a_small_stack(vec!["1"; 5_000].join("+")), Ok(Value::Int(5_000)));
}

#[test]
fn a_longer_program_is_refused_in_gos_words() {
    let refused = Err("compilation failed: expression exceeds maximum allowed nodes".into());
    assert_eq!(on_a_small_stack(vec!["1"; 10_000].join("+")), refused);
    assert_eq!(on_a_small_stack(vec!["true"; 100_000].join(" && ")), refused);
}

#[test]
fn deep_nesting_is_refused_before_it_costs_stack() {
    for (open, close) in [("(", ")"), ("[", "]"), ("-", ""), ("not ", ""), ("len([", "])"), ("{a: ", "}")] {
        let source = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let message = on_a_small_stack(source).unwrap_err();
        assert_eq!(message, "expression is nested too deeply (at most 128 levels)", "{open}");
    }
}

#[test]
fn nesting_up_to_the_limit_fits_a_small_stack() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("len([", "])"), ("1 + (", ")"), ("any([1], ", ")"), ("true ? (", ") : 1")]
    {
        for depth in [40, 60, 100, 120, 127] {
            let _ = on_a_small_stack(format!("{}true{}", open.repeat(depth), close.repeat(depth)));
        }
    }
}

#[test]
fn work_without_end_is_stopped() {
    for source in [
        "let r = 1..900000; count(r, count(r, true) > 0)",
        "reduce(1..60, #acc + #acc, 'abcdefgh')",
        "let a = reduce(1..60, [#acc, #acc], 1); a == a",
        "string(reduce(1..60, [#acc, #acc], 1))",
        "reduce(1..100000, [#acc], 1)",
        "replace(repeat('a', 900000), 'a', repeat('b', 90000))",
        "uniq(1..900000)",
        "1..9223372036854775807",
    ] {
        let message = on_a_small_stack(source.to_owned()).unwrap_err();
        assert!(message.contains("exceeded"), "{source}: {message}");
    }
}

const WORDS: [&str; 58] = [
    "result",
    "1",
    "2.5",
    "\"a\"",
    "nil",
    "true",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "==",
    "<",
    ">=",
    "&&",
    "or",
    "not",
    "in",
    "..",
    "??",
    "?.",
    ".",
    "?",
    ":",
    ",",
    ";",
    "|",
    "#",
    "#acc",
    "let",
    "x",
    "=",
    "if",
    "else",
    "all",
    "filter",
    "map",
    "reduce",
    "sortBy",
    "sort",
    "len",
    "sum",
    "max",
    "median",
    "now()",
    "duration(\"1h\")",
    "date(\"2024-01-01\")",
    "matches",
    "split",
    "asInt",
    "isNaN",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_ends_in_a_value_or_an_error(source in "\\PC{0,60}") {
        let _ = on_a_small_stack(source);
    }

    #[test]
    fn any_words_of_the_language_end_in_a_value_or_an_error(words in proptest::collection::vec(0..WORDS.len(), 0..40)) {
        let source: Vec<&str> = words.into_iter().map(|i| WORDS[i]).collect();
        let _ = on_a_small_stack(source.join(" "));
    }
}

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

#[test]
fn what_is_made_is_charged_before_it_is_there() {
    let lists = "let r = 1..300000; let s = repeat('a', 300000); let m = fromPairs(map(1..1000, [#, 1]))";
    for source in [
        "map(1..4, r[:299999])",
        "map(1..4, take(r, 299999))",
        "map(1..4, groupBy(r, true))",
        "map(1..4, flatten([r]))",
        "let j = '[' + repeat('1,', 20000) + '1]'; map(1..20, fromJSON(j))",
        "map(1..90, split(s, 'b'))",
        "map(1..90, s[1:])",
        "let t = s[:200000] + ' '; map(1..90, trim(t))",
        "map(1..90, trimPrefix(s, 'a'))",
        "map(1..4, fromBase64(s))",
        "map(1..4, now().Format(s))",
        "map(1..2000, keys(m))",
        "map(1..2000, toPairs(m))",
        "let u = 1..10; map(1..60000, uniq(u))",
        "toJSON(reduce(1..20, [#acc, #acc], 1))",
        "toJSON(map(1..400, reduce(1..450, [#acc], 1)))",
        "string(map(1..40, s))",
    ] {
        let source = format!("{lists}; {source}");
        assert_eq!(on_a_small_stack(source.clone()).unwrap_err(), "memory budget exceeded", "{source}");
    }
}

#[test]
fn a_message_shows_no_more_of_a_value_than_one_reads() {
    for source in [
        "fromPairs([{'a': reduce(1..60, [#acc, #acc], 1)}])",
        "fromJSON('1')[reduce(1..60, [#acc, #acc], 1):2]",
        "asInt(map(1..500, repeat('a', 1000)))",
    ] {
        let message = on_a_small_stack(source.to_owned()).unwrap_err();
        assert!(message.len() < 2_000, "{source}: {} bytes", message.len());
    }
}

#[test]
fn looking_at_long_texts_is_work() {
    for source in [
        "s contains 'b'",
        "s startsWith s",
        "s endsWith s",
        "s < s",
        "s >= s",
        "s matches 'b'",
        "m[s] == 1",
        "s in m",
        "int(s) == 1",
        "float(s) == 1",
        "asInt(s) == 1",
        "asFloat(s) == 1",
        "duration(t) == duration('1s')",
    ] {
        let long = "let s = repeat('0', 450000); let t = repeat('1s', 200000); let m = {'a': 1}";
        let source = format!("{long}; count(1..900, {source}) > 0");
        assert_eq!(on_a_small_stack(source.clone()).unwrap_err(), "time budget exceeded", "{source}");
    }
    for source in [
        "let s = repeat('a', 900000); sort(map(1..900, s))",
        "let s = repeat('a', 900000); sortBy(1..900, s)",
        "trim(repeat('a', 800000), repeat('b', 50000) + 'a')",
    ] {
        assert_eq!(on_a_small_stack(source.to_owned()).unwrap_err(), "time budget exceeded", "{source}");
    }
}

#[test]
fn a_pattern_costs_what_it_is_written_out() {
    for source in [
        "repeat('a', 900000) matches '(?:a?){300}b'",
        "count(1..90000, 'a' matches 'a{500}' + string(#)) > 0",
        "let s = repeat('a', 5000); count(1..9000, s matches 'a{500}b') > 0",
    ] {
        assert_eq!(on_a_small_stack(source.to_owned()).unwrap_err(), "time budget exceeded", "{source}");
    }
    assert_eq!(on_a_small_stack("repeat('a', 90000) matches '^a+[b-z]$'".into()), Ok(Value::Bool(false)));
    assert_eq!(on_a_small_stack("repeat('a', 500) matches '^a{500}$'".into()), Ok(Value::Bool(true)));
}

#[test]
fn an_ordinary_pattern_fits_an_ordinary_list_and_a_long_text() {
    for source in [
        "let s = repeat('checkout/', 5) + '12345'; count(1..30000, s matches '^/?check(in|out)/.*5$') == 30000",
        "count(1..90000, 'aaaa' matches '^a{500}$') == 0",
        "let n = ['5..', '[45]xx', 'time', 'refused']; count(1..30000, 'status 200 OK' matches n[# % 4]) == 0",
    ] {
        assert_eq!(on_a_small_stack(source.to_owned()), Ok(Value::Bool(true)), "{source}");
    }
    let env = Env::of_result(Value::text("a line of a log\n".repeat(250_000)));
    let program = Program::compile("result matches 'error|panic'", &env).unwrap();
    assert_eq!(program.run(&env, Timestamp::UNIX_EPOCH).unwrap(), Value::Bool(false));
}

#[test]
fn a_pattern_that_is_too_large_is_refused_where_it_stands() {
    let refused = |source: &str| {
        let env = Env::of_result(Value::text("a"));
        let program = Program::compile(source, &env);
        let error = program.and_then(|program| program.run(&env, Timestamp::UNIX_EPOCH)).unwrap_err();
        error.report(source)
    };
    assert_eq!(
        refused("result matches '(?:(?:a?){100}){500}b'"),
        "error parsing regexp: expression too large: `(?:(?:a?){100}){500}b` (1:8)\n \
         | result matches '(?:(?:a?){100}){500}b'\n | .......^"
    );
    let computed = refused("result matches ('(?:(?:a?){100}){500}' + 'b')");
    assert!(
        computed.starts_with("error parsing regexp: expression too large: `(?:(?:a?){100}){500}b` (1:8)"),
        "{computed}"
    );
    let long = refused("result matches repeat('a', 900000)");
    assert!(long.len() < 1_000 && long.contains("too large"), "{long}");
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

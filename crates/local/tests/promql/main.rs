//! Our answers against those of a real Prometheus, for the same samples and the same queries.

// Helpers of tests, where a panic is the failure.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod prometheus;
mod series;

use std::collections::BTreeMap;
use std::time::Duration;

use aviary_local::promql::{Labels, Storage, query};
use prometheus::Prometheus;
use serde_json::{Value as Json, json};

/// When each query is asked, in milliseconds after the first sample: on a sample, between two, where series begin
/// and end, and up to the end of the lookback.
const MOMENTS: [i64; 9] = [0, 15_000, 292_500, 300_000, 607_001, 912_345, 1_200_000, 1_500_000, 1_500_001];

fn fixture(name: &str) -> String {
    let path = format!("{}/../../fixtures/promql/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines that say something.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn ours(storage: &Storage, expr: &str, at: i64) -> Json {
    match query(storage, expr, at) {
        Ok(result) => result.to_json(),
        Err(error) => error.to_json(),
    }
}

#[tokio::test]
async fn every_answer_is_that_of_a_real_prometheus() {
    let series = series::read(&fixture("series.txt"));
    let Some(prometheus) = Prometheus::with(&series).await else { return };
    let storage = series::stored(&series);
    let (mut compared, mut different) = (0, Vec::new());
    for expr in lines(&fixture("queries.txt")) {
        for at in MOMENTS.map(|after| series::FIRST_MS + after) {
            let (theirs, ours) = (prometheus.query(expr, at).await, ours(&storage, expr, at));
            compared += 1;
            if !close(&normal(&theirs), &normal(&ours)) {
                different.push(format!("{expr} at {at}\n  theirs {theirs}\n  ours   {ours}"));
            }
        }
    }
    println!("{compared} answers compared");
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

/// An answer without what is free: order of series and the words of an error.
fn normal(answer: &Json) -> BTreeMap<String, Json> {
    if answer["status"] == "error" {
        return BTreeMap::from([("error".to_owned(), json!(true))]);
    }
    let data = &answer["data"];
    let kind = data["resultType"].as_str().unwrap();
    let Some(series) = data["result"].as_array().filter(|_| kind == "vector" || kind == "matrix") else {
        return BTreeMap::from([(kind.to_owned(), data["result"].clone())]);
    };
    let keyed = |row: &Json| {
        let points = if kind == "vector" { json!([row["value"]]) } else { row["values"].clone() };
        (format!("{kind} {}", row["metric"]), points)
    };
    let rows: BTreeMap<String, Json> = series.iter().map(keyed).collect();
    assert_eq!(rows.len(), series.len(), "two series with the same labels: {answer}");
    rows
}

/// Same labels and times, values within 1e-9 of each other.
fn close(theirs: &BTreeMap<String, Json>, ours: &BTreeMap<String, Json>) -> bool {
    theirs.keys().eq(ours.keys()) && theirs.values().zip(ours.values()).all(|(a, b)| alike(a, b))
}

fn alike(theirs: &Json, ours: &Json) -> bool {
    match (theirs, ours) {
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Json::String(a), Json::String(b)) if a != b => match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
            _ => false,
        },
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        _ => theirs == ours,
    }
}

#[test]
fn a_series_that_its_target_stopped_showing_is_gone_at_once() {
    let storage = Storage::new(Duration::from_secs(600));
    let target = Labels::default().with("pod", "canary-1");
    let scrape = |text: &str, at| {
        let samples = aviary_local::promql::exposition::parse(text).unwrap();
        storage.scraped(&target, &samples, at);
    };
    let up =
        |at| query(&storage, "count({pod=\"canary-1\"})", at).unwrap().to_json()["data"]["result"].clone();
    let of = |count: &str, at: i64| json!([{"metric": {}, "value": [at / 1000, count]}]);

    scrape("a 1\nb 1\n", 0);
    assert_eq!(up(1_000), of("2", 1_000));
    scrape("a 2\n", 15_000);
    assert_eq!(up(16_000), of("1", 16_000), "b is not shown any more");
    assert_eq!(up(14_000), of("2", 14_000), "but the past stays");
    scrape("a 3\nb 1\n", 30_000);
    assert_eq!(up(31_000), of("2", 31_000), "b is back");
    storage.target_gone(&target, 45_000);
    assert_eq!(up(46_000), json!([]));
}

#[test]
fn what_is_left_out_is_refused_by_name() {
    let storage = Storage::new(Duration::from_secs(600));
    for (expr, construct) in [
        ("topk(3, up)", "the aggregation `topk`"),
        ("quantile(0.9, up)", "the aggregation `quantile`"),
        ("predict_linear(up[5m], 3600)", "the function `predict_linear`"),
        ("label_replace(up, \"a\", \"b\", \"c\", \"d\")", "the function `label_replace`"),
        ("max_over_time(rate(up[1m])[5m:15s])", "a subquery `[range:step]`"),
        ("up[5m:15s]", "a subquery `[range:step]`"),
        ("up{a=\"b\" or c=\"d\"}", "`or` between label matchers"),
    ] {
        let answer = ours(&storage, expr, 0);
        let error =
            format!("{construct} is not supported by the local metrics store; rewrite the query without it");
        assert_eq!(answer, json!({"status": "error", "errorType": "bad_data", "error": error}), "{expr}");
    }
}

#[test]
fn a_hostile_query_is_an_error_and_not_a_stack_overflow() {
    let storage = Storage::new(Duration::from_secs(600));
    for expr in ["(".repeat(2000) + "1" + &")".repeat(2000), "-".repeat(4000) + "up", "1+".repeat(2000) + "1"]
    {
        assert_eq!(ours(&storage, &expr, 0)["status"], "error");
    }
    assert_eq!(ours(&storage, &"x".repeat(5000), 0)["errorType"], "bad_data");
}

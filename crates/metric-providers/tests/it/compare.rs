//! Both arms from one metric system.

use std::sync::atomic::{AtomicI64, Ordering};

use aviary_metric_providers::{Ctx, Value, read, wanted};
use serde_json::{Value as Json, json};
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn metric(source: &Json) -> crd::Metric {
    let metrics = json!([{
        "name": "errors", "kind": "proportion",
        "canary": {"bad": "bad1", "total": "all1"}, "stable": {"bad": "bad0", "total": "all0"},
    }]);
    let compare = json!({"aviary/compare": {"source": source, "maxWait": "5m", "metrics": metrics}});
    serde_json::from_value(json!({"name": "compare", "provider": {"plugin": compare}})).unwrap()
}

/// Answers a query with these values, without labels.
async fn answers(server: &MockServer, query: &str, values: &[&str]) {
    let series: Vec<Json> = values.iter().map(|value| json!({"metric": {}, "value": [0, value]})).collect();
    answering(server, query, &json!(series)).await;
}

/// Answers a query with this vector.
async fn answering(server: &MockServer, query: &str, vector: &Json) {
    let data = json!({"resultType": "vector", "result": vector});
    Mock::given(method("POST"))
        .and(path("/api/v1/query"))
        .and(body_string_contains(format!("query={query}")))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"status": "success", "data": data})))
        .mount(server)
        .await;
}

#[tokio::test]
async fn each_query_gives_a_figure_and_series_are_added_up() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let server = MockServer::start().await;
    answers(&server, "bad1", &["2", "1"]).await;
    answers(&server, "all1", &["300"]).await;
    answers(&server, "bad0", &[]).await;
    answers(&server, "all0", &["2700"]).await;
    let found = read(&Ctx::default(), &metric(&json!({"prometheus": {"address": server.uri()}}))).await;
    let figures = json!({"errors": {"canary": {"bad": 3.0, "total": 300.0}, "stable": {"total": 2700.0}}});
    assert_eq!(found.outcome, Ok(Some(Value::Figures(figures))));
}

#[tokio::test]
async fn what_is_no_count_is_an_error_that_names_its_query_and_never_nothing() {
    rustls::crypto::ring::default_provider().install_default().ok();
    for wrong in ["NaN", "+Inf", "-Inf", "-1"] {
        let server = MockServer::start().await;
        // Of two pods one tells what is no count; the stratum is the same.
        let pods = |wrong: &str| {
            json!(["2", wrong].map(|value| json!({"metric": {"route": "/a"}, "value": [0, value]})))
        };
        answering(&server, "bad1", &pods(wrong)).await;
        for (query, number) in [("all1", "300"), ("bad0", "3"), ("all0", "2700")] {
            answering(&server, query, &pods(number)).await;
        }
        for strata in [None, Some("route")] {
            let mut metric = metric(&json!({"prometheus": {"address": server.uri()}}));
            if let Some(label) = strata {
                metric.provider["plugin"]["aviary/compare"]["metrics"][0]["strata"] = label.into();
            }
            let text = read(&Ctx::default(), &metric).await.outcome.unwrap_err();
            let told = wrong.trim_start_matches('+').replace("Inf", "inf");
            let expected = format!("errors.bad: {told} is no count; asked was bad1 (");
            assert!(text.starts_with(&expected), "{text}");
        }
    }
}

#[tokio::test]
async fn a_gauge_without_a_number_is_left_out_and_one_below_nothing_is_told() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let server = MockServer::start().await;
    answers(&server, "hot1", &["NaN"]).await;
    answers(&server, "hot0", &["-4"]).await;
    let mut metric = metric(&json!({"prometheus": {"address": server.uri()}}));
    metric.provider["plugin"]["aviary/compare"]["metrics"] = json!([
        {"name": "heat", "kind": "gauge", "canary": {"value": "hot1"}, "stable": {"value": "hot0"}}
    ]);
    let found = read(&Ctx::default(), &metric).await;
    let figures = json!({"heat": {"canary": {}, "stable": {"value": -4.0}}});
    assert_eq!(found.outcome, Ok(Some(Value::Figures(figures))));
}

#[tokio::test]
async fn a_histogram_is_read_by_the_upper_ends_of_its_buckets() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let server = MockServer::start().await;
    let series =
        |end: &str, pod: &str, count: &str| json!({"metric": {"le": end, "pod": pod}, "value": [0, count]});
    let canary = json!([series("0.1", "a", "3"), series("0.10", "b", "4"), series("+Inf", "a", "9")]);
    let nameless = json!([{"metric": {"pod": "a"}, "value": [0, "1"]}]);
    let strange = json!([series("quick", "a", "1")]);
    let without_end = json!((0..300).map(|end| series(&end.to_string(), "a", "1")).collect::<Vec<_>>());
    for (query, result) in [
        ("slow1", canary),
        ("slow0", json!([])),
        ("all", nameless),
        ("strange", strange),
        ("endless", without_end),
        ("nan", json!([series("1", "a", "NaN")])),
        ("negative", json!([series("1", "a", "-3")])),
    ] {
        answering(&server, query, &result).await;
    }
    let asked = |source: Json, stable: &str| {
        let mut metric = metric(&source);
        metric.provider["plugin"]["aviary/compare"]["metrics"] = json!([{
            "name": "latency", "kind": "latency", "canary": {"buckets": "slow1"}, "stable": {"buckets": stable},
        }]);
        metric
    };
    let prometheus = json!({"prometheus": {"address": server.uri()}});
    let found = read(&Ctx::default(), &asked(prometheus.clone(), "slow0")).await;
    let figures = json!({"latency": {"canary": {"buckets": {"0.1": 7.0, "+Inf": 9.0}}, "stable": {}}});
    assert_eq!(found.outcome, Ok(Some(Value::Figures(figures))));
    for (query, said) in [
        ("all", "sum by (le)"),
        ("strange", "le \"quick\", is none"),
        ("endless", "more than 250"),
        ("nan", "latency.buckets: NaN is no count; asked was nan"),
        ("negative", "latency.buckets: -3 is no count; asked was negative"),
    ] {
        let text = read(&Ctx::default(), &asked(prometheus.clone(), query)).await.outcome.unwrap_err();
        assert!(text.contains(said), "{text}");
    }
}

#[tokio::test]
async fn figures_are_told_whole_or_refused_with_what_is_too_long() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let server = MockServer::start().await;
    let bucket = |at: u32| json!({"metric": {"le": format!("0.{at:03}")}, "value": [0, "123456"]});
    answering(&server, "slow", &(1..=250).map(bucket).collect()).await;
    let compared = |many: usize| {
        let mut metric = metric(&json!({"prometheus": {"address": server.uri()}}));
        let arms = json!({"buckets": "slow"});
        let latency =
            |at| json!({"name": format!("m{at}"), "kind": "latency", "canary": arms, "stable": arms});
        metric.provider["plugin"]["aviary/compare"]["metrics"] = (0..many).map(latency).collect();
        metric
    };
    let found = read(&Ctx::default(), &compared(8)).await.outcome.unwrap().unwrap();
    let text = found.text();
    let told: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(told["m7"]["stable"]["buckets"]["0.25"], 123_456.0);
    let refused = read(&Ctx::default(), &compared(40)).await.outcome.unwrap_err();
    let expected = "the figures of 40 metrics are 299990 bytes";
    assert!(refused.starts_with(expected) && refused.contains(", and 65536 are the most"), "{refused}");
    assert!(refused.contains("m39 alone has 7500"), "{refused}");
    assert!(refused.contains("fewer metrics, buckets or strata"), "{refused}");
}

#[tokio::test]
async fn strata_are_told_by_a_digest_of_what_they_are_called() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let server = MockServer::start().await;
    let routes =
        |count: usize| (0..count).map(|at| json!({"metric": {"route": format!("/{at}")}, "value": [0, "2"]}));
    for (query, result) in [
        ("bad1", json!([{"metric": {"route": "/0"}, "value": [0, "1"]}])),
        ("all1", routes(2).collect()),
        ("bad0", json!([])),
        ("all0", routes(51).collect()),
    ] {
        answering(&server, query, &result).await;
    }
    let asked = |label: &str, total: &str| {
        let mut metric = metric(&json!({"prometheus": {"address": server.uri()}}));
        let compared = &mut metric.provider["plugin"]["aviary/compare"]["metrics"][0];
        compared["strata"] = label.into();
        compared["stable"]["total"] = total.into();
        metric
    };
    let found = read(&Ctx::default(), &asked("route", "all1")).await.outcome.unwrap();
    let Some(Value::Figures(found)) = found else { panic!() };
    let names =
        |arm: &str| found["errors"][arm]["strata"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names("canary"), names("stable"), "the same in both arms");
    assert_eq!(names("canary").len(), 2);
    let told = found["errors"]["canary"]["strata"].to_string();
    assert!(!told.contains('/') && told.contains("{\"bad\":1.0,\"total\":2.0}"), "{told}");
    for (label, total, said) in [
        ("route", "all0", "51 strata, and 50 are the most"),
        ("rout", "all1", "no series has the label \"rout\" of `strata`"),
    ] {
        let text = read(&Ctx::default(), &asked(label, total)).await.outcome.unwrap_err();
        assert!(text.contains(said), "{text}");
    }
}

/// What the Datadog of the test hears, and says.
async fn datadog(source: Json, metrics: Json, columns: &Json) -> (Result<Option<Value>, String>, Vec<Json>) {
    rustls::crypto::ring::default_provider().install_default().ok();
    let server = MockServer::start().await;
    let body = json!({"data": {"attributes": {"columns": columns}}});
    Mock::given(method("POST"))
        .and(path("/api/v2/query/scalar"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    let mut metric = metric(&source);
    metric.provider["plugin"]["aviary/compare"]["metrics"] = metrics;
    metric.provider["plugin"]["aviary/compare"]["window"] = "30s".into();
    let credentials = [("api-key", "k".to_owned()), ("app-key", "k".to_owned()), ("address", server.uri())];
    let credentials = credentials.map(|(name, value)| (name.to_owned(), value));
    // A second goes by each time it is looked at; the first look is the reading's own.
    let looks = AtomicI64::new(0);
    let noon: jiff::Timestamp = "2026-01-31T11:59:59Z".parse().unwrap();
    let clock = || noon + jiff::SignedDuration::from_secs(looks.fetch_add(1, Ordering::Relaxed));
    let ctx = Ctx { credentials: credentials.into_iter().collect(), clock: &clock, ..Ctx::default() };
    let found = read(&ctx, &metric).await.outcome;
    let heard = server.received_requests().await.unwrap();
    (
        found,
        heard
            .iter()
            .map(|request| request.body_json::<Json>().unwrap()["data"]["attributes"].clone())
            .collect(),
    )
}

#[tokio::test]
async fn datadog_is_asked_for_what_was_counted_in_a_window_that_has_arrived() {
    let gauge = json!([{"name": "cpu", "kind": "gauge", "canary": {"value": "avg:cpu{a}"}, "stable": {"value": "avg:cpu{b}"}}]);
    let columns = json!([{"type": "number", "values": [0.5]}]);
    let (found, heard) = datadog(json!({"datadog": {}, "delay": "2m"}), gauge, &columns).await;
    let figures = json!({"cpu": {"canary": {"value": 0.5}, "stable": {"value": 0.5}}});
    assert_eq!(found, Ok(Some(Value::Figures(figures))));
    let noon = 1_769_860_800_000_i64;
    assert_eq!((&heard[0]["from"], &heard[0]["to"]), (&json!(noon - 150_000), &json!(noon - 120_000)));
    assert_eq!(heard[0]["queries"][0]["aggregator"], "avg");
    assert_eq!(heard[0]["to"], heard[1]["to"], "both arms are asked about one moment");

    let errors = json!([{"name": "errors", "kind": "proportion", "strata": "route",
        "canary": {"total": "sum:hits{a} by {route}.as_count()"}, "stable": {}}]);
    let columns = json!([{"type": "group", "name": "route", "values": [["/a"], ["/b"]]}, {"type": "number", "values": [3, 4]}]);
    let (found, heard) = datadog(json!({"datadog": {}}), errors, &columns).await;
    let Ok(Some(Value::Figures(found))) = found else { panic!("{found:?}") };
    let strata = found["errors"]["canary"]["strata"].as_object().unwrap();
    let totals: Vec<&Json> = strata.values().map(|it| &it["total"]).collect();
    assert!(totals.contains(&&json!(3.0)) && totals.contains(&&json!(4.0)), "{totals:?}");
    assert_eq!((&heard[0]["from"], &heard[0]["to"]), (&json!(noon - 90_000), &json!(noon - 60_000)));
    assert_eq!(heard[0]["queries"][0]["aggregator"], "sum");
}

#[tokio::test]
async fn a_histogram_of_datadog_is_read_by_its_upper_bounds_cumulative_or_not() {
    let metrics = || json!([{"name": "slow", "kind": "latency", "canary": {"buckets": "b"}, "stable": {}}]);
    let upper = json!({"type": "group", "name": "upper_bound", "values": [["0.5"], ["0.1"]]});
    let lower = json!({"type": "group", "name": "lower_bound", "values": [["0.1"], ["0"]]});
    let numbers = json!({"type": "number", "values": [9, 7]});
    for (columns, up_to) in [(json!([upper, numbers]), 9.0), (json!([lower, upper, numbers]), 16.0)] {
        let (found, _) = datadog(json!({"datadog": {}}), metrics(), &columns).await;
        let figures = json!({"slow": {"canary": {"buckets": {"0.1": 7.0, "0.5": up_to}}, "stable": {}}});
        assert_eq!(found, Ok(Some(Value::Figures(figures))));
    }
    let (found, _) = datadog(json!({"datadog": {}}), metrics(), &json!([numbers])).await;
    assert!(found.unwrap_err().contains("by {upper_bound}"));
}

#[tokio::test]
async fn what_cannot_be_asked_is_told_with_what_can() {
    for (source, message) in [
        (json!({"graphite": {}}), "source must be one of prometheus, datadog"),
        (json!({}), "source must be one of prometheus, datadog"),
        (json!({"prometheus": {}}), "prometheus address is not configured"),
        (json!({"prometheus": {}, "delay": "1m"}), "source.delay: only datadog"),
        (json!({"datadog": {}, "delay": 5}), "source.delay: 5 is no duration"),
        (json!({"datadog": {"apiVersion": "v1"}}), "source.datadog.apiVersion: \"v1\" does not fit"),
        (json!({"datadog": {"interval": "5m"}}), "is asked for with \"10s\": take it out"),
        (json!({"datadog": {"aggregator": "last"}}), "source.datadog.aggregator: what is asked follows"),
    ] {
        let found = read(&Ctx::default(), &metric(&source)).await;
        let text = found.outcome.unwrap_err();
        assert!(text.contains(message), "{text}");
    }
}

#[test]
fn the_source_says_which_credentials_are_wanted() {
    assert_eq!(
        wanted(&metric(&json!({"datadog": {"interval": "10s"}}))).map(|it| it.secret),
        Some("datadog".to_owned())
    );
    assert_eq!(wanted(&metric(&json!({"prometheus": {"address": "http://p"}}))), None);
}

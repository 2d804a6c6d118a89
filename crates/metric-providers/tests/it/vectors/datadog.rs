//! P13 to P31. The clock stands at 1599076435.

use aviary_metric_providers::{Credentials, Ctx, Reading, read};
use serde_json::{Value as Json, json};
use wiremock::matchers::{any, body_partial_json, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{BODY, deviates, holds, json, passed};
use crate::{ctx, metric, texts};

fn keys(address: &str) -> Credentials {
    texts(&[("api-key", "k"), ("app-key", "k"), ("address", address)])
}

async fn asked(address: &str, config: Json) -> Reading {
    let ctx = Ctx { clock: &|| "2020-09-02T19:53:55Z".parse().unwrap(), credentials: keys(address), ..ctx() };
    read(&ctx, &metric("datadog", config)).await
}

async fn answered(version: &str, status: u16, body: &str) -> Reading {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(status).set_body_string(body)).mount(&server).await;
    asked(&server.uri(), json!({"apiVersion": version, "interval": "5m", "query": "q"})).await
}

fn points(last: &str) -> String {
    format!(
        r#"{{"series": [{{"pointlist": [[1700000000000, 0.75], [1700000015000, {last}]]}}], "status": "ok"}}"#
    )
}

fn columns(columns: &str) -> String {
    format!(r#"{{"data": {{"attributes": {{"columns": {columns}}}}}}}"#)
}

fn grouped(groups: &str, numbers: &str) -> String {
    columns(&format!(
        r#"[{{"name": "g", "type": "group", "values": {groups}}}, {{"name": "query1", "type": "number", "values": {numbers}}}]"#
    ))
}

#[tokio::test]
async fn vectors_of_datadog_version_1_hold() {
    let empty = r#"{"status": "ok", "series": []}"#;
    let (good, bad) = ("result < 0.2", "result >= 0.2");
    let nil = "metric result is nil or empty";
    for (row, body, success, failure, phase, value, message) in [
        ("P13", points("0.125").as_str(), good, bad, 'S', "0.125", ""),
        ("P14", &points("0.25"), good, bad, 'F', "0.25", ""),
        ("P14", &points("null"), good, bad, 'S', "0", ""),
        ("P15", empty, "result < 0.05", "", 'E', "", nil),
        ("P16", empty, "default(result, 0) < 0.05", "", 'S', "[]", ""),
        ("P16", empty, "default(result, 1) < 0.05", "", 'F', "[]", ""),
        ("P19", r#"{"series": "invalid"}"#, "", "", 'E', "", "Could not parse JSON body:"),
    ] {
        holds(row, &answered("v1", 200, body).await, (success, failure), (phase, value, message));
        passed(row);
    }
    for (row, status, body, kind, said) in [
        ("P17", 400, r#"{"status":"error","error":"error messsage"}"#, "non 2xx", "error messsage"),
        (
            "P18",
            401,
            r#"{"errors": ["No authenticated user."]}"#,
            "authentication error",
            "No authenticated user.",
        ),
    ] {
        let message = format!("received {kind} response code: {status} {said}");
        holds(row, &answered("v1", status, body).await, ("", ""), ('E', "", &message));
        deviates(row, BODY);
    }
    let reading = asked("://wrong.schema", json!({"apiVersion": "v1", "query": "q"})).await;
    holds("P20", &reading, ("", ""), ('E', "", "parse \"://wrong.schema\": missing protocol scheme"));
    passed("P20");
}

#[tokio::test]
async fn the_look_back_of_both_versions_is_that_of_the_specification() {
    for (interval, from) in [("5m", 1_599_076_135_i64), ("10m", 1_599_075_835)] {
        let server = MockServer::start().await;
        Mock::given(path("/api/v1/query"))
            .and(query_param("from", from.to_string()))
            .and(query_param("to", "1599076435"))
            .respond_with(ResponseTemplate::new(200).set_body_string(points("1")))
            .mount(&server)
            .await;
        let times = json!({"data": {"attributes": {"from": from * 1000, "to": 1_599_076_435_000_i64}}});
        Mock::given(path("/api/v2/query/scalar"))
            .and(body_partial_json(times))
            .respond_with(ResponseTemplate::new(200).set_body_string(columns(r#"[{"values": [1]}]"#)))
            .mount(&server)
            .await;
        for version in ["v1", "v2"] {
            let config = json!({"apiVersion": version, "interval": interval, "query": "q"});
            holds(version, &asked(&server.uri(), config).await, ("result == 1", ""), ('S', "1", ""));
        }
    }
}

#[tokio::test]
async fn vectors_of_datadog_version_2_hold() {
    let good = "max(result) < 0.05";
    let label = "could not parse group label at index 1";
    let oops = "could not parse numeric value \"\\\"oops\\\"\" in column \"query1\"";
    for (row, body, success, phase, value, message) in [
        ("P21", columns(r#"[{"values": [0.0625]}]"#), "result < 0.1", 'S', "0.0625", ""),
        ("P22", columns(r#"[{"values": []}]"#), "default(result, 0) < 0.05", 'S', "[]", ""),
        ("P23", grouped(r#"[["pay"], ["list"]]"#, "[0.3, 0.02]"), good, 'F', "[0.3,0.02]", ""),
        ("P24", grouped(r#"[["pay"]]"#, "[0.3]"), good, 'F', "[0.3]", ""),
        ("P26", grouped(r#"[["a"], ["b"], ["c"]]"#, "[null, 0.02, 0.03]"), good, 'S', "[0.02,0.03]", ""),
        ("P27", grouped(r#"[["a"], ["b"]]"#, r#"[1, "oops"]"#), "", 'E', "", oops),
        ("P28", grouped(r#"[["a"], "not-an-array"]"#, "[1, 2]"), "", 'E', "", label),
        ("P28", grouped(r#"[["a"], null]"#, "[1, 2]"), "", 'E', "", label),
        ("P28", grouped(r#"[["a"], []]"#, "[1, 2]"), "", 'E', "", label),
        ("P28", grouped(r#"[["a"], 42]"#, "[1, 2]"), "", 'E', "", label),
        ("P28", grouped(r#"[["a"]]"#, "[1, 2]"), "", 'E', "", label),
        (
            "P29",
            r#"{"data": {"errors": "query exceeded the limit"}}"#.to_owned(),
            "",
            'E',
            "",
            "There were errors in your query: query exceeded the limit",
        ),
        (
            "P30",
            columns(r#"[{"type": "group", "values": [["a"]]}]"#),
            "result < 1",
            'E',
            "",
            "metric result is nil or empty",
        ),
    ] {
        holds(row, &answered("v2", 200, &body).await, (success, ""), (phase, value, message));
        passed(row);
    }
    let groups = |body: String| async move {
        let reading = answered("v2", 200, &body).await;
        json(&reading.metadata["groups"])
    };
    let two = groups(grouped(r#"[["pay"], ["list"]]"#, "[0.3, 0.02]")).await;
    assert_eq!(two, json!([{"name": "pay", "value": 0.3}, {"name": "list", "value": 0.02}]), "P23");
    let rest = groups(grouped(r#"[["a"], ["b"], ["c"]]"#, "[null, 0.02, 0.03]")).await;
    assert_eq!(rest, json!([{"name": "b", "value": 0.02}, {"name": "c", "value": 0.03}]), "P26");
    let regions = r#"[{"type": "group", "values": [["us-east"], ["us-east"]]},
        {"type": "group", "values": [["host-a"], ["host-b"]]}, {"type": "number", "values": [0.01, 0.09]}]"#;
    let named = groups(columns(regions)).await;
    assert_eq!((&named[0]["name"], &named[1]["name"]), (&json!("us-east,host-a"), &json!("us-east,host-b")));
    passed("P25");
}

#[tokio::test]
async fn vectors_of_many_groups_hold() {
    for count in [100, 101, 150] {
        let labels: Vec<Json> = (0..count).map(|at| json!([format!("g{at}")])).collect();
        let numbers: Vec<f64> = (0..count).map(f64::from).collect();
        let reading =
            answered("v2", 200, &grouped(&json!(labels).to_string(), &json!(numbers).to_string())).await;
        let groups = json(&reading.metadata["groups"]);
        let groups = groups.as_array().unwrap();
        assert_eq!(groups.len(), 100);
        assert_eq!((&groups[0]["value"], &groups[99]["value"]), (&json!(0), &json!(count - 1)));
        let truncated = reading.metadata.get("groups_truncated").map(String::as_str);
        assert_eq!(truncated, (count > 100).then_some("true"));
        let expected = format!("len(result) == {count}");
        holds("P31", &reading, (&expected, ""), ('S', &crate::value(&reading).text(), ""));
    }
    passed("P31");
}

//! P32 to P46, and the examples that stand beside the providers (analysis-04).

use serde_json::json;
use wiremock::ResponseTemplate;

use super::{BODY, deviates, holds, json, passed};
use crate::{ask, ask_with, cloud_watch, graphite, influxdb, new_relic, sky_walking, texts, wavefront};

#[tokio::test]
async fn vectors_of_graphite_hold() {
    let of = |points: &str| format!(r#"[{{"target": "x", "datapoints": {points}}}]"#);
    let unreadable = "could not evaluate successCondition \"result[0] 10.000000\": unexpected token \
                      Number(\"10.000000\")";
    let invalid = "invalid character 'i' looking for beginning of value";
    for (row, status, body, success, phase, value, message) in [
        ("P32", 200, of("[[5, 1621348430]]"), "result[0] == 10", 'F', "[5.000000]", ""),
        ("P33", 200, of("[[10, 1621348430]]"), "result[0] 10.000000", 'E', "", unreadable),
        ("P34", 200, "[]".to_owned(), "", 'E', "", "no values found"),
        ("P35", 200, "invalid JSON".to_owned(), "", 'E', "", invalid),
        ("P36", 400, "foo".to_owned(), "", 'E', "", "error response: 400 Bad Request with a body of 3 bytes"),
        ("P36", 500, "bar".to_owned(), "", 'E', "", "error response: 500 Internal Server Error with a body"),
        ("P37", 200, of("[[10]]"), "", 'E', "", "error unmarshaling data point: [10]"),
        ("P38", 200, of("[[\"100.0\", 1621348430]]"), "result[0] == 100", 'S', "[100.000000]", ""),
        ("P38", 200, of("[[100, \"1621348430\"]]"), "result[0] == 100", 'S', "[100.000000]", ""),
    ] {
        let server = graphite::answering(status, &body).await;
        let reading = ask("graphite", graphite::config(&server, "target=x")).await;
        holds(row, &reading, (success, ""), (phase, value, message));
        if row == "P33" {
            // Whoever records it keeps the text of the value.
            assert_eq!(crate::judge::judge(&reading, success, "").1, "[10.000000]");
        }
        if row == "P36" {
            deviates(row, BODY);
        } else {
            passed(row);
        }
    }
    let server = graphite::answering(200, &of("[[1, 1]]")).await;
    ask("graphite", graphite::config(&server, "\n  target=x&from=-2min \t \n")).await;
    let sent = server.received_requests().await.unwrap();
    assert_eq!(sent[0].url.query(), Some("format=json&from=-2min&target=x"));
    passed("P39");
}

#[tokio::test]
async fn vectors_of_influxdb_hold() {
    let (equal, less) = ("result[0] == 10", "result[1] < 20");
    let none = "no results returned from flux query";
    for (row, values, phase, value, message) in
        [("P40", &[][..], 'E', "", none), ("P41", &["10", "20"], 'S', "[10 20]", "")]
    {
        let answer = ResponseTemplate::new(200).set_body_string(influxdb::table("double", values));
        let server = influxdb::answering(answer).await;
        let reading = ask_with("influxdb", json!({"query": "q"}), influxdb::keys(&server.uri())).await;
        holds(row, &reading, (equal, less), (phase, value, message));
        passed(row);
    }
}

#[tokio::test]
async fn vectors_of_wavefront_hold() {
    let one = json!({"timeseries": [{"data": [[12000, 10]]}]});
    holds("P42", &wavefront::answered(200, &one).await, ("result == 10", ""), ('S', "10.00", ""));
    passed("P42");
    let two = json!({"timeseries": [{"data": [[12000, 10]]}, {"data": [[12000, 11]]}]});
    let conditions = ("10 in result", "len(result) != 2");
    holds("P43", &wavefront::answered(200, &two).await, conditions, ('S', "[10.00,11.00]", ""));
    passed("P43");
    let none = wavefront::answered(200, &json!({"warnings": "No query provided"})).await;
    holds("P44", &none, ("", ""), ('E', "", "No TimeSeries found in response from Wavefront"));
    assert_eq!(none.metadata, texts(&[("warnings", "No query provided")]));
    passed("P44");
}

#[tokio::test]
async fn vectors_of_skywalking_and_new_relic_hold() {
    let server = sky_walking::answering(200, r#"{"data": null}"#).await;
    let reading = ask("skywalking", sky_walking::config(&server)).await;
    holds("P45", &reading, ("", ""), ('E', "", "no results returned from SkyWalking query"));
    passed("P45");
    let keys = new_relic::keys("http://127.0.0.1:1");
    let reading = ask_with("newRelic", json!({"query": "q", "timeout": -1}), keys).await;
    holds("P46", &reading, ("", ""), ('E', "", "timeout value needs to be a positive value"));
    passed("P46");
}

#[tokio::test]
async fn the_examples_beside_the_providers_hold() {
    for (rows, success, failure, value) in [
        (r#"[{"count": 10}]"#, "result.count == 10", "result.count != 10", r#"{"count":10}"#),
        (
            r#"[{"count": 10}, {"count": 20}, {"count": 30}]"#,
            "result[0].count == 10",
            "result[2].count < 20",
            r#"[{"count":10},{"count":20},{"count":30}]"#,
        ),
        (
            r#"[{"count": 10, "average.duration": 12.34}]"#,
            "result.count == 10 and result['average.duration'] < 15.0",
            "",
            r#"{"average.duration":12.34,"count":10}"#,
        ),
    ] {
        let answer = ResponseTemplate::new(200).set_body_json(new_relic::rows(json(rows)));
        holds(rows, &new_relic::answered(answer).await, (success, failure), ('S', value, ""));
    }
    let server = sky_walking::answering(200, r#"{"data": {"count": 10}}"#).await;
    let reading = ask("skywalking", sky_walking::config(&server)).await;
    holds("skywalking", &reading, ("result.count == 10", ""), ('S', r#"{"count":10}"#, ""));

    let answer = ResponseTemplate::new(200).set_body_string(influxdb::table("double", &["1.0", "6.6"]));
    let server = influxdb::answering(answer).await;
    let reading = ask_with("influxdb", json!({"query": "q"}), influxdb::keys(&server.uri())).await;
    holds("influxdb", &reading, ("result[0] == 1", ""), ('S', "[1 6.6]", ""));

    let results = json!({"MetricDataResults": [{"Id": "r", "Values": [0.1, 0.2, 0.3]}]});
    let server = wiremock::MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(results);
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
    let reading = cloud_watch::asked(&server.uri(), json!({"metricDataQueries": []})).await;
    holds("cloudWatch", &reading, ("result[0].Values[0] == 0.1", ""), ('S', "[[0.1 0.2 0.3]]", ""));
}

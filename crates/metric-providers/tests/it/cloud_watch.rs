//! The contract with CloudWatch (spec analysis-04, CloudWatch).

use aviary_metric_providers::{Ctx, Reading, read};
use serde_json::{Value as Json, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::judge::judge;
use crate::signature::Received;
use crate::{ctx, fault, metric, texts, value, variables};

/// Asks an endpoint with keys of the environment.
pub(crate) async fn asked(address: &str, config: Json) -> Reading {
    let environment = variables(&[
        ("AWS_ENDPOINT_URL_CLOUDWATCH", address),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "secret-of-aws"),
    ]);
    read(&Ctx { environment: &environment, ..ctx() }, &metric("cloudWatch", config)).await
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/")).respond_with(answer).mount(&server).await;
    server
}

fn queries() -> Json {
    json!({"metricDataQueries": [{"id": "a", "expression": "1"}]})
}

#[tokio::test]
async fn what_is_asked_is_the_metric_member_by_member() {
    let server = MockServer::start().await;
    let metric =
        json!({"Dimensions": [{"Name": "n", "Value": "v"}], "MetricName": "Errors", "Namespace": "app"});
    let question = json!({"StartTime": 1_699_999_400, "EndTime": 1_700_000_000, "MetricDataQueries": [
        {"Id": "rate", "Expression": "errors / requests", "Label": "l", "Period": 300},
        {"Id": "errors", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum", "Unit": "Count"},
            "ReturnData": false},
        {"Id": "bare", "MetricStat": {"Metric": {"MetricName": "m"}, "Period": 0, "Stat": "Sum"}},
    ]});
    Mock::given(path("/"))
        .and(header("x-amz-target", "GraniteServiceVersion20100801.GetMetricData"))
        .and(header("content-type", "application/x-amz-json-1.0"))
        .and(body_json(question))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"MetricDataResults": []})))
        .mount(&server)
        .await;
    let config = json!({"interval": "10m", "metricDataQueries": [
        {"id": "rate", "expression": "errors / requests", "label": "l", "period": "300"},
        {"id": "errors", "returnData": false, "metricStat": {"period": 60, "stat": "Sum", "unit": "Count",
            "metric": {"dimensions": [{"name": "n", "value": "v"}], "metricName": "Errors", "namespace": "app"}}},
        {"id": "bare", "metricStat": {"stat": "Sum", "metric": {"metricName": "m"}}},
    ]});
    assert_eq!(value(&asked(&server.uri(), config).await).text(), "[]");
    let request = Received::of(&server.received_requests().await.unwrap()[0]);
    assert_eq!(request.shown("Credential"), "AKID/20231114/us-east-1/monitoring/aws4_request");
    assert_eq!(request.shown("SignedHeaders"), "accept;content-type;host;x-amz-date;x-amz-target");
    assert!(request.is_signed_by("secret-of-aws"), "{}", request.header("authorization"));
    assert!(!request.is_signed_by("secret-of-others"));
    assert!(!Received { body: b"{}".to_vec(), ..request }.is_signed_by("secret-of-aws"));
}

#[tokio::test]
async fn results_are_records_that_conditions_can_look_into() {
    let one = json!({"Id": "rate", "Label": "l", "StatusCode": "Complete", "Values": [0.1, 0.2, 0.3],
        "Timestamps": [1.7e9, 1_699_999_940, 1_699_999_880], "Messages": [{"Code": "c", "Value": "v"}]});
    let two = json!({"Values": [2, 3], "StatusCode": "PartialData"});
    let body = json!({"MetricDataResults": [one, two], "Messages": [{"Code": "Slow", "Value": "very"}]});
    let server = answering(ResponseTemplate::new(200).set_body_json(body)).await;
    let reading = asked(&server.uri(), queries()).await;
    assert_eq!(value(&reading).text(), "[[0.1 0.2 0.3] [2 3]]");
    assert_eq!(reading.metadata, texts(&[("messages", "Slow: very")]));
    for condition in [
        "result[0].Values[0] == 0.1",
        "result[0].Id == 'rate' && result[0].Label == 'l' && result[1].Label == nil",
        "result[0].Timestamps[0].Unix() == 1700000000",
        "result[0].Messages[0].Code == 'c'",
    ] {
        let judged = judge(&reading, condition, "");
        assert_eq!((judged.0, judged.2.as_str()), ('S', ""), "{condition}");
    }
    let judged = judge(&reading, "result[5].Values[0] > 1", "");
    assert_eq!((judged.0, judged.1.as_str()), ('E', "[[0.1 0.2 0.3] [2 3]]"));
}

#[tokio::test]
async fn what_may_pass_is_asked_three_times_and_what_will_not_once() {
    let throttled = json!({"__type": "com.amazon#ThrottlingException", "message": "Rate exceeded"});
    let invalid = json!({"__type": "x#ValidationError", "Message": "bad id"});
    let of = |status: u16, body: &Json| ResponseTemplate::new(status).set_body_json(body);
    let prefix = "operation error CloudWatch: GetMetricData, https response error StatusCode: ";
    for (answer, times, expected) in [
        (of(400, &throttled), 3, "400, RequestID: , api error ThrottlingException: Rate exceeded"),
        (
            ResponseTemplate::new(503).set_body_string("busy"),
            3,
            "503, RequestID: , with a body of 4 bytes, which is in the controller's debug log",
        ),
        (
            of(400, &invalid).insert_header("x-amzn-requestid", "r1"),
            1,
            "400, RequestID: r1, api error ValidationError: bad id",
        ),
    ] {
        let server = answering(answer).await;
        assert_eq!(fault(&asked(&server.uri(), queries()).await), format!("{prefix}{expected}"));
        assert_eq!(server.received_requests().await.unwrap().len(), times);
    }
}

#[tokio::test]
async fn what_is_missing_is_told_before_anything_is_asked() {
    let no_region = read(&ctx(), &metric("cloudWatch", queries())).await;
    assert!(fault(&no_region).ends_with("Invalid Configuration: Missing Region"));
    let environment = variables(&[("AWS_REGION", "r"), ("AWS_EC2_METADATA_DISABLED", "true")]);
    let no_keys = read(&Ctx { environment: &environment, ..ctx() }, &metric("cloudWatch", queries())).await;
    assert!(fault(&no_keys).contains("failed to refresh cached credentials, no EC2 IMDS role found"));
    let text = fault(&read(&ctx(), &metric("cloudWatch", json!({"interval": "x"}))).await);
    assert_eq!(text, "time: invalid duration \"x\"");
}

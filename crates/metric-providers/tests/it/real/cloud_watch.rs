//! CloudWatch and the token service as `moto` plays them: its answers are made from AWS' own descriptions.

use std::process::Command as Blocking;

use aviary_metric_providers::{Ctx, read};
use jiff::Timestamp;
use reqwest::Client;
use serde_json::json;
use tokio::process::{Child, Command};

use crate::{ctx, metric, skipped, value, variables};

async fn started() -> Option<(Child, String)> {
    if Blocking::new("moto_server").arg("--help").output().is_err() {
        skipped("`moto_server` on the PATH (PyPI packages `moto`, `flask` and `flask-cors`)");
        return None;
    }
    let free = super::free();
    let mut command = Command::new("moto_server");
    command.arg("-H").arg(free.ip().to_string()).arg("-p").arg(free.port().to_string());
    // It would write its first lines only when there are many of them.
    command.env("PYTHONUNBUFFERED", "1");
    let child = super::started(command, "Running on").await;
    Some((child, format!("http://{free}/")))
}

/// Stores a number as it is at `at`.
async fn stored(address: &str, name: &str, number: &str, at: Timestamp) {
    let at = at.to_string();
    let form = [
        ("Action", "PutMetricData"),
        ("Version", "2010-08-01"),
        ("Namespace", "app"),
        ("MetricData.member.1.MetricName", name),
        ("MetricData.member.1.Value", number),
        ("MetricData.member.1.Timestamp", &at),
    ];
    // It looks at nothing of a signature but the service that it is for.
    let signature = "AWS4-HMAC-SHA256 Credential=AKID/20231114/us-east-1/monitoring/aws4_request, SignedHeaders=host, \
                     Signature=x";
    let request = Client::new().post(address).header("authorization", signature).form(&form);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn cloudwatch_is_read_with_the_keys_of_a_role() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let Some((_running, address)) = started().await else { return };
    let now = Timestamp::now();
    stored(&address, "Errors", "2.5", now - jiff::SignedDuration::from_secs(120)).await;
    let home = tempfile::tempdir().unwrap();
    let config = "[default]\nregion = us-east-1\nrole_arn = arn:aws:iam::123456789012:role/reader\nsource_profile = base\n\
                  [profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = secret-of-base\n";
    let file = home.path().join("config");
    std::fs::write(&file, config).unwrap();
    let environment =
        variables(&[("AWS_ENDPOINT_URL", &address), ("AWS_CONFIG_FILE", file.to_str().unwrap())]);
    let ctx = Ctx { clock: &Timestamp::now, environment: &environment, ..ctx() };

    let measured = json!({"namespace": "app", "metricName": "Errors"});
    let queries = json!([{"id": "errors", "metricStat": {"metric": measured, "period": 60, "stat": "Sum"}}]);
    let config = json!({"interval": "10m", "metricDataQueries": queries});
    let reading = read(&ctx, &metric("cloudWatch", config)).await;
    assert_eq!(value(&reading).text(), "[[2.5]]");
    let judged = crate::judge::judge(&reading, "result[0].Id == 'errors' && result[0].Values[0] < 3", "");
    assert_eq!((judged.0, judged.2.as_str()), ('S', ""));
}

//! What pods count can be asked of the region's Prometheus.

use std::time::Duration;

use serde_json::json;

use crate::support::{place, quick, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_counted_by_version_and_can_be_queried() {
    let place =
        place(aviary_local::RegionConfig { scrape_interval: Duration::from_secs(5), ..quick() }).await;
    place.pod("s1", "1.4.0", json!({})).await;
    place.service("stable", "1.4.0").await;
    place.ready("stable", 1).await;
    for _ in 0..20 {
        place.get("stable.default.svc", "/v1/items/a/rating").await;
    }
    let query = "sum%20by%20(rollouts_pod_template_hash,pod,namespace,app)\
                 (http_requests_total%7Broute=~%22/v1/.%2B%22%7D)";
    let path = format!("/api/v1/query?query={query}");
    let prometheus = place.region.prometheus_addr();
    until("the scrapes tell of 20 requests", || async {
        let answer = place.at(prometheus, &path).await;
        answer["data"]["result"][0]["value"][1] == "20"
    })
    .await;
    let answer = place.at(prometheus, &path).await;
    assert_eq!(
        answer["data"]["result"][0]["metric"],
        json!({"app": "rating", "namespace": "default", "pod": "s1", "rollouts_pod_template_hash": "1.4.0"})
    );
    let targets = place.at(prometheus, "/targets").await;
    assert_eq!(
        targets[0]["labels"], answer["data"]["result"][0]["metric"],
        "another Prometheus labels alike"
    );
    let target: std::net::SocketAddr = targets[0]["targets"][0].as_str().unwrap().parse().unwrap();
    let version = place.at(target, "/healthz").await["version"].clone();
    assert_eq!(version, "1.4.0", "the target is the pod");
    place.region.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ranges_forms_and_mistakes_are_answered_as_prometheus_answers() {
    let place = place(quick()).await;
    let prometheus = place.region.prometheus_addr();
    let range = place.at(prometheus, "/api/v1/query_range?query=2*3&start=10&end=40&step=15").await;
    assert_eq!(
        range["data"],
        json!({"resultType": "matrix", "result": [{"metric": {}, "values": [[10, "6"], [25, "6"], [40, "6"]]}]})
    );
    let form = place.http.post(format!("http://{prometheus}/api/v1/query")).body("query=vector(1)&time=5");
    let form = form.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    let form: serde_json::Value = form.json().await.unwrap();
    assert_eq!(form["data"]["result"][0]["value"], json!([5, "1"]));
    for path in ["/api/v1/query?query=sum(", "/api/v1/query?query=1&time=soon", "/api/v1/query_range?query=1"]
    {
        let answer = place.at(prometheus, path).await;
        assert_eq!(
            (&answer["status"], &answer["errorType"]),
            (&json!("error"), &json!("bad_data")),
            "{path}"
        );
    }
    place.region.shutdown().await;
}

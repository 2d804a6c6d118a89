//! The worked example's manifests, made ready for one region of the demo.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::Pace;
use crate::Error;

/// In the order in which they are applied: what a cluster brings, and what the chart renders.
const FILES: [(&str, &str); 9] = [
    ("namespace.yaml", include_str!("../../../../fixtures/openclaw/local/namespace.yaml")),
    ("secret.yaml", include_str!("../../../../fixtures/openclaw/local/secret.yaml")),
    ("services.yaml", include_str!("../../../../fixtures/openclaw/rendered/services.yaml")),
    ("httproute.yaml", include_str!("../../../../fixtures/openclaw/rendered/httproute.yaml")),
    ("analysistemplates.yaml", include_str!("../../../../fixtures/openclaw/rendered/analysistemplates.yaml")),
    ("compare.yaml", include_str!("../../../../fixtures/openclaw/compare.yaml")),
    (
        "poddisruptionbudget.yaml",
        include_str!("../../../../fixtures/openclaw/rendered/poddisruptionbudget.yaml"),
    ),
    ("networkpolicy.yaml", include_str!("../../../../fixtures/openclaw/rendered/networkpolicy.yaml")),
    ("rollout.yaml", include_str!("../../../../fixtures/openclaw/rendered/rollout.yaml")),
];
/// The template that only looks on.
const TWIN: &str = "compare";
/// The shortest window that the judge takes.
const SHORTEST_WINDOW: Duration = Duration::from_secs(1);
/// Windows of the twin, as a duration of the manifests. It is the judge's own default.
const WINDOW: Duration = Duration::from_secs(10);
/// How often the regions ask each other, as a duration of the manifests. It is the gate's own default.
const GATE_INTERVAL: Duration = Duration::from_secs(5);

/// What differs from the manifests as they are: times, and where things listen on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) region: &'a str,
    pub(crate) pace: Pace,
    /// Where Prometheus answers.
    pub(crate) prometheus: &'a str,
    /// What leads to the canary Service alone.
    pub(crate) canary: SocketAddr,
}

/// The objects of one region, ready to be applied in this order.
pub(crate) fn of(surroundings: &Surroundings<'_>) -> Result<Vec<Json>, Error> {
    let mut objects = Vec::new();
    for (file, text) in FILES {
        let read: Result<Vec<Json>, _> = crd::yaml::from_documents(text);
        objects.extend(read.map_err(|error| Error::new(format!("{file}: {error}")))?);
    }
    for object in &mut objects {
        adapt(object, surroundings);
    }
    Ok(objects)
}

fn adapt(object: &mut Json, surroundings: &Surroundings<'_>) {
    surroundings.pace.apply(object);
    for metric in each(object, "/spec/metrics") {
        replace(metric, "/provider/prometheus/address", json!(surroundings.prometheus));
        let twin = "/provider/plugin/aviary~1compare";
        replace(metric, &format!("{twin}/source/prometheus/address"), json!(surroundings.prometheus));
        let window = surroundings.pace.scale(WINDOW).max(SHORTEST_WINDOW);
        replace(metric, &format!("{twin}/window"), json!(format!("{}ms", window.as_millis())));
    }
    for step in each(object, "/spec/strategy/canary/steps") {
        let Some(config) = step.pointer_mut("/plugin/config").and_then(Json::as_object_mut) else { continue };
        let endpoint = format!("http://{}", surroundings.canary);
        config.insert("endpoints".to_owned(), json!({surroundings.region: endpoint}));
        let interval = surroundings.pace.scale(GATE_INTERVAL).max(Duration::from_millis(50));
        config.insert("interval".to_owned(), json!(format!("{}ms", interval.as_millis())));
    }
    if object.get("kind").and_then(Json::as_str) == Some("Rollout") {
        let hash = |name: &str, of: &str| json!({"name": name, "valueFrom": {"podTemplateHashValue": of}});
        if let Some(canary) = object.pointer_mut("/spec/strategy/canary").and_then(Json::as_object_mut) {
            let args = [hash("canary-hash", "Latest"), hash("stable-hash", "Stable")];
            let twin = json!({"templates": [{"templateName": TWIN}], "args": args});
            canary.insert("analysis".to_owned(), twin);
        }
        // As in real clusters, regions differ in their environment, and so in the hash of the same release.
        for container in each(object, "/spec/template/spec/containers") {
            if let Some(environment) = container.get_mut("env").and_then(Json::as_array_mut) {
                environment.push(json!({"name": "RATING_REGION", "value": surroundings.region}));
            }
        }
    }
}

fn each<'a>(object: &'a mut Json, pointer: &str) -> impl Iterator<Item = &'a mut Json> {
    object.pointer_mut(pointer).and_then(Json::as_array_mut).into_iter().flatten()
}

fn replace(object: &mut Json, pointer: &str, value: Json) {
    if let Some(place) = object.pointer_mut(pointer) {
        *place = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Read as _;

    fn rollout(region: &str) -> Json {
        let surroundings = Surroundings {
            region,
            pace: Pace::new(60.0).unwrap(),
            prometheus: "http://127.0.0.1:9",
            canary: "127.0.0.1:8".parse().unwrap(),
        };
        of(&surroundings).unwrap().into_iter().find(|object| object.text("/kind") == "Rollout").unwrap()
    }

    #[test]
    fn the_steps_are_those_of_the_worked_example_at_the_pace_of_the_demo() {
        let rollout = rollout("us-east-1");
        let steps = rollout.list("/spec/strategy/canary/steps");
        let weights: Vec<i64> = steps.iter().filter_map(|step| step.int("/setWeight")).collect();
        assert_eq!(weights, [10, 30, 60, 100]);
        let pauses: Vec<&str> = steps.iter().map(|step| step.text("/pause/duration")).collect();
        assert_eq!(pauses.iter().filter(|pause| **pause == "5s").count(), 3);
        let gates: Vec<&Json> = steps.iter().filter_map(|step| step.pointer("/plugin/config")).collect();
        assert_eq!(gates.len(), 3);
        for gate in gates {
            assert_eq!(gate["endpoints"], json!({"us-east-1": "http://127.0.0.1:8"}));
            assert_eq!((gate["timeout"].as_str(), gate["interval"].as_str()), (Some("15s"), Some("83ms")));
        }
    }

    #[test]
    fn every_analysis_asks_the_given_prometheus() {
        let surroundings = Surroundings {
            region: "us-east-1",
            pace: Pace::new(60.0).unwrap(),
            prometheus: "http://127.0.0.1:9",
            canary: "127.0.0.1:8".parse().unwrap(),
        };
        let objects = of(&surroundings).unwrap();
        let metrics: Vec<&Json> = objects.iter().flat_map(|object| object.list("/spec/metrics")).collect();
        assert_eq!(metrics.len(), 3);
        let (twin, metrics): (Vec<&Json>, Vec<&Json>) =
            metrics.into_iter().partition(|metric| metric.text("/name") == TWIN);
        let twin = &twin[0]["provider"]["plugin"]["aviary/compare"];
        assert_eq!(twin["source"]["prometheus"]["address"], "http://127.0.0.1:9");
        assert_eq!(twin["window"], "1000ms");
        for metric in metrics {
            assert_eq!(metric.text("/provider/prometheus/address"), "http://127.0.0.1:9");
            assert!(metric.text("/provider/prometheus/query").contains("[2s]"));
            assert_eq!(metric.text("/interval"), "1s");
        }
    }

    #[test]
    fn the_same_release_has_another_hash_in_each_region() {
        let templates = ["us-east-1", "eu-west-1"].map(|region| rollout(region)["spec"]["template"].clone());
        assert_ne!(templates[0], templates[1]);
    }
}

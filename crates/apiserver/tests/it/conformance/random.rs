//! Random sequences of requests: the same answers from our server and the real one.

use kube::Client;
use serde_json::{Value, json};
use xtask::control_plane::{ControlPlane, Level};

use super::run::send;
use crate::client;

const SEQUENCES: u64 = 25;
const LENGTH: u64 = 40;

/// Numbers from a seed (SplitMix64): a failing sequence is named by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.roll(words.len() as u64) as usize]
    }
}

/// One request: method, path below the namespace, media type, body.
#[derive(Debug)]
struct Call {
    method: &'static str,
    path: String,
    media: &'static str,
    body: String,
}

fn call(dice: &mut Dice) -> Call {
    let name = dice.pick(&["a", "b", "c", "Bad_Name", "d.e"]);
    let (plural, object) = if dice.roll(3) == 0 { deployment(dice, name) } else { config_map(dice, name) };
    let collection = if plural == "deployments" {
        "/apis/apps/v1/namespaces/NS/deployments".to_owned()
    } else {
        "/api/v1/namespaces/NS/configmaps".to_owned()
    };
    let one = format!("{collection}/{name}");
    let json = "application/json";
    let new = |method, path, media, body: Value| Call { method, path, media, body: body.to_string() };
    match dice.roll(14) {
        0..=3 => new("POST", collection, json, object),
        4 => new("PUT", one, json, object),
        5 => new("PATCH", one, "application/merge-patch+json", merge(dice)),
        6 => new("PATCH", one, "application/strategic-merge-patch+json", merge(dice)),
        7 => {
            let key = dice.pick(&["x", "y"]);
            let op = dice.pick(&["add", "replace", "remove", "test"]);
            let patch = json!([{"op": op, "path": format!("/metadata/labels/{key}"), "value": "1"}]);
            new("PATCH", one, "application/json-patch+json", patch)
        }
        8 => {
            let manager = dice.pick(&["one", "two"]);
            let force = dice.pick(&["", "&force=true"]);
            let path = format!("{one}?fieldManager={manager}{force}");
            new("PATCH", path, "application/apply-patch+yaml", object)
        }
        9 => new("DELETE", one, json, json!({"apiVersion": "v1", "kind": "DeleteOptions"})),
        10 => Call { method: "GET", path: one, media: json, body: String::new() },
        11 => {
            let query =
                dice.pick(&["", "?labelSelector=x%3D1", "?limit=1", "?fieldSelector=metadata.name%3Da"]);
            Call { method: "GET", path: format!("{collection}{query}"), media: json, body: String::new() }
        }
        12 if plural == "deployments" => {
            let patch = json!({"spec": {"replicas": dice.roll(4)}});
            new("PATCH", format!("{one}/scale"), "application/merge-patch+json", patch)
        }
        12 => new("POST", format!("{collection}?dryRun=All"), json, object),
        _ => new("DELETE", format!("{collection}?labelSelector=x%3D2"), json, json!({})),
    }
}

fn labels(dice: &mut Dice) -> Value {
    json!({"x": dice.pick(&["1", "2"]), "y": dice.pick(&["1", "2"])})
}

fn config_map(dice: &mut Dice, name: &str) -> (&'static str, Value) {
    let data = json!({"k": dice.pick(&["1", "2", "3"])});
    let metadata = json!({"name": name, "labels": labels(dice)});
    ("configmaps", json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}))
}

fn deployment(dice: &mut Dice, name: &str) -> (&'static str, Value) {
    let object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels(dice)},
        "spec": {"replicas": dice.roll(3), "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": dice.pick(&["web", "web", "web", "other"])}},
            "spec": {"containers": [{"name": "app", "image": dice.pick(&["web:1", "web:2"])}]},
        }},
    });
    ("deployments", object)
}

fn merge(dice: &mut Dice) -> Value {
    match dice.roll(3) {
        0 => json!({"metadata": {"labels": {"x": dice.pick(&["1", "2"])}}}),
        1 => json!({"metadata": {"labels": {"y": null}, "annotations": {"note": dice.pick(&["1", "2"])}}}),
        _ => json!({"metadata": {"labels": null}}),
    }
}

/// What may differ between two servers is made the same: uids, versions, times, and who wrote when.
fn normalise(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("managedFields");
            // Why a JSON patch failed: the real server keeps it to itself, ours says it there.
            fields.retain(|name, value| name != "causes" || value[0]["reason"] != "UnexpectedServerResponse");
            for name in ["uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "continue"] {
                if let Some(field) = fields.get_mut(name) {
                    *field = "*".into();
                }
            }
            fields.values_mut().for_each(normalise);
        }
        Value::Array(items) => items.iter_mut().for_each(normalise),
        _ => {}
    }
}

async fn answers(client: &Client, seed: u64) -> Vec<(Call, u16, Value)> {
    let mut dice = Dice(seed);
    let namespace = format!("random-{seed}");
    let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
    send(client, "POST", "/api/v1/namespaces", &[("content-type", "application/json")], body.to_string())
        .await
        .unwrap();
    let mut answers = Vec::new();
    for _ in 0..LENGTH {
        let call = call(&mut dice);
        let path = call.path.replace("NS", &namespace);
        let headers =
            [("content-type", call.media), ("accept", "application/json"), ("user-agent", "random/1")];
        let (code, _, text) = send(client, call.method, &path, &headers, call.body.clone()).await.unwrap();
        let mut answer = serde_json::from_str(&text).unwrap_or(Value::String(text));
        normalise(&mut answer);
        answers.push((call, code, answer));
    }
    answers
}

#[tokio::test]
async fn random_sequences_get_the_same_answers_from_the_real_server() {
    let name = "random_sequences_get_the_same_answers_from_the_real_server";
    let Some(plane) = ControlPlane::for_test(name, Level::Api, &[]) else { return };
    let real = client::of(&plane).await;
    let (_server, ours) = client::without_controllers();
    let mut differences = Vec::new();
    for seed in 1..=SEQUENCES {
        let pairs = answers(&ours, seed).await.into_iter().zip(answers(&real, seed).await);
        // After the first difference the two worlds are no longer the same.
        let first = pairs.enumerate().find(|(_, (ours, real))| (ours.1, &ours.2) != (real.1, &real.2));
        if let Some((number, (ours, real))) = first {
            differences.push(format!(
                "seed {seed}, request {number}: {:?}\n  ours: {} {}\n  real: {} {}",
                ours.0, ours.1, ours.2, real.1, real.2
            ));
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {SEQUENCES} sequences differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

#[tokio::test]
async fn the_same_sequence_gets_the_same_answers_twice() {
    for seed in 1..=SEQUENCES {
        let (_first, one) = client::without_controllers();
        let (_second, two) = client::without_controllers();
        let one: Vec<_> = answers(&one, seed).await.into_iter().map(|(_, code, body)| (code, body)).collect();
        let two: Vec<_> = answers(&two, seed).await.into_iter().map(|(_, code, body)| (code, body)).collect();
        assert_eq!(one, two, "seed {seed}");
        assert!(one.iter().all(|(code, _)| *code < 500), "seed {seed}: {one:?}");
    }
}

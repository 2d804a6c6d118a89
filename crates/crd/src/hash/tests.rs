//! The hashes of the recorded templates.

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

use super::*;

/// `fixtures/hash/vectors.json`, taken from spec rollout-hash-appendix B.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    pod_templates: Vec<TemplateVector>,
    steps: Vec<StepsVector>,
}

#[derive(Deserialize)]
struct TemplateVector {
    name: String,
    input: PodTemplate,
    canonical: String,
    /// Without a collision count, and with 0, 1 and 2.
    hashes: [String; 4],
}

#[derive(Deserialize)]
struct StepsVector {
    name: String,
    input: Option<Vec<CanaryStep>>,
    canonical: String,
    hash: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../../fixtures/hash/vectors.json")).unwrap()
}

fn template(value: Value) -> PodTemplate {
    serde_json::from_value(value).unwrap()
}

#[test]
fn pod_templates_hash_as_recorded() {
    for vector in vectors().pod_templates {
        assert_eq!(canonical(&vector.input), vector.canonical, "{}", vector.name);
        let hashes = [None, Some(0), Some(1), Some(2)].map(|count| pod_template(&vector.input, count));
        assert_eq!(hashes, vector.hashes, "{}", vector.name);
    }
}

#[test]
fn steps_hash_as_recorded() {
    for vector in vectors().steps {
        let recorded = digits(fnv1a(OFFSET, vector.canonical.as_bytes()));
        assert_eq!(recorded, vector.hash, "{}", vector.name);
        let canonical = canonical_steps(&vector.input.unwrap_or_default());
        match vector.name.as_str() {
            // An empty list never reaches the encoder: it is the same as none.
            "S2" => assert_eq!(canonical, "null"),
            // The vector's plugin configuration is not sorted, as it is once an API server stored it.
            "S9" => assert_eq!(
                canonical,
                vector.canonical.replace(r#""key":"value","a":1"#, r#""a":1,"key":"value""#)
            ),
            name => assert_eq!(canonical, vector.canonical, "{name}"),
        }
    }
}

#[test]
fn amounts_written_differently_hash_the_same() {
    let with =
        |resources: Value| template(json!({"spec": {"containers": [{"name": "c", "resources": resources}]}}));
    let written_long = with(json!({
        "limits": {"cpu": "2000m", "memory": "8192M"}, "requests": {"cpu": "150m", "memory": "8192M"},
    }));
    let written_short = with(json!({
        "limits": {"cpu": "2", "memory": "8192M"}, "requests": {"cpu": 0.15, "memory": "8192M"},
    }));
    assert_eq!(pod_template(&written_long, None), pod_template(&written_short, None));
}

#[test]
fn fields_that_are_always_written_appear_with_their_zero_value() {
    let canonical = |spec: Value| canonical(&template(json!({ "spec": spec })));
    assert_eq!(
        canonical(json!({"containers": [{"readinessProbe": {"grpc": {}, "httpGet": {}}}]})),
        r#"{"metadata":{},"spec":{"containers":[{"name":"","resources":{},"readinessProbe":{"httpGet":{"port":0},"grpc":{"port":0,"service":null}}}]}}"#
    );
    assert_eq!(
        canonical(json!({"volumes": [{"scaleIO": {}, "rbd": {}}]})),
        r#"{"metadata":{},"spec":{"volumes":[{"name":"","rbd":{"monitors":null,"image":""},"scaleIO":{"gateway":"","system":"","secretRef":null}}],"containers":null}}"#
    );
}

#[test]
fn a_field_newer_than_the_table_changes_the_hash() {
    let old = template(json!({"spec": {"containers": [{"name": "c"}]}}));
    let new = template(json!({"spec": {"containers": [{"name": "c", "fromTheFuture": {"mode": "<x>"}}]}}));
    assert_ne!(pod_template(&old, None), pod_template(&new, None));
    assert!(canonical(&new).contains(r#""resources":{},"fromTheFuture":{"mode":"\u003cx\u003e"}"#));
}

proptest! {
    #[test]
    fn texts_are_escaped_into_json_that_reads_back(text in any::<String>()) {
        let canonical = canonical(&template(json!({"metadata": {"labels": {"k": text}}})));
        let read: Value = serde_json::from_str(&canonical).unwrap();
        prop_assert_eq!(&read["metadata"]["labels"]["k"], &json!(text));
        let escaped = canonical.contains(['<', '>', '&', '\u{2028}', '\u{2029}']);
        prop_assert!(!escaped);
    }

    #[test]
    fn a_hash_is_short_and_spells_no_word(state in any::<u32>()) {
        let text = digits(state);
        prop_assert!((1..=10).contains(&text.len()));
        prop_assert!(text.chars().all(|c| "456789bcdf".contains(c)));
    }
}

#[test]
fn a_specification_that_was_hashed_hashes_otherwise_with_other_metadata() {
    let labelled =
        |label: &str| template(json!({"metadata": {"labels": {"a": label}}, "spec": {"containers": []}}));
    let (one, fresh) = (labelled("1"), pod_template(&labelled("2"), None));
    let hash = pod_template(&one, None);
    let mut other = one.clone();
    other.metadata.labels.insert("a".to_owned(), "2".to_owned());
    assert_ne!(hash, fresh);
    assert_eq!((pod_template(&other, None), pod_template(&one, None)), (fresh, hash));
}

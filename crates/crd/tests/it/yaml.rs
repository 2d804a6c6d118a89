//! Streams of manifests with positions.

use aviary_crd::yaml::{Document, documents, from_str};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(text: &str) -> Vec<Document> {
    documents(text).into_iter().map(Result::unwrap).collect()
}

const STREAM: &str = "\
%YAML 1.1
---
# The first.
kind: Rollout
spec:
  steps:
  - setWeight: 20
  - pause: {}
  text: |
    --- not a marker, for it is indented
--- {kind: Service}
...
---
---
kind: ConfigMap
data:
  a/b~c: yes
  mode: 0644
";

#[test]
fn every_document_knows_its_line() {
    let documents = read(STREAM);
    let kinds: Vec<_> = documents.iter().map(|document| (document.line, &document.value["kind"])).collect();
    assert_eq!(kinds, [(4, &json!("Rollout")), (11, &json!("Service")), (15, &json!("ConfigMap"))]);
}

#[test]
fn every_field_knows_its_line() {
    let documents = read(STREAM);
    let line = |document: usize, pointer: &str| documents[document].line_of(pointer);
    assert_eq!(line(0, "/spec/steps"), 6);
    assert_eq!(line(0, "/spec/steps/0/setWeight"), 7);
    assert_eq!(line(0, "/spec/steps/1"), 8);
    assert_eq!(line(0, "/spec/steps/1/pause/duration"), 8, "the nearest that exists");
    assert_eq!(line(0, "/nothing"), 4);
    assert_eq!(line(1, "/kind"), 11);
    assert_eq!(line(2, "/data/a~1b~0c"), 17);
}

#[test]
fn values_read_as_kubectl_reads_them() {
    assert_eq!(read(STREAM)[2].value["data"], json!({"a/b~c": true, "mode": 420}));
}

#[test]
fn a_broken_document_hides_no_other_and_names_its_line() {
    let documents = documents("a: 1\n---\nb: [\n---\nc: 3\n");
    let good: Vec<_> = documents.iter().flatten().map(|document| &document.value).collect();
    assert_eq!(good, [&json!({"a": 1}), &json!({"c": 3})]);
    let error = documents[1].as_ref().unwrap_err().to_string();
    assert!(error.contains("line 3") || error.contains("line 4"), "{error}");
}

#[test]
fn nothing_is_no_document() {
    for text in ["", "\n\n", "---\n", "# words\n---\n...\n", "--- # words\n"] {
        assert_eq!(read(text), [], "{text:?}");
    }
}

fn json_values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z0-9:# ~-]{0,12}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z/~]{1,8}", inner, 1..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn positions_do_not_change_what_is_read(value in json_values()) {
        let text = aviary_crd::yaml::to_string(&json!({ "value": value })).unwrap();
        let plain: Value = from_str(&text).unwrap();
        prop_assert_eq!(&read(&text)[0].value, &plain);
        prop_assert_eq!(&plain["value"], &value);
    }
}

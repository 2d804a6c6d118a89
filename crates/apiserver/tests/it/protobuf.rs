//! Bodies in protobuf, made by another implementation of the same messages.

use http_body_util::BodyExt;
use k8s_pb::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_pb::api::core::v1::EmptyDirVolumeSource;
use k8s_pb::api::core::v1::{
    ConfigMap, Container, ContainerPort, EnvVar, HttpGetAction, PodSpec, PodTemplateSpec, Probe,
    ProbeHandler, ResourceRequirements, Secret, Volume, VolumeSource,
};
use k8s_pb::apimachinery::pkg::api::resource::Quantity;
use k8s_pb::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_pb::apimachinery::pkg::runtime::{TypeMeta, Unknown};
use k8s_pb::apimachinery::pkg::util::intstr::IntOrString;
use kube::client::Body;
use prost::Message;
use serde_json::{Value, json};

use crate::client;

fn envelope(api_version: &str, kind: &str, object: &impl Message) -> Vec<u8> {
    let unknown = Unknown {
        type_meta: Some(TypeMeta { api_version: Some(api_version.into()), kind: Some(kind.into()) }),
        raw: Some(object.encode_to_vec()),
        ..Unknown::default()
    };
    [b"k8s\0".to_vec(), unknown.encode_to_vec()].concat()
}

fn named(name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() }
}

async fn create(path: &str, body: Vec<u8>) -> (u16, Value) {
    let (_server, client) = client::without_controllers();
    let request = http::Request::post(path)
        .header("content-type", "application/vnd.kubernetes.protobuf")
        .header("accept", "application/vnd.kubernetes.protobuf,application/json")
        .body(Body::from(body))
        .unwrap();
    let response = client.send(request).await.unwrap();
    let code = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json");
    (code, serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap())
}

#[tokio::test]
async fn config_maps_and_secrets_are_read() {
    let map = ConfigMap {
        metadata: Some(named("a")),
        data: [("k".to_owned(), "v".to_owned()), ("empty".to_owned(), String::new())].into(),
        binary_data: [("b".to_owned(), vec![0, 255])].into(),
        ..ConfigMap::default()
    };
    let (code, made) =
        create("/api/v1/namespaces/default/configmaps", envelope("v1", "ConfigMap", &map)).await;
    assert_eq!(code, 201, "{made}");
    assert_eq!(
        (&made["data"], &made["binaryData"]),
        (&json!({"k": "v", "empty": ""}), &json!({"b": "AP8="}))
    );
    let secret = Secret {
        metadata: Some(named("s")),
        data: [("k".to_owned(), b"word".to_vec())].into(),
        r#type: Some("Opaque".into()),
        ..Secret::default()
    };
    let (code, made) = create("/api/v1/namespaces/default/secrets", envelope("v1", "Secret", &secret)).await;
    assert_eq!((code, &made["data"]), (201, &json!({"k": "d29yZA=="})));
}

#[tokio::test]
async fn a_deployment_with_embedded_and_special_types_is_read() {
    let labels = [("app".to_owned(), "web".to_owned())];
    let port = IntOrString { r#type: Some(1), int_val: Some(0), str_val: Some("http".into()) };
    let container = Container {
        name: Some("app".into()),
        image: Some("web:1".into()),
        ports: vec![ContainerPort {
            name: Some("http".into()),
            container_port: Some(80),
            ..ContainerPort::default()
        }],
        env: vec![EnvVar { name: Some("A".into()), value: Some("1".into()), ..EnvVar::default() }],
        resources: Some(ResourceRequirements {
            limits: [("cpu".to_owned(), Quantity { string: Some("100m".into()) })].into(),
            ..ResourceRequirements::default()
        }),
        readiness_probe: Some(Probe {
            handler: Some(ProbeHandler {
                http_get: Some(HttpGetAction {
                    path: Some("/ready".into()),
                    port: Some(port),
                    ..HttpGetAction::default()
                }),
                ..ProbeHandler::default()
            }),
            period_seconds: Some(5),
            ..Probe::default()
        }),
        ..Container::default()
    };
    let volume = Volume {
        name: Some("data".into()),
        volume_source: Some(VolumeSource {
            empty_dir: Some(EmptyDirVolumeSource::default()),
            ..VolumeSource::default()
        }),
    };
    let deployment = Deployment {
        metadata: Some(named("web")),
        spec: Some(DeploymentSpec {
            replicas: Some(0),
            selector: Some(LabelSelector { match_labels: labels.clone().into(), ..LabelSelector::default() }),
            template: Some(PodTemplateSpec {
                metadata: Some(ObjectMeta { labels: labels.into(), ..ObjectMeta::default() }),
                spec: Some(PodSpec {
                    containers: vec![container],
                    volumes: vec![volume],
                    ..PodSpec::default()
                }),
            }),
            ..DeploymentSpec::default()
        }),
        ..Deployment::default()
    };
    let body = envelope("apps/v1", "Deployment", &deployment);
    let (code, made) = create("/apis/apps/v1/namespaces/default/deployments", body).await;
    assert_eq!(code, 201, "{made}");
    let container = &made["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(made["spec"]["replicas"], 0);
    assert_eq!(container["readinessProbe"]["httpGet"]["port"], "http");
    assert_eq!(container["readinessProbe"]["periodSeconds"], 5);
    assert_eq!(container["resources"]["limits"], json!({"cpu": "100m"}));
    assert_eq!(made["spec"]["template"]["spec"]["volumes"], json!([{"name": "data", "emptyDir": {}}]));
}

#[tokio::test]
async fn hostile_bytes_are_refused_and_nothing_else_happens() {
    let good = envelope("v1", "ConfigMap", &ConfigMap { metadata: Some(named("a")), ..ConfigMap::default() });
    let path = "/api/v1/namespaces/default/configmaps";
    for length in 0..good.len() {
        let (code, answer) = create(path, good[..length].to_vec()).await;
        assert!((400..500).contains(&code), "{length} bytes: {code} {answer}");
    }
    let (code, answer) = create(path, envelope("v1", "Nothing", &ConfigMap::default())).await;
    assert_eq!(code, 400);
    assert!(answer["message"].as_str().unwrap().contains("no kind Nothing of v1"), "{answer}");
    let mut nested = Vec::new();
    for _ in 0..1000 {
        // JSONSchemaProps.not within itself: field 28.
        let mut outer = vec![0xe2, 0x01];
        prost::encoding::encode_varint(nested.len() as u64, &mut outer);
        outer.extend(&nested);
        nested = outer;
    }
    let wrap = |tag: u8, bytes: Vec<u8>| {
        let mut outer = vec![tag];
        prost::encoding::encode_varint(bytes.len() as u64, &mut outer);
        outer.extend(bytes);
        outer
    };
    // spec (2) . versions (7) . schema (4) . openAPIV3Schema (1)
    let raw = wrap(0x12, wrap(0x3a, wrap(0x22, wrap(0x0a, nested))));
    let unknown = Unknown {
        type_meta: Some(TypeMeta {
            api_version: Some("apiextensions.k8s.io/v1".into()),
            kind: Some("CustomResourceDefinition".into()),
        }),
        raw: Some(raw),
        ..Unknown::default()
    };
    let body = [b"k8s\0".to_vec(), unknown.encode_to_vec()].concat();
    let (code, answer) = create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body).await;
    assert_eq!(code, 400);
    assert!(answer["message"].as_str().unwrap().contains("nested more than"), "{answer}");
}

//! A region with pods, Services and a route, and a client for its gateway.

use std::net::SocketAddr;
use std::time::Duration;

use aviary_local::{Pace, Region, RegionConfig};
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

/// A place with everything that a test asks.
pub(crate) struct Place {
    pub(crate) region: Region,
    pub(crate) http: reqwest::Client,
}

pub(crate) async fn place(config: RegionConfig) -> Place {
    // The transport is plain HTTP; reqwest wants a TLS provider all the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    Place { region: Region::start(config).await.unwrap(), http }
}

/// A hundred times faster than real.
pub(crate) fn quick() -> RegionConfig {
    RegionConfig { pace: Pace::new(100.0), ..RegionConfig::new("us-east-1") }
}

/// How long a condition is awaited.
const LIMIT: Duration = Duration::from_secs(20);

/// Awaits a condition of the gateway or of what is scraped, which nothing tells of: it is asked for again and again. A
/// test that waits in vain says for what. What the API server keeps is awaited with [`Place::until`].
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(LIMIT, waiting).await.is_ok(), "in vain: {what}");
}

fn routes() -> ApiResource {
    ApiResource {
        group: "gateway.networking.k8s.io".to_owned(),
        version: "v1".to_owned(),
        api_version: "gateway.networking.k8s.io/v1".to_owned(),
        kind: "HTTPRoute".to_owned(),
        plural: "httproutes".to_owned(),
    }
}

impl Place {
    /// Awaits a condition of what the API server keeps: it is asked for at each change.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, what: &str, mut holds: impl FnMut() -> F) {
        let waiting = self.region.api().until(|| {
            let holds = holds();
            async { holds.await.then_some(()) }
        });
        assert!(tokio::time::timeout(LIMIT, waiting).await.is_ok(), "in vain: {what}");
    }

    pub(crate) fn pods(&self) -> Api<Pod> {
        Api::default_namespaced(self.region.client())
    }

    pub(crate) fn routes(&self) -> Api<DynamicObject> {
        Api::default_namespaced_with(self.region.client(), &routes())
    }

    /// A pod of `version`, with that as its hash too, and `more` in its container.
    pub(crate) async fn pod(&self, name: &str, version: &str, more: Value) -> Pod {
        let mut container = json!({
            "name": "rating-api", "image": format!("example.com/rating-api:{version}"),
            "ports": [{"containerPort": 8080, "name": "http"}],
            "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1, "failureThreshold": 2},
        });
        container.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let pod = json!({
            "metadata": {"name": name, "labels": {"app": "rating", "rollouts-pod-template-hash": version}},
            "spec": {"terminationGracePeriodSeconds": 30, "containers": [container]},
        });
        self.pods().create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap()
    }

    /// A Service of the pods of one version.
    pub(crate) async fn service(&self, name: &str, version: &str) {
        let api: Api<Service> = Api::default_namespaced(self.region.client());
        let service = json!({
            "metadata": {"name": name},
            "spec": {"selector": {"app": "rating", "rollouts-pod-template-hash": version},
                     "ports": [{"port": 80, "targetPort": 8080}]},
        });
        api.create(&PostParams::default(), &serde_json::from_value(service).unwrap()).await.unwrap();
    }

    /// The route `shop`, with these weights for Services `stable` and `canary`.
    pub(crate) async fn route(&self, stable: i32, canary: i32) -> DynamicObject {
        let route = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "shop"},
            "spec": {"parentRefs": [{"name": "edge"}], "hostnames": ["api.example.com"], "rules": [{"backendRefs": [
                {"name": "stable", "port": 80, "weight": stable}, {"name": "canary", "port": 80, "weight": canary},
            ]}]},
        });
        self.routes().patch("shop", &PatchParams::apply("test").force(), &Patch::Apply(route)).await.unwrap()
    }

    /// Waits until the gateway says that it follows generation `generation` of the route.
    pub(crate) async fn accepted(&self, generation: Option<i64>) {
        self.until("the route is accepted", || async {
            let route = self.routes().get("shop").await.unwrap();
            let condition = route.data.pointer("/status/parents/0/conditions/0").cloned().unwrap_or_default();
            (condition["status"].as_str(), condition["observedGeneration"].as_i64())
                == (Some("True"), generation)
        })
        .await;
    }

    pub(crate) async fn ready(&self, service: &str, pods: usize) {
        until(&format!("{service} has {pods} ready pods"), || async {
            self.region.gateway().endpoints("default", service) == pods
        })
        .await;
    }

    pub(crate) async fn delete(&self, pod: &str) {
        self.pods().delete(pod, &DeleteParams::default()).await.unwrap();
    }

    /// Status and version of an answer of the gateway.
    pub(crate) async fn get(&self, host: &str, path: &str) -> (u16, String) {
        let gateway = self.region.gateway_addr();
        let answer =
            self.http.get(format!("http://{gateway}{path}")).header("host", host).send().await.unwrap();
        let version = answer.headers().get("x-version").map(|v| v.to_str().unwrap().to_owned());
        (answer.status().as_u16(), version.unwrap_or_default())
    }

    pub(crate) async fn at(&self, address: SocketAddr, path: &str) -> Value {
        let answer = self.http.get(format!("http://{address}{path}")).send().await.unwrap();
        answer.json().await.unwrap()
    }
}

//! A local region with pods that serve, for what a control plane without nodes cannot show.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster::{Controller, Ended, Settings};
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use local::{Pace, Region, RegionConfig};
use rating::FaultPlan;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cluster::{NAMESPACE, ROLLOUT};
use crate::helm::{Helm, root};

const HOST: &str = "api.openclaw.example.com";
const PATIENCE: Duration = Duration::from_secs(120);
/// Every second request of it fails.
pub(crate) const BAD: &str = "1.6.0";

/// A region with its controller, and readers who ask the whole time.
pub(crate) struct Local {
    pub(crate) region: Region,
    http: reqwest::Client,
    stop: CancellationToken,
    controller: JoinHandle<Ended>,
    readers: JoinHandle<()>,
}

/// What a reader is answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) version: String,
    pub(crate) variant: String,
}

impl Local {
    /// A region twenty times as fast as real, with nothing in it yet.
    pub(crate) async fn start() -> Self {
        let errors = FaultPlan { errors: 0.5, ..FaultPlan::default() };
        Self::with([(BAD.to_owned(), errors)].into()).await
    }

    /// The same, with these images as they are told to be.
    pub(crate) async fn with(images: BTreeMap<String, FaultPlan>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = RegionConfig { pace: Pace::new(20.0), images, ..RegionConfig::new("us-east-1") };
        let region = Region::start(config).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let stop = CancellationToken::new();
        let settings = Settings { region: "us-east-1".to_owned(), ..Settings::default() };
        for object in crd::manifests() {
            apply(&region, &object).await;
        }
        for file in ["namespace", "secret"] {
            let file = root().join(format!("fixtures/openclaw/local/{file}.yaml"));
            let text = std::fs::read_to_string(file).unwrap();
            for object in crd::yaml::from_documents::<Value>(&text).unwrap() {
                apply(&region, &object).await;
            }
        }
        let controller = Controller::new(region.client(), settings).await.unwrap();
        let controller = tokio::spawn(controller.run(stop.clone()));
        let readers = tokio::spawn(read_on(http.clone(), region.gateway_addr().to_string()));
        Self { region, http, stop, controller, readers }
    }

    /// Applies what the chart renders with a variant's values, with short durations and with this machine's addresses.
    pub(crate) async fn bring(&self, helm: &Helm, variant: &str, more: &str) {
        let values = root().join(format!("fixtures/openclaw/variants/{variant}/values.yaml"));
        // A busy machine may have no figures for some seconds; a bad version is measured until it is found out.
        let (count, limit) = if more.contains(BAD) { (60, 60) } else { (3, 2) };
        let short = format!(
            "gate.enabled=false,pause=2s,analysis.interval=1s,analysis.count={count},analysis.inconclusiveLimit={limit},\
             analysis.prometheus.window=3s,analysis.prometheus.address=http://{}",
            self.region.prometheus_addr()
        );
        let mut words = vec!["--values", values.to_str().unwrap(), "--set", &short];
        if !more.is_empty() {
            words.extend(["--set", more]);
        }
        for object in helm.openclaw(&words) {
            // The weights are the Rollout's.
            let known = object["kind"] == "HTTPRoute" && self.route().await.is_some();
            if !known {
                apply(&self.region, &object).await;
            }
        }
    }

    pub(crate) async fn apply(&self, object: &Value) {
        apply(&self.region, object).await;
    }

    async fn route(&self) -> Option<DynamicObject> {
        let kind = GroupVersionKind::gvk("gateway.networking.k8s.io", "v1", "HTTPRoute");
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.region.client(), NAMESPACE, &ApiResource::from_gvk(&kind));
        api.get_opt(ROLLOUT).await.unwrap()
    }

    pub(crate) async fn rollout(&self) -> Value {
        let kind = GroupVersionKind::gvk("argoproj.io", "v1alpha1", "Rollout");
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.region.client(), NAMESPACE, &ApiResource::from_gvk(&kind));
        serde_json::to_value(api.get(ROLLOUT).await.unwrap()).unwrap()
    }

    /// Looks until `holds` is true of the Rollout.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let looking = async {
            loop {
                let rollout = self.rollout().await;
                if holds(&rollout) {
                    return rollout;
                }
                tokio::task::yield_now().await;
            }
        };
        if let Ok(rollout) = tokio::time::timeout(PATIENCE, looking).await {
            return rollout;
        }
        panic!("in vain: {what}: {:#}", self.rollout().await["status"])
    }

    /// Waits until the gateway has heard of a switch: it learns of endpoints as any gateway does, a little later.
    pub(crate) async fn until_met(&self, version: &str) {
        let looking = async {
            while self.get(&[]).await.version != version {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("{version} is not met"));
    }

    /// Reads the lobster's rating through the gateway.
    pub(crate) async fn get(&self, headers: &[(&str, &str)]) -> Answer {
        let url = format!("http://{}/v1/items/lobster/rating", self.region.gateway_addr());
        let mut request = self.http.get(url).header("host", HOST);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        Answer {
            status: response.status().as_u16(),
            version: header("x-version"),
            variant: header("x-variant"),
        }
    }

    /// The value of a query at the region's own Prometheus; `None` without data.
    pub(crate) async fn measure(&self, query: &str) -> Option<f64> {
        measure(&self.http, &format!("http://{}", self.region.prometheus_addr()), query).await
    }

    pub(crate) async fn end(self) {
        self.readers.abort();
        let _aborted = self.readers.await;
        self.stop.cancel();
        assert_eq!(self.controller.await.unwrap(), Ended::Stopped);
        self.region.shutdown().await;
    }
}

/// What Prometheus answers with one number.
pub(crate) async fn measure(http: &reqwest::Client, address: &str, query: &str) -> Option<f64> {
    let request = http.get(format!("{address}/api/v1/query")).query(&[("query", query)]);
    let answer: Value = request.send().await.ok()?.json().await.ok()?;
    answer["data"]["result"][0]["value"][1].as_str()?.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Readers with names, one after the other.
async fn read_on(http: reqwest::Client, gateway: String) {
    let url = format!("http://{gateway}/v1/items/lobster/rating");
    for n in 0_u64.. {
        let user = format!("user-{}", n % 200);
        // Before there is a route it is refused; that is no reader's affair.
        let _answer = http.get(&url).header("host", HOST).header("x-user-id", user).send().await;
    }
}

async fn apply(region: &Region, object: &Value) {
    let object: DynamicObject = serde_json::from_value(object.clone()).unwrap();
    let kind = GroupVersionKind::try_from(object.types.as_ref().unwrap()).unwrap();
    let kind = ApiResource::from_gvk(&kind);
    let api: Api<DynamicObject> = match object.metadata.namespace.as_deref() {
        Some(namespace) => Api::namespaced_with(region.client(), namespace, &kind),
        None => Api::all_with(region.client(), &kind),
    };
    let name = object.metadata.name.clone().unwrap();
    let applied = api.patch(&name, &PatchParams::apply("test").force(), &Patch::Apply(&object)).await;
    applied.unwrap_or_else(|error| panic!("{name}: {error}"));
}

/// Whether the version is the only one, and its release is over.
pub(crate) fn runs(tag: &str) -> impl Fn(&Value) -> bool {
    let image = json!(format!("openclaw/rating-api:{tag}"));
    move |rollout| {
        crate::cluster::is_promoted(rollout)
            && rollout["spec"]["template"]["spec"]["containers"][0]["image"] == image
    }
}

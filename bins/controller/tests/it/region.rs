//! A region as its operators set it up: a control plane with CRDs, controller and service, all as the charts render them.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::sync::Arc;

use serde_json::{Value, json};
use xtask::control_plane::{ControlPlane, Level};

use crate::authority::Authority;
use crate::canary::Canary;
use crate::cluster::{NAMESPACE, ROLLOUT, until};
use crate::controller::Running;
use crate::gateway::Gateway;
use crate::helm::{Helm, TEMPLATE, root};
use crate::metrics::Metrics;

/// Where the controller lives.
const HOME: &str = "argo-rollouts";

/// A region.
pub(crate) struct Region {
    pub(crate) name: &'static str,
    plane: Arc<ControlPlane>,
    helm: Helm,
    pub(crate) metrics: Metrics,
    pub(crate) canary: Canary,
    gateway: Option<Gateway>,
    beacon_port: u16,
    way: Way,
}

/// How versions come to a region.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// `helm template` and `kubectl apply --server-side`.
    Kubectl,
    /// `helm upgrade --install`.
    Helm,
}

impl Region {
    /// With CRDs and the controller's objects; `None`, and said so, where the programs are absent.
    pub(crate) fn start(test: &str, name: &'static str, way: Way) -> Option<Self> {
        let helm = Helm::find(test)?;
        let definitions =
            ["fixtures/crds", "crates/local/src/region/gateway-api.yaml"].map(|path| root().join(path));
        let plane = Arc::new(ControlPlane::for_test(test, Level::Pods, &definitions)?);
        let (metrics, canary) = (Metrics::start(), Canary::start(&plane));
        let region =
            Self { name, plane, helm, metrics, canary, gateway: None, beacon_port: free_port(), way };
        let values = format!(
            "createNamespace=true,region={name},releaseGroups={{rating-api}},beacon.tlsSecretName=beacon"
        );
        region.apply(&region.rendered(&["aviary-controller", "bins/controller/chart", "-n", HOME], &values));
        Some(region)
    }

    /// `helm template`, as a stream of documents.
    fn rendered(&self, words: &[&str], values: &str) -> String {
        self.helm.ok(&[&TEMPLATE[..], words, &["--set", values]].concat())
    }

    /// `kubectl apply --server-side -f -`
    fn apply(&self, stream: &str) {
        let mut command = self.plane.kubectl_command(&["apply", "--server-side", "-f", "-"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{stream}");
    }

    fn kubectl(&self, words: &[&str]) -> String {
        self.plane.kubectl(words).unwrap()
    }

    /// The chart's values for a version, with short durations and with this machine's addresses.
    fn values(&self, tag: &str) -> String {
        [
            format!("image.tag={tag},pause=1s,gate.interval=1s,analysis.interval=1s"),
            format!("analysis.prometheus.address={}", self.metrics.address()),
            format!("gate.endpoints.{0}.address=http://{ROLLOUT}-canary.{NAMESPACE}.svc", self.name),
            format!("gate.endpoints.{0}.connect={1}", self.name, self.canary.address()),
        ]
        .join(",")
    }

    /// Applies what the chart renders, or has Helm do it, with the rights of the pipeline's deploying role.
    fn bring(&self, tag: &str, shown: &[&str]) {
        let chart = [ROLLOUT, "fixtures/openclaw/chart", "-n", NAMESPACE];
        let values = self.values(tag);
        match self.way {
            Way::Kubectl => self.apply(&self.rendered(&[&chart[..], shown].concat(), &values)),
            Way::Helm => {
                let kubeconfig = format!("--kubeconfig={}", self.plane.kubeconfig().display());
                let role = ["--kube-as-user=pipeline", "--kube-as-group=openclaw:deploy", &kubeconfig];
                let words = [&["upgrade", "--install", "--set", &values], &chart[..], &role].concat();
                self.helm.ok(&words);
            }
        }
    }

    /// Brings the service up, as the pipeline does it.
    pub(crate) fn install(&mut self, tag: &str) {
        for file in ["namespace", "secret"] {
            self.apply(
                &std::fs::read_to_string(root().join(format!("fixtures/openclaw/local/{file}.yaml")))
                    .unwrap(),
            );
        }
        let access = ["openclaw-access", "fixtures/openclaw/access", "-n", NAMESPACE];
        self.apply(&self.helm.ok(&[&TEMPLATE[..], &access].concat()));
        self.bring(tag, &[]);
        self.gateway = Some(Gateway::follow(Arc::clone(&self.plane)));
    }

    /// Asks for another version. The route is left alone: its weights are the Rollout's.
    pub(crate) fn release(&self, tag: &str) {
        self.bring(tag, &["--show-only", "templates/rollout.yaml"]);
    }

    /// Makes the other region's cluster known here: a Secret with a kubeconfig for the account that may read its beacons.
    pub(crate) fn meet_cluster(&self, peer: &Self) {
        let token = until(
            "the token of aviary-peer is there",
            || {
                let words = [
                    "get",
                    "secret",
                    "aviary-peer-token",
                    "-n",
                    HOME,
                    "-o=go-template={{.data.token | base64decode}}",
                ];
                peer.plane.kubectl(&words).unwrap_or_default()
            },
            |token| token.starts_with("ey"),
        );
        let file = self.plane.kubeconfig().with_file_name("peer.json");
        std::fs::write(&file, kubeconfig(&peer.plane, &token)).unwrap();
        self.keep(peer.name, &[&format!("--from-file=kubeconfig={}", file.display())]);
    }

    /// Makes the other region's controller known here: a Secret with its address and a certificate to show there.
    pub(crate) fn meet_controller(&self, peer: &Self, authority: &Authority) {
        let directory = tempfile::tempdir().unwrap();
        authority.write(directory.path(), self.name);
        let url = format!("--from-literal=url=https://localhost:{}", peer.beacon_port);
        let files = ["tls.crt", "tls.key", "ca.crt"]
            .map(|file| format!("--from-file={}", directory.path().join(file).display()));
        self.keep(peer.name, &[&[url.as_str()][..], &files.each_ref().map(String::as_str)].concat());
    }

    /// A Secret in the controller's namespace, with the label that it is found by.
    fn keep(&self, region: &str, content: &[&str]) {
        self.kubectl(&[&["create", "secret", "generic", region, "-n", HOME], content].concat());
        let label = format!("aviary.dev/region={region}");
        self.kubectl(&["label", "secret", region, "-n", HOME, &label]);
    }

    /// Whether the account that the other regions come as may get this here.
    pub(crate) fn peer_may_get(&self, what: &str) -> bool {
        let words = ["auth", "can-i", "get", what, "-n", NAMESPACE];
        let account = format!("--as=system:serviceaccount:{HOME}:aviary-peer");
        let output = self.plane.kubectl_command(&[&words[..], &[&account]].concat()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(
            ["yes\n", "no\n"].contains(&said.as_str()),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said == "yes\n"
    }

    /// The controller, with the rights of its account and with its lease. It tells its beacons, too, as the authority's.
    pub(crate) fn run_controller(&self, authority: &Authority) -> Running {
        let certificates = self.plane.kubeconfig().with_file_name("beacon");
        std::fs::create_dir_all(&certificates).unwrap();
        authority.write(&certificates, "localhost");
        let port = format!("--beaconPort={}", self.beacon_port);
        let tls = format!("--beaconTLS={}", certificates.display());
        let token = self.kubectl(&["create", "token", "aviary-controller", "-n", HOME]);
        let file = self.plane.kubeconfig().with_file_name("controller.json");
        std::fs::write(&file, kubeconfig(&self.plane, token.trim())).unwrap();
        Running::with(&file, &["--region", self.name, "--loglevel", "warn", "--leader-elect", &port, &tls])
    }

    pub(crate) fn rollout(&self) -> Value {
        self.get(&["rollout", ROLLOUT])
    }

    /// Objects of a kind beside the Rollout.
    pub(crate) fn list(&self, kind: &str) -> Vec<Value> {
        self.get(&[kind])["items"].as_array().unwrap().clone()
    }

    /// The images of the pods that are there to stay.
    pub(crate) fn images(&self) -> Vec<String> {
        let pods = self.list("pods");
        let stay = pods.iter().filter(|pod| pod["metadata"].get("deletionTimestamp").is_none());
        stay.map(|pod| pod["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()).collect()
    }

    /// What this region says of the release to the others.
    pub(crate) fn beacon(&self) -> Value {
        let map = self.get(&["configmap", "aviary-release-rating-api"]);
        serde_json::from_str(map["data"]["beacon.json"].as_str().unwrap()).unwrap()
    }

    /// Weights of the canary in the order in which the route showed them, since the last call.
    pub(crate) fn take_weights(&self) -> Vec<i64> {
        self.gateway.as_ref().unwrap().take_weights()
    }

    /// Waits until `holds` is true of the Rollout.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        until(&format!("{}: {what}", self.name), || self.rollout(), holds)
    }

    fn get(&self, what: &[&str]) -> Value {
        let words = [&["get", "-n", NAMESPACE, "-o", "json"], what].concat();
        serde_json::from_str(&self.kubectl(&words)).unwrap()
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// A kubeconfig that holds all it needs: its reader may be elsewhere.
fn kubeconfig(plane: &ControlPlane, token: &str) -> String {
    let authority = std::fs::read(plane.authority()).unwrap();
    let authority = k8s_openapi::ByteString(authority);
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "it",
        "clusters": [{"name": "it", "cluster": {"server": plane.url(), "certificate-authority-data": authority}}],
        "users": [{"name": "it", "user": {"token": token}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
    })
    .to_string()
}

//! The real kubectl, over a socket.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use aviary_apiserver::{Listening, Options, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(30);

/// A server on a socket, and a program that talks to it.
struct Kubectl {
    server: Server,
    _listening: Listening,
    program: PathBuf,
    home: tempfile::TempDir,
}

/// A program of the control plane, or from the PATH; skipped visibly when there is none, which fails in CI.
fn find(test: &str, name: &str) -> Option<PathBuf> {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = [xtask::control_plane::directory()]
        .into_iter()
        .chain(assets)
        .chain(std::env::split_paths(&path))
        .map(|directory| directory.join(name))
        .find(|program| program.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{test} needs {name}: run `cargo xtask control-plane`");
        let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: run cargo xtask control-plane --helm");
    }
    found
}

impl Kubectl {
    async fn start(test: &str) -> Option<Self> {
        let program = find(test, "kubectl")?;
        let server = Server::new(Options::default()).unwrap();
        let listening = server.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config"), listening.kubeconfig("test")).unwrap();
        Some(Self { server, _listening: listening, program, home })
    }

    fn command(&self, program: &PathBuf, arguments: &str) -> Command {
        let mut command = Command::new(program);
        command.args(arguments.split_whitespace()).env("KUBECONFIG", self.home.path().join("config"));
        command.env("HOME", self.home.path()).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs kubectl with `input`; its output, whether it succeeds or not.
    async fn run(&self, arguments: &str, input: &str) -> Result<String, String> {
        let mut child = self.command(&self.program, arguments).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        let output =
            tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("kubectl hangs").unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    #[track_caller]
    fn ok(&self, arguments: &str, result: Result<String, String>) -> String {
        result.unwrap_or_else(|why| panic!("kubectl {arguments}: {why}"))
    }

    async fn expect(&self, arguments: &str, input: &str, expected: &str) {
        let printed = self.ok(arguments, self.run(arguments, input).await);
        let words = |text: &str| {
            text.lines()
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(words(&printed), words(expected), "kubectl {arguments}");
    }

    /// Waits until an object is as `holds` wants it.
    async fn until(&self, group: &str, plural: &str, name: &str, holds: impl Fn(&Value) -> bool) {
        let mut look = tokio::time::interval(Duration::from_millis(5));
        let wait = async {
            while !self
                .server
                .with_world(|world, _| world.object(group, plural, "default", name).is_some_and(|o| holds(o)))
            {
                look.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .unwrap_or_else(|_| panic!("{plural} {name} never got there"));
    }
}

fn deployment(image: &str) -> String {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [
                {"name": "app", "image": image, "env": [{"name": "A", "value": "1"}]},
                {"name": "side", "image": "side:1"},
            ]},
        }},
    })
    .to_string()
}

#[tokio::test]
async fn kubectl_applies_patches_scales_and_deletes() {
    let Some(kubectl) = Kubectl::start("kubectl_applies_patches_scales_and_deletes").await else { return };
    kubectl.expect("apply -f -", &deployment("web:1"), "deployment.apps/web created").await;
    kubectl.expect("apply -f -", &deployment("web:1"), "deployment.apps/web unchanged").await;
    kubectl.expect("apply -f -", &deployment("web:2"), "deployment.apps/web configured").await;
    kubectl
        .expect("get deploy web -o jsonpath={.spec.template.spec.containers[*].image}", "", "web:2 side:1")
        .await;
    kubectl
        .expect(
            "apply --server-side --force-conflicts -f -",
            &deployment("web:3"),
            "deployment.apps/web serverside-applied",
        )
        .await;
    kubectl.expect("set image deployment/web app=web:4", "", "deployment.apps/web image updated").await;
    kubectl.expect("scale deployment/web --replicas=3", "", "deployment.apps/web scaled").await;
    kubectl.expect("label deployment web tier=front", "", "deployment.apps/web labeled").await;
    kubectl.expect("annotate deployment web note=x", "", "deployment.apps/web annotated").await;
    kubectl.expect("patch deployment web --type=json -p [{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":1}]", "", "deployment.apps/web patched").await;
    kubectl
        .expect(
            "patch deployment web --type=merge -p {\"spec\":{\"paused\":true}}",
            "",
            "deployment.apps/web patched",
        )
        .await;
    kubectl.expect("patch deployment web -p {\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"side\",\"image\":\"side:2\"}]}}}}", "", "deployment.apps/web patched").await;
    kubectl
        .expect("get deploy web -o jsonpath={.spec.template.spec.containers[*].image}", "", "web:4 side:2")
        .await;
    kubectl.expect("get deploy web --no-headers -o custom-columns=R:.spec.replicas,P:.spec.paused,T:.metadata.labels.tier", "", "1 true front").await;
    let described = kubectl.ok("describe", kubectl.run("describe deployment web", "").await);
    assert!(described.contains("Selector:               app=web"), "{described}");
    kubectl
        .expect("delete deployment web", "", "deployment.apps \"web\" deleted from default namespace")
        .await;
    let gone = kubectl.run("get deployment web", "").await.unwrap_err();
    assert_eq!(gone, "Error from server (NotFound): deployments.apps \"web\" not found\n");
}

#[tokio::test]
async fn kubectl_creates_in_protobuf_and_json() {
    let Some(kubectl) = Kubectl::start("kubectl_creates_in_protobuf_and_json").await else { return };
    kubectl.expect("create configmap settings --from-literal=k=v", "", "configmap/settings created").await;
    kubectl.expect("create secret generic key --from-literal=k=v", "", "secret/key created").await;
    kubectl.expect("create namespace team", "", "namespace/team created").await;
    kubectl
        .expect("create deployment web --image=web:1 --replicas=2", "", "deployment.apps/web created")
        .await;
    kubectl.expect("expose deployment web --port=80", "", "service/web exposed").await;
    kubectl.expect("create serviceaccount robot", "", "serviceaccount/robot created").await;
    kubectl.expect("create job once --image=web:1", "", "job.batch/once created").await;
    kubectl.expect("get secret key -o jsonpath={.data.k}", "", "dg==").await;
    kubectl.expect("auth can-i create deployments", "", "yes").await;
    let shown = kubectl.ok("get", kubectl.run("get configmap settings -o yaml", "").await);
    assert!(shown.contains("data:\n  k: v\n"), "{shown}");
    let refused =
        kubectl.run("create -f -", &deployment("web:1").replace("replicas", "replica")).await.unwrap_err();
    assert!(refused.contains("strict decoding error: unknown field \"spec.replica\""), "{refused}");
}

#[tokio::test]
async fn kubectl_prints_tables() {
    let Some(kubectl) = Kubectl::start("kubectl_prints_tables").await else { return };
    kubectl.expect("apply -f -", &deployment("web:1"), "deployment.apps/web created").await;
    kubectl.until("apps", "deployments", "web", |web| web["status"]["replicas"] == 2).await;
    let wide = kubectl.ok("get", kubectl.run("get deployments -o wide --no-headers", "").await);
    let cells: Vec<&str> = wide.split_whitespace().collect();
    assert_eq!((cells[0], cells[1], cells[2], cells[3]), ("web", "0/2", "2", "0"), "{wide}");
    assert_eq!(cells[5..], ["app,side", "web:1,side:1", "app=web"], "{wide}");
    let pods = kubectl.ok("get", kubectl.run("get pods --selector app=web --no-headers", "").await);
    assert_eq!(pods.lines().count(), 2, "{pods}");
    assert!(pods.lines().all(|line| line.contains("0/2") && line.contains("Pending")), "{pods}");
    let all = kubectl.ok("get", kubectl.run("get all -o name", "").await);
    assert!(all.contains("deployment.apps/web") && all.contains("replicaset.apps/web-"), "{all}");
    let resources = kubectl.ok("api-resources", kubectl.run("api-resources", "").await);
    assert!(resources.contains("deployments"), "{resources}");
}

#[tokio::test]
async fn kubectl_watches_and_waits() {
    let Some(kubectl) = Kubectl::start("kubectl_watches_and_waits").await else { return };
    kubectl.expect("create configmap a --from-literal=k=1", "", "configmap/a created").await;
    let mut watch = kubectl.command(&kubectl.program, "get configmaps --watch --no-headers").spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next =
        async || tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("no line").unwrap().unwrap();
    assert!(next().await.starts_with("a "));
    kubectl
        .expect("create configmap b --from-literal=k=1 --from-literal=l=2", "", "configmap/b created")
        .await;
    let line = next().await;
    assert_eq!(line.split_whitespace().take(2).collect::<Vec<_>>(), ["b", "2"]);
    watch.kill().await.unwrap();
    let mut wait = kubectl
        .command(&kubectl.program, "wait configmap/a --for=jsonpath={.data.k}=2 --timeout=30s")
        .spawn()
        .unwrap();
    kubectl
        .expect("patch configmap a --type=merge -p {\"data\":{\"k\":\"2\"}}", "", "configmap/a patched")
        .await;
    assert!(tokio::time::timeout(PATIENCE, wait.wait()).await.unwrap().unwrap().success());
    let mut wait =
        kubectl.command(&kubectl.program, "wait configmap/b --for=delete --timeout=30s").spawn().unwrap();
    kubectl.expect("delete configmap b", "", "configmap \"b\" deleted from default namespace").await;
    assert!(tokio::time::timeout(PATIENCE, wait.wait()).await.unwrap().unwrap().success());
}

/// A rollout through its CustomResourceDefinition: apply, columns, scale, validation.
async fn rollouts(kubectl: &Kubectl, definition: &str) {
    let applied = kubectl.ok("apply", kubectl.run("apply --server-side -f -", definition).await);
    assert!(applied.contains("rollouts.argoproj.io serverside-applied"), "{applied}");
    kubectl
        .expect(
            "wait crd/rollouts.argoproj.io --for=condition=Established --timeout=30s",
            "",
            "customresourcedefinition.apiextensions.k8s.io/rollouts.argoproj.io condition met",
        )
        .await;
    let rollout =
        deployment("web:1").replace("apps/v1", "argoproj.io/v1alpha1").replace("Deployment", "Rollout");
    kubectl.expect("apply -f -", &rollout, "rollout.argoproj.io/web created").await;
    kubectl
        .expect("apply -f -", &rollout.replace("web:1", "web:2"), "rollout.argoproj.io/web configured")
        .await;
    kubectl.expect("scale rollout web --replicas=5", "", "rollout.argoproj.io/web scaled").await;
    let status = "patch ro web --subresource=status --type=merge -p {\"status\":{\"replicas\":5,\"updatedReplicas\":1,\"availableReplicas\":4}}";
    kubectl.expect(status, "", "rollout.argoproj.io/web patched").await;
    let printed = kubectl.ok("get", kubectl.run("get rollouts", "").await);
    let words: Vec<Vec<&str>> = printed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words[0], ["NAME", "DESIRED", "CURRENT", "UP-TO-DATE", "AVAILABLE", "AGE"]);
    assert_eq!(words[1][..5], ["web", "5", "5", "1", "4"]);
}

#[tokio::test]
async fn rollouts_work_under_their_public_definition() {
    let name = "rollouts_work_under_their_public_definition";
    let Some(kubectl) = Kubectl::start(name).await else { return };
    let Some(definition) = xtask::recorded(name, "crds/rollout-crd.yaml") else { return };
    rollouts(&kubectl, &std::fs::read_to_string(definition).unwrap()).await;
}

#[tokio::test]
async fn rollouts_work_under_our_definition() {
    let Some(kubectl) = Kubectl::start("rollouts_work_under_our_definition").await else { return };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/crds/rollouts.yaml");
    rollouts(&kubectl, &std::fs::read_to_string(path).unwrap()).await;
}

#[tokio::test]
async fn helm_installs_a_chart() {
    let name = "helm_installs_a_chart";
    let (Some(kubectl), Some(helm)) = (Kubectl::start(name).await, find(name, "helm")) else { return };
    let chart = kubectl.home.path().join("chart");
    std::fs::create_dir_all(chart.join("templates")).unwrap();
    std::fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: web\nversion: 1.0.0\n").unwrap();
    std::fs::write(chart.join("templates/web.yaml"), deployment("web:{{ .Values.tag }}")).unwrap();
    for (arguments, image) in [("install", "web:1"), ("upgrade", "web:2")] {
        let tag = image.trim_start_matches("web:");
        let arguments =
            format!("{arguments} release {} --set-string tag={tag} --timeout 30s", chart.display());
        let output = kubectl.command(&helm, &arguments).output().await.unwrap();
        assert!(output.status.success(), "helm {arguments}: {}", String::from_utf8_lossy(&output.stderr));
        kubectl
            .expect("get deploy web -o jsonpath={.spec.template.spec.containers[0].image}", "", image)
            .await;
    }
    let output = kubectl.command(&helm, "uninstall release --timeout 30s").output().await.unwrap();
    assert!(output.status.success(), "helm uninstall: {}", String::from_utf8_lossy(&output.stderr));
}

//! `retry experiment`, as a user types it, while a controller runs: processes and sockets are real.

use apiserver::Server;
use cli::{Env, Io, Paint, Target};
use kube::Client;
use serde_json::{Value, json};
use world::{PatchType, Request, Resource};

use crate::controller::{Running, command};
use crate::front::Front;
use crate::leading::{apply, server, until};

fn object(server: &Server, group: &str, plural: &str, name: &str) -> Value {
    let found = server.with_world(|world, _| world.object(group, plural, "default", name).cloned());
    found.map_or(Value::Null, |object| object.as_ref().clone())
}

/// An Experiment of one pod that is there for a second, and must be ready in one.
fn experiment(server: &Server) {
    let pods = json!({
        "metadata": {"labels": {"app": "trial"}},
        "spec": {"containers": [{"name": "main", "image": "trial:1"}]},
    });
    let only = json!({"name": "only", "selector": {"matchLabels": {"app": "trial"}}, "template": pods});
    let trial = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Experiment",
        "metadata": {"name": "trial", "namespace": "default"},
        "spec": {"templates": [only], "duration": "1s", "progressDeadlineSeconds": 1, "scaleDownDelaySeconds": 0},
    });
    apply(server, Resource::new("argoproj.io", "v1alpha1", "experiments", "default", "trial"), trial);
}

/// Makes every pod ready as soon as it is there.
async fn make_ready(server: Server) {
    let unready = || {
        server.with_world(|world, _| {
            let pods = world.objects("", "pods", "");
            let mut unready = pods.filter(|pod| pod["status"]["phase"] != "Running");
            unready.next().map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned())
        })
    };
    loop {
        let pod = server.until(|| std::future::ready(unready())).await;
        let ready = json!({"status": {"phase": "Running", "conditions": [
            {"type": "Ready", "status": "True", "lastTransitionTime": server.now().to_string()},
        ]}});
        let pod = Resource::new("", "v1", "pods", "default", &pod).subresource("status");
        let request = Request::patch(pod, PatchType::Merge, ready);
        server.with_world(|world, now| world.handle(&request, now)).unwrap();
    }
}

/// What the command line prints.
async fn user(server: &Server, words: &[&str]) -> String {
    let env = Env { paint: Paint::Plain, ..Env::of_process("kubectl-argo-rollouts") };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut io = Io { out: &mut out, err: &mut err };
    let target = Target::Given(Client::new(server.service(), "default"));
    let code = cli::run(words.to_vec(), &env, &mut io, target).await;
    assert_eq!(code, 0, "{}", String::from_utf8_lossy(&err));
    String::from_utf8(out).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_experiment_that_failed_runs_again_when_a_user_retries_it() {
    let server = server();
    let front = Front::of(&server).await;
    let _running = Running::spawn(command(front.kubeconfig.path(), &["--loglevel=error"]));
    experiment(&server);
    let phase = |phase: &'static str| {
        let server = server.clone();
        move || object(&server, "argoproj.io", "experiments", "trial")["status"]["phase"] == phase
    };
    until(&server, "no pod comes in time", phase("Failed")).await;
    let size = || object(&server, "apps", "replicasets", "trial-only")["spec"]["replicas"].clone();
    until(&server, "it is scaled down", || size() == 0).await;

    let ready = tokio::spawn(make_ready(server.clone()));
    let printed = user(&server, &["retry", "experiment", "trial", "--namespace", "default"]).await;
    assert_eq!(printed, "experiment 'trial' retried\n");
    until(&server, "it is scaled up again", || size() == 1).await;
    until(&server, "it has run", phase("Successful")).await;
    ready.abort();
}

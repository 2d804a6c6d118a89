//! One test's namespace, and what the test does there.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cli::{Env, Io, Paint, Target};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::log::Log;
use super::requests::{self, Patch, path};
use super::{DEMO, Entry, Kind, Process, Seen, Stand, deadline, image, is_ready, time};

/// Longest time for anything to happen, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(300);

/// A namespace of its own on the stand that all tests share.
pub(crate) struct Case<'s> {
    pub(crate) stand: &'s Stand,
    pub(crate) namespace: String,
    log: Arc<Log>,
    clocks: AtomicUsize,
}

impl<'s> Case<'s> {
    pub(crate) fn begin(stand: &'s Stand, test: &str) -> Self {
        let namespace = stand.namespace(test);
        let log = stand.logs.open(&namespace);
        let case = Self { stand, namespace, log, clocks: AtomicUsize::new(0) };
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": case.namespace}});
        case.wait(requests::create(&stand.client, "/api/v1/namespaces", &object)).unwrap();
        case
    }

    fn wait<T>(&self, request: impl Future<Output = T>) -> T {
        self.stand.runtime.block_on(request)
    }

    /// Creates an object.
    pub(crate) fn create(&self, kind: Kind, object: Value) -> Value {
        self.wait(requests::create(&self.stand.client, &kind.path(&self.namespace), &object)).unwrap()
    }

    /// Creates a Rollout and waits until it is healthy.
    pub(crate) fn deploy(&self, rollout: Value) -> Seen {
        let name = rollout["metadata"]["name"].as_str().unwrap().to_owned();
        self.create(Kind::ROLLOUT, rollout);
        self.until_healthy(&name)
    }

    /// An object as it is now.
    pub(crate) fn get(&self, kind: Kind, name: &str) -> Value {
        self.wait(requests::get(&self.stand.client, &path(kind, &self.namespace, name))).unwrap()
    }

    /// A JSON merge patch of an object, or of a part of it (`name/status`).
    pub(crate) fn merge(&self, kind: Kind, name: &str, patch: Value) -> Value {
        self.patch(kind, name, Patch::Merge, &patch).unwrap()
    }

    /// Any patch, and what the API server says to it.
    pub(crate) fn patch(&self, kind: Kind, name: &str, how: Patch, patch: &Value) -> kube::Result<Value> {
        self.wait(requests::patch(&self.stand.client, &path(kind, &self.namespace, name), how, patch))
    }

    /// A JSON patch of a Rollout.
    pub(crate) fn edit(&self, rollout: &str, patch: Value) -> Value {
        self.patch(Kind::ROLLOUT, rollout, Patch::Json, &patch).unwrap()
    }

    /// Another version in the spec of a Rollout, and nothing else.
    pub(crate) fn release(&self, rollout: &str, version: &str) {
        let path = "/spec/template/spec/containers/0/image";
        self.edit(rollout, json!([{"op": "replace", "path": path, "value": image(version)}]));
    }

    /// Another version whose pods carry annotations, for kwok to read.
    pub(crate) fn release_with(&self, rollout: &str, version: &str, annotations: Value) {
        self.edit(
            rollout,
            json!([
                {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image(version)},
                {"op": "add", "path": "/spec/template/metadata/annotations", "value": annotations},
            ]),
        );
    }

    pub(crate) fn delete(&self, kind: Kind, name: &str, propagation: &str) {
        let path = path(kind, &self.namespace, name);
        self.wait(requests::delete(&self.stand.client, &path, propagation)).unwrap();
    }

    /// Evicts a pod, as `kubectl drain` does; the refusal is the API server's.
    pub(crate) fn evict(&self, pod: &str) -> kube::Result<Value> {
        let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}});
        let path = format!("{}/eviction", path(Kind::POD, &self.namespace, pod));
        self.wait(requests::create(&self.stand.client, &path, &eviction))
    }

    /// Lets time pass on the cluster's clock: until a pod that takes so long is ready.
    pub(crate) fn let_pass(&self, time: &str) {
        let name = format!("clock-{}", self.clocks.fetch_add(1, Ordering::Relaxed));
        let clock = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "annotations": {"aviary.test/ready-after": time}},
            "spec": {"containers": [{"name": "clock", "image": "example.com/clock:1"}]},
        });
        self.create(Kind::POD, clock);
        self.until("the time has passed", |seen| is_ready(seen.get(Kind::POD, &name)));
        self.delete(Kind::POD, &name, "Background");
        self.until("the clock is gone", |seen| seen.get(Kind::POD, &name).is_null());
    }

    /// The time in so many seconds, as objects have it.
    pub(crate) fn in_seconds(&self, seconds: i64) -> String {
        let now = Timestamp::from_second(Timestamp::now().as_second() + seconds);
        now.unwrap().to_string()
    }

    /// Plays the kubelet of a pod whose probe fails from now on.
    pub(crate) fn lose_readiness(&self, pod: &str) {
        let status = json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}});
        self.patch(Kind::POD, &format!("{pod}/status"), Patch::Strategic, &status).unwrap();
    }

    /// One more node, played by kwok, unless it is there already.
    pub(crate) fn add_node(&self, name: &str) {
        let room = json!({"cpu": "1000", "memory": "1Ti", "pods": "10000"});
        let node = json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
            "status": {"allocatable": room, "capacity": room},
        });
        self.wait(requests::create(&self.stand.client, &Kind::NODE.path(""), &node)).unwrap();
    }

    /// A request of one's own: what the API server says to it.
    pub(crate) fn send(&self, method: Method, path: &str, body: &Value) -> kube::Result<Value> {
        self.wait(requests::send(&self.stand.client, method, path, "application/json", body))
    }

    /// The command line as a user types it after `kubectl argo rollouts`: what it prints.
    pub(crate) fn user(&self, words: &[&str]) -> String {
        let (code, out, err) = self.command(words);
        assert_eq!(code, 0, "{words:?}: {out}{err}");
        out
    }

    /// Exit code, output and errors of a command line.
    pub(crate) fn command(&self, words: &[&str]) -> (u8, String, String) {
        let env = Env {
            program: "kubectl-argo-rollouts".to_owned(),
            paint: Paint::Plain,
            ..Env::of_process("kubectl-argo-rollouts")
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut io = Io { out: &mut out, err: &mut err };
        let words = [words, &["--namespace", &self.namespace]].concat();
        let code = self.wait(cli::run(words, &env, &mut io, Target::Given(self.stand.client.clone())));
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    /// Waits until `holds` is true of everything that is there: first of what was told, then of what is read afresh,
    /// because what was written before may be told later.
    pub(crate) fn until(&self, what: &str, mut holds: impl FnMut(&Seen) -> bool) -> Seen {
        let end = Instant::now() + PATIENCE;
        let mut known = None;
        loop {
            known = self.log.until(end, known, &mut holds);
            let seen = self.now();
            if holds(&seen) {
                return seen;
            }
            assert!(known.is_some(), "in vain: {what}");
        }
    }

    /// Waits until `holds` is true of what was told, but not beyond `end`.
    pub(crate) fn until_or(&self, end: Instant, mut holds: impl FnMut(&Seen) -> bool) -> bool {
        self.log.until(end, None, &mut holds).is_some()
    }

    pub(crate) fn until_healthy(&self, rollout: &str) -> Seen {
        self.until(&format!("{rollout} is healthy"), |seen| seen.is_healthy(rollout))
    }

    /// Waits until the Rollout of most tests waits at a step.
    pub(crate) fn until_paused_at(&self, step: i64) -> Seen {
        self.until(&format!("it is paused at step {step}"), |seen| seen.is_paused_at(DEMO, step))
    }

    /// What is there now. Rollouts are read first: what was written before their status is seen with it.
    pub(crate) fn now(&self) -> Seen {
        let mut seen = Seen::default();
        for kind in self.log.kinds() {
            let list = self.wait(requests::get(&self.stand.client, &kind.path(&self.namespace))).unwrap();
            for object in list["items"].as_array().unwrap() {
                seen.put(kind, object.clone());
            }
        }
        seen
    }

    /// Every change so far.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.log.entries()
    }

    /// Shows every moment so far, each with the change that led to it.
    pub(crate) fn replay(&self, mut look: impl FnMut(&Seen, &Entry)) {
        let mut seen = Seen::default();
        for entry in self.entries() {
            seen.take(&entry);
            look(&seen, &entry);
        }
    }

    /// The first moment of which `holds` is true, and when it was told.
    pub(crate) fn first(&self, what: &str, mut holds: impl FnMut(&Seen) -> bool) -> (Seen, Timestamp) {
        let mut seen = Seen::default();
        for entry in self.entries() {
            seen.take(&entry);
            if holds(&seen) {
                return (seen, entry.at);
            }
        }
        panic!("never: {what}\n{seen}");
    }

    /// Asserts that the pods of a version stayed for so many seconds after a moment that the status tells.
    pub(crate) fn stayed(&self, version: &str, since: &Value, seconds: u64) {
        let written = |seen: &Seen| deadline(seen.set(DEMO, version)).is_string();
        let (seen, _) = self.first("the delay is written", written);
        let until = time(deadline(seen.set(DEMO, version)));
        assert!(until >= time(since) + Duration::from_secs(seconds), "from {since} to {until}");
        let mut begun = false;
        let (_, gone) = self.first("they are gone", |seen| {
            begun |= written(seen);
            begun && seen.size(DEMO, version) == 0
        });
        assert!(gone >= until, "they went at {gone}, before {until}");
    }

    /// A controller for this test alone, which looks after the objects with this instance id.
    pub(crate) fn controller(&self, instance: &str) -> Process {
        let id = format!("--instance-id={instance}");
        Process::start(&self.stand.plane.kubeconfig(), &format!("controller-{instance}"), &[&id])
    }
}

impl Drop for Case<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Past the harness, so that it stands where it happened.
            let _ = writeln!(std::io::stderr(), "{}: at the end:\n{}", self.namespace, self.now());
        }
        self.stand.logs.close(&self.namespace);
    }
}

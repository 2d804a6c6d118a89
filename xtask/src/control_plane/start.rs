//! Starts the control plane for one test and ends it with the test.

use super::leash::Leashed;
use super::pki::{Pki, USERS};
use super::{PROGRAMS, directory};
use crate::Failure;
use serde_json::json;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// The longest that any part may take to become ready, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(120);
/// A port is chosen before the program takes it; another process may be quicker.
const ATTEMPTS: u32 = 3;
const NODE: &str = "aviary-node";
const REPAIR: &str = "run `cargo xtask control-plane`; if it persists, read the log printed above";

/// How much of a cluster to start; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// etcd and kube-apiserver: objects are stored, and nothing acts on them.
    Api,
    /// With kube-controller-manager: ReplicaSets make Pods, Jobs run, garbage is collected.
    Controllers,
    /// With kube-scheduler and one kwok node: Pods are bound, become ready, end when deleted.
    Pods,
}

/// What is to be different from a plain control plane.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// The API server writes a line of JSON for each request of the kubeconfig's context `controller`.
    pub audit: bool,
    /// Requests a second that kube-controller-manager and kube-scheduler allow themselves, instead of their defaults;
    /// autoscalers look every second then.
    pub pace: Option<u32>,
}

/// The programs, found complete.
#[derive(Debug, Clone)]
pub struct Programs {
    directory: PathBuf,
}

impl Programs {
    /// The programs, when all of them are where [`directory`] says.
    pub fn find() -> Option<Self> {
        let directory = directory();
        PROGRAMS.iter().all(|program| directory.join(program.name).is_file()).then_some(Self { directory })
    }

    /// The path of one program by its name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// A running control plane; dropping it ends its processes and removes its files.
#[derive(Debug)]
pub struct ControlPlane {
    programs: Programs,
    // Ended in this order: those that watch before the one that is watched.
    processes: Vec<(&'static str, Leashed)>,
    url: String,
    extras: Extras,
    pki: Pki,
    home: tempfile::TempDir,
}

impl ControlPlane {
    /// The programs, or `None` after saying visibly that `test` is skipped.
    ///
    /// # Panics
    /// With `CI=true`, where a skipped test would pass for a green one.
    pub fn available(test: &str) -> Option<Programs> {
        let found = Programs::find();
        if found.is_none() {
            assert!(
                !crate::shell::in_ci(),
                "{test} needs the control plane: run `cargo xtask control-plane`"
            );
            // Written past the test harness, which hides what passing tests print.
            let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: run cargo xtask control-plane");
        }
        found
    }

    /// A control plane for `test` with `manifests` applied before any controller starts (the garbage
    /// collector must learn of custom resources, and looks only every 30 s), or `None` when skipped.
    ///
    /// # Panics
    /// When the programs are there but the control plane does not become ready.
    pub fn for_test(test: &str, level: Level, manifests: &[PathBuf]) -> Option<Self> {
        let programs = Self::available(test)?;
        match Self::start(&programs, level, manifests) {
            Ok(plane) => Some(plane),
            Err(failure) => panic!("{test}: {failure}"),
        }
    }

    /// Starts everything of `level` and returns when all of it is ready.
    pub fn start(programs: &Programs, level: Level, manifests: &[PathBuf]) -> Result<Self, Failure> {
        Self::start_with(programs, level, manifests, &Extras::default())
    }

    /// The same, with something different.
    pub fn start_with(
        programs: &Programs,
        level: Level,
        manifests: &[PathBuf],
        extras: &Extras,
    ) -> Result<Self, Failure> {
        let mut plane = Self::api(programs, extras)?;
        for manifest in manifests {
            plane.kubectl(&["apply", "--server-side", "-f", &manifest.display().to_string()])?;
        }
        if level >= Level::Controllers {
            plane.controllers()?;
        }
        if level >= Level::Pods {
            plane.nodes()?;
        }
        Ok(plane)
    }

    /// A kubeconfig of an administrator, with absolute paths to certificate files. Its context `controller` is somebody
    /// with the same rights and another name.
    pub fn kubeconfig(&self) -> PathBuf {
        self.home.path().join("kubeconfig")
    }

    /// Where the requests of `controller` are written down, with [`Extras::audit`].
    pub fn audit_log(&self) -> PathBuf {
        self.home.path().join("audit.log")
    }

    /// The address of the API server, `https://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The authority that signed the server's certificate, as PEM.
    pub fn authority(&self) -> PathBuf {
        self.pki.path("ca.crt").into()
    }

    /// Runs kubectl as the administrator and returns what it printed.
    pub fn kubectl(&self, args: &[&str]) -> Result<String, Failure> {
        crate::shell::output(&mut self.kubectl_command(args), "read kubectl's message")
    }

    /// kubectl as the administrator, for a test that needs its input or its exit code.
    pub fn kubectl_command(&self, args: &[&str]) -> Command {
        let mut kubectl = Command::new(self.programs.path("kubectl"));
        kubectl.args(args).env("KUBECONFIG", self.kubeconfig()).env("HOME", self.home.path());
        kubectl
    }

    /// Ends one program by name, as a crash would; `true` when it was running.
    pub fn kill(&mut self, program: &str) -> bool {
        let before = self.processes.len();
        self.processes.retain(|(name, _)| *name != program);
        before != self.processes.len()
    }

    /// Has one program stand still, by name; [`ControlPlane::thaw`] lets it go on.
    pub fn freeze(&self, program: &str) -> Result<(), Failure> {
        self.signal(program, "STOP")
    }

    /// Lets a program go on that stands still.
    pub fn thaw(&self, program: &str) -> Result<(), Failure> {
        self.signal(program, "CONT")
    }

    fn signal(&self, program: &str, signal: &str) -> Result<(), Failure> {
        let found = self.processes.iter().find(|(name, _)| *name == program);
        let Some((_, process)) = found else {
            return Err(Failure::new(format!("{program} does not run"), "start a level that has it"));
        };
        let refused = |error| Failure::new(format!("cannot signal {program}: {error}"), REPAIR);
        process.signal(signal).map_err(refused)
    }

    fn api(programs: &Programs, extras: &Extras) -> Result<Self, Failure> {
        let mut last = Failure::new("the API server was not started", REPAIR);
        for _ in 0..ATTEMPTS {
            let mut plane = Self::prepare(programs, extras)?;
            match plane.start_api() {
                Ok(()) => return Ok(plane),
                Err(failure) => last = failure,
            }
        }
        Err(last)
    }

    fn prepare(programs: &Programs, extras: &Extras) -> Result<Self, Failure> {
        let internal =
            |error: &dyn std::fmt::Display| Failure::new(format!("cannot prepare: {error}"), REPAIR);
        let home =
            tempfile::Builder::new().prefix("aviary-control-plane-").tempdir().map_err(|e| internal(&e))?;
        let pki = Pki::create(&home.path().join("pki")).map_err(|e| internal(&e))?;
        let port = free_port().map_err(|e| internal(&e))?;
        let url = format!("https://127.0.0.1:{port}");
        let (programs, extras) = (programs.clone(), extras.clone());
        let plane = Self { programs, processes: Vec::new(), url, extras, pki, home };
        std::fs::write(plane.kubeconfig(), plane.kubeconfig_text()).map_err(|e| internal(&e))?;
        std::fs::write(plane.audit_policy(), audit_policy_text()).map_err(|e| internal(&e))?;
        Ok(plane)
    }

    fn start_api(&mut self) -> Result<(), Failure> {
        let port = free_port().map_err(|error| Failure::new(format!("no free port: {error}"), REPAIR))?;
        let etcd = format!("http://127.0.0.1:{port}");
        self.spawn("etcd", &flags::etcd(&self.home.path().join("etcd"), &etcd))?;
        let (policy, log) = (self.audit_policy(), self.audit_log());
        let audit = self.extras.audit.then_some((policy.as_path(), log.as_path()));
        self.spawn("kube-apiserver", &flags::api_server(&self.pki, &etcd, &self.url, audit))?;
        self.until("kube-apiserver is ready", |plane| plane.kubectl(&["get", "--raw", "/readyz"]).is_ok())
    }

    fn controllers(&mut self) -> Result<(), Failure> {
        let args = flags::controller_manager(&self.pki, &self.kubeconfig(), self.extras.pace);
        self.spawn("kube-controller-manager", &args)?;
        self.until("the default service account exists", |plane| {
            plane.kubectl(&["get", "serviceaccount", "default", "--namespace=default"]).is_ok()
        })
    }

    fn nodes(&mut self) -> Result<(), Failure> {
        self.spawn("kube-scheduler", &flags::scheduler(&self.kubeconfig(), self.extras.pace))?;
        self.spawn("kwok", &flags::kwok(&self.kubeconfig()))?;
        let node = self.home.path().join("node.json");
        std::fs::write(&node, node_text())
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", node.display()), REPAIR))?;
        self.kubectl(&["apply", "-f", &node.display().to_string()])?;
        self.until("the node is ready", |plane| {
            let path = "-o=jsonpath={.status.conditions[?(@.type=='Ready')].status}";
            plane.kubectl(&["get", "node", NODE, path]).is_ok_and(|ready| ready == "True")
        })
    }

    fn spawn(&mut self, name: &'static str, args: &[String]) -> Result<(), Failure> {
        let log = self.home.path().join(format!("{name}.log"));
        let started = Leashed::start(&self.programs.path(name), args, log)
            .map_err(|error| Failure::new(format!("{name} did not start: {error}"), REPAIR))?;
        self.processes.insert(0, (name, started));
        Ok(())
    }

    /// Asks until the answer is yes, a process has ended, or patience has.
    fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            if let Some(end) =
                self.processes.iter_mut().find_map(|(name, p)| Some(format!("{name} {}", p.ended()?)))
            {
                return Err(Failure::new(end, REPAIR));
            }
            if Instant::now() > deadline {
                let logs: Vec<String> =
                    self.processes.iter().map(|(name, p)| format!("{name}:\n{}", p.tail())).collect();
                return Err(Failure::new(
                    format!("not within {PATIENCE:?}: {what}\n{}", logs.join("\n")),
                    REPAIR,
                ));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn audit_policy(&self) -> PathBuf {
        self.home.path().join("audit-policy.json")
    }

    /// JSON is YAML: every client reads this.
    fn kubeconfig_text(&self) -> String {
        let user = |name: &&str| {
            json!({"name": name, "user": {
                "client-certificate": self.pki.path(&format!("{name}.crt")),
                "client-key": self.pki.path(&format!("{name}.key")),
            }})
        };
        let context =
            |name: &str, user: &str| json!({"name": name, "context": {"cluster": "test", "user": user}});
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": self.url,
                "certificate-authority": self.pki.path("ca.crt"),
            }}],
            "users": USERS.iter().map(user).collect::<Vec<_>>(),
            "contexts": [context("test", "admin"), context("controller", "controller")],
        })
        .to_string()
    }
}

/// Who asked for what, once a request is answered: bodies are left out.
fn audit_policy_text() -> String {
    json!({
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [{"level": "Metadata", "users": ["controller"]}, {"level": "None"}],
    })
    .to_string()
}

/// A port that was free a moment ago.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn node_text() -> String {
    let room = json!({"cpu": "1000", "memory": "1Ti", "pods": "10000"});
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": NODE,
            "labels": {"type": "kwok", "kubernetes.io/hostname": NODE},
            "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "status": {"allocatable": room, "capacity": room},
    })
    .to_string()
}

mod flags;

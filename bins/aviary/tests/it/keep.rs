//! Regions that are kept: the real kubectl and our own commands work on them as on a cluster.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::MutexGuard;
use xtask::control_plane::ControlPlane;

use crate::demo;

const PATIENCE: Duration = Duration::from_secs(60);
const ROLLOUT: &str = "openclaw-rating-api";

/// Regions that go on, and the kubeconfigs that were printed.
pub(crate) struct Kept {
    child: Child,
    pub(crate) kubeconfigs: Vec<PathBuf>,
    /// Where each region's gateway listens.
    pub(crate) gateways: Vec<String>,
    pub(crate) kubectl: PathBuf,
    _rest: Lines<BufReader<ChildStdout>>,
    _machine: MutexGuard<'static, ()>,
}

impl Kept {
    pub(crate) async fn start(test: &str) -> Option<Self> {
        let kubectl = ControlPlane::available(test)?.path("kubectl");
        let machine = demo::machine().await;
        let mut child = demo::command("--release none --keep").spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut kubeconfigs, mut gateways) = (Vec::new(), Vec::new());
        let reading = async {
            while gateways.len() < 2 {
                let line = lines.next_line().await.unwrap().expect("the demo ended");
                let path = line.trim().strip_prefix("export KUBECONFIG=");
                kubeconfigs.extend(path.map(|rest| PathBuf::from(rest.split(' ').next().unwrap())));
                let gateway =
                    line.trim().strip_prefix("curl -H").and_then(|rest| rest.split("http://").nth(1));
                gateways.extend(gateway.map(|rest| rest.split('/').next().unwrap().to_owned()));
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("no kubeconfig is printed");
        Some(Self { child, kubeconfigs, gateways, kubectl, _rest: lines, _machine: machine })
    }

    fn command(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).env("KUBECONFIG", &self.kubeconfigs[0]).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Exit code and output of a program in the first region.
    async fn run(&self, program: &Path, line: &str) -> (i32, String) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let output = self.command(program, &words).output();
        let output = tokio::time::timeout(PATIENCE, output).await.unwrap_or_else(|_| panic!("{line} hangs"));
        let output = output.unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }

    async fn kubectl(&self, line: &str) -> String {
        let (exit, text) = self.run(&self.kubectl.clone(), line).await;
        assert_eq!(exit, 0, "kubectl {line}: {text}");
        text
    }

    pub(crate) async fn aviary(&self, line: &str) -> (i32, String) {
        self.run(Path::new(env!("CARGO_BIN_EXE_aviary")), line).await
    }
}

#[tokio::test]
async fn kubectl_and_our_own_commands_work_on_the_regions_that_are_kept() {
    let name = "kubectl_and_our_own_commands_work_on_the_regions_that_are_kept";
    let Some(mut kept) = Kept::start(name).await else { return };
    let rollouts = kept.kubectl("get rollouts -A").await;
    let words: Vec<&str> = rollouts.split_whitespace().collect();
    assert_eq!(words[..7], ["NAMESPACE", "NAME", "DESIRED", "CURRENT", "UP-TO-DATE", "AVAILABLE", "AGE"]);
    assert_eq!(words[7..13], ["openclaw", ROLLOUT, "4", "4", "4", "4"]);
    kept.kubectl(&format!(
        "wait rollout/{ROLLOUT} -n openclaw --for=jsonpath={{.status.phase}}=Healthy --timeout=30s"
    ))
    .await;
    let described = kept.kubectl(&format!("describe rollout {ROLLOUT} -n openclaw")).await;
    for part in ["Kind:         Rollout", "Set Weight:  10", "RolloutCompleted", "rollouts-controller"] {
        assert!(described.contains(part), "{part} is not in\n{described}");
    }

    let watch = ["get", "pods", "-n", "openclaw", "--watch", "--no-headers"];
    let mut watching = kept.command(&kept.kubectl, &watch).spawn().unwrap();
    let mut seen = BufReader::new(watching.stdout.take().unwrap()).lines();
    for _ in 0..4 {
        let pod = seen.next_line().await.unwrap().unwrap();
        assert!(pod.starts_with(ROLLOUT) && pod.contains("Running"), "{pod}");
    }
    let (exit, said) =
        kept.aviary(&format!("set image {ROLLOUT} *=openclaw/rating-api:1.6.0 -n openclaw")).await;
    assert_eq!((exit, said.as_str()), (0, "rollout \"openclaw-rating-api\" image updated\n"));
    let new = tokio::time::timeout(PATIENCE, seen.next_line()).await.expect("no new pod").unwrap().unwrap();
    assert!(new.contains("0/2") && new.contains("Pending"), "{new}");
    drop(watching);

    // A bad version that was asked for by hand is brought back like any other.
    let (exit, said) = kept.aviary(&format!("status {ROLLOUT} -n openclaw --timeout 60s")).await;
    assert!(exit == 1 && said.contains("Degraded - RolloutAborted"), "{exit} {said}");
    let (exit, tree) = kept.aviary(&format!("get rollout {ROLLOUT} -n openclaw --no-color")).await;
    assert_eq!(exit, 0);
    for part in ["✖ Degraded", "openclaw/rating-api:1.4.0 (stable)", "AnalysisRun", "✖ Failed"] {
        assert!(tree.contains(part), "{part} is not in\n{tree}");
    }
    let (exit, said) = kept.aviary(&format!("undo {ROLLOUT} -n openclaw")).await;
    assert!(exit == 0 && said.contains("undo"), "{exit} {said}");
    let (exit, said) = kept.aviary(&format!("status {ROLLOUT} -n openclaw --timeout 60s")).await;
    assert_eq!((exit, said.lines().last()), (0, Some("Healthy")));

    objects_come_and_go(&kept).await;
    end(&mut kept).await;
}

async fn objects_come_and_go(kept: &Kept) {
    let file = kept.kubeconfigs[0].with_file_name("config-map.yaml");
    let manifest =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note, namespace: openclaw}\ndata: {a: b}\n";
    std::fs::write(&file, manifest).unwrap();
    let path = file.display().to_string();
    assert_eq!(kept.kubectl(&format!("apply -f {path}")).await, "configmap/note created\n");
    assert_eq!(kept.kubectl(&format!("apply -f {path}")).await, "configmap/note unchanged\n");
    kept.kubectl(&format!("delete -f {path}")).await;
    kept.kubectl("delete namespace openclaw --timeout=60s").await;
    let rollouts = kept.kubectl("get rollouts -A").await;
    assert!(rollouts.contains("No resources found"), "{rollouts}");
}

/// A signal ends the demo in good order, with its files.
pub(crate) async fn end(kept: &mut Kept) {
    let pid = kept.child.id().unwrap().to_string();
    assert!(Command::new("kill").arg(&pid).status().await.unwrap().success());
    let ended = tokio::time::timeout(PATIENCE, kept.child.wait()).await.expect("the demo does not end");
    assert_eq!(ended.unwrap().code(), Some(0));
    assert!(kept.kubeconfigs.iter().all(|file| !file.exists()));
}

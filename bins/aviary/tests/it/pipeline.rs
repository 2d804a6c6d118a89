//! The worked example's pipeline: every `run:` block of its workflow, executed against two local regions.
//!
//! kubectl, its plugin and what they reach are real. What a local machine does not have is recorded: `aws` hands out the
//! region's kubeconfig, `helm` changes the image as the chart would, and the installer's `curl`, `sha256sum` and `sudo` do
//! nothing.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;
use tokio::process::Command;

use crate::demo::ATTEMPTS;
use crate::keep::{Kept, end};

/// A release of the demo takes half a minute.
const PATIENCE: Duration = Duration::from_secs(150);
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// What stands for the programs of the cloud. Each notes how it was called.
const RECORDERS: &[(&str, &str)] = &[
    ("aws", "region=; while [ $# -gt 0 ]; do [ \"$1\" = --region ] && region=$2; shift; done; cp \"$CLUSTERS/$region.yaml\" \"$KUBECONFIG\""),
    (
        "helm",
        "case $1 in
           upgrade) for word; do case $word in image.tag=*) tag=${word#image.tag=};; esac; done ;;
           rollback) tag=1.4.0 ;;
         esac
         kubectl argo rollouts set image openclaw-rating-api \"*=openclaw/rating-api:$tag\" --namespace openclaw",
    ),
    ("curl", "touch kubectl-argo-rollouts"),
    ("sha256sum", "cat >/dev/null"),
    ("sudo", ":"),
    ("sleep", "exec /bin/sleep 0.2"),
];

/// The machine of a job: one directory for programs, one to work in.
struct Runner {
    directory: tempfile::TempDir,
    workflow: Value,
}

impl Runner {
    fn new(kept: &Kept) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["bin", "clusters", "work/fixtures/openclaw"] {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        for (name, script) in RECORDERS {
            let text = format!("#!/bin/sh\necho \"{name} $*\" >>\"$CALLS\"\n{script}\n");
            std::fs::write(at("bin").join(name), text).unwrap();
            let executable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(at("bin").join(name), executable).unwrap();
        }
        let link = |from: &Path, name: &str| std::os::unix::fs::symlink(from, at("bin").join(name)).unwrap();
        link(&kept.kubectl, "kubectl");
        link(Path::new(env!("CARGO_BIN_EXE_aviary")), "kubectl-argo-rollouts");
        for (region, file) in REGIONS.iter().zip(&kept.kubeconfigs) {
            std::fs::copy(file, at("clusters").join(format!("{region}.yaml"))).unwrap();
        }
        let openclaw = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/openclaw");
        let mut regions = std::fs::read_to_string(openclaw.join("regions.yaml")).unwrap();
        for (host, gateway) in ["us-east", "eu-west"].iter().zip(&kept.gateways) {
            let public = format!("https://api-{host}.openclaw.example.com");
            assert!(regions.contains(&public), "{regions}");
            regions = regions.replace(&public, &format!("http://{gateway}"));
        }
        // Locally the region is told by its address, and the route by the host.
        regions.push_str("  headers: {host: api.openclaw.example.com}\n");
        std::fs::write(at("work/fixtures/openclaw/regions.yaml"), regions).unwrap();
        let text = std::fs::read_to_string(openclaw.join(".github/workflows/release.yml")).unwrap();
        Self { directory, workflow: crd::yaml::from_str(&text).unwrap() }
    }

    /// Runs a job in every region of its matrix at the same time; whether each went well.
    async fn job(&self, name: &str, tag: &str) -> Vec<(bool, String)> {
        join_all(REGIONS.map(|region| self.steps(name, region, tag))).await
    }

    /// The `run:` blocks of a job, one after the other, until one fails.
    async fn steps(&self, job: &str, region: &str, tag: &str) -> (bool, String) {
        let steps = self.workflow["jobs"][job]["steps"].as_array().unwrap_or_else(|| panic!("no job {job}"));
        let mut said = String::new();
        for step in steps.iter().filter(|step| step.get("run").is_some()) {
            let output = self.step(step, region, tag).await;
            said.push_str(&String::from_utf8_lossy(&output.stdout));
            said.push_str(&String::from_utf8_lossy(&output.stderr));
            if !output.status.success() {
                return (false, said);
            }
        }
        (true, said)
    }

    async fn step(&self, step: &Value, region: &str, tag: &str) -> Output {
        let at = |name: &str| self.directory.path().join(name);
        let expressions = BTreeMap::from([
            ("matrix.region", region),
            ("github.sha", tag),
            ("github.actor", "somebody"),
            ("needs.build.outputs.repository", "openclaw/rating-api"),
            ("needs.build.outputs.digest", "sha256:0000"),
            ("vars.AVIARY_SHA256", "0000"),
        ]);
        let evaluated = |text: &str| {
            let inner = text.strip_prefix("${{ ").and_then(|text| text.strip_suffix(" }}"));
            inner.map_or(text.to_owned(), |inner| {
                (*expressions.get(inner).unwrap_or_else(|| panic!("{inner} is not known here"))).to_owned()
            })
        };
        // As the hosted runner does it.
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()]);
        let path = format!("{}:{}", at("bin").display(), std::env::var("PATH").unwrap_or_default());
        command
            .env("PATH", path)
            .env("CLUSTERS", at("clusters"))
            .env("CALLS", at(&format!("calls-{region}")));
        command.env("KUBECONFIG", at(&format!("kubeconfig-{region}"))).env("GITHUB_SHA", tag);
        command.env("GITHUB_STEP_SUMMARY", at(&format!("summary-{region}"))).env("VERIFY_INTERVAL", "0");
        for environment in [&self.workflow["env"], &step["env"]] {
            for (name, value) in environment.as_object().into_iter().flatten() {
                command.env(name, evaluated(value.as_str().unwrap()));
            }
        }
        command.current_dir(at("work")).stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        output.unwrap_or_else(|_| panic!("a step of {region} hangs: {step:#}")).unwrap()
    }

    fn calls(&self, region: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(format!("calls-{region}"))).unwrap()
    }

    /// The trail that the audit keeps for a region.
    fn trail(&self, region: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(format!("summary-{region}"))).unwrap()
    }
}

fn all_well(results: &[(bool, String)]) {
    for ((well, said), region) in results.iter().zip(REGIONS) {
        assert!(*well, "in {region}:\n{said}");
    }
}

/// Whether a release was given up because this machine is too busy: nothing but its latency was judged, and 1.5.0 has
/// none.
fn was_only_slow(results: &[(bool, String)]) -> bool {
    let said: String = results.iter().map(|(_, said)| said.as_str()).collect();
    said.contains("Metric \"p95-latency\" assessed Failed")
        && !said.contains("Metric \"error-rate\" assessed Failed")
}

/// The real actionlint, as CI provides it.
#[tokio::test]
async fn actionlint_finds_nothing_in_the_pipeline() {
    let directory = xtask::control_plane::directory();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::iter::once(directory).chain(std::env::split_paths(&path));
    let Some(program) = places.find(|place| place.join("actionlint").is_file()) else {
        assert!(
            std::env::var_os("CI").is_none(),
            "actionlint is absent: run `cargo xtask control-plane --helm`"
        );
        let _ = writeln!(std::io::stderr(), "SKIPPED: actionlint: run cargo xtask control-plane --helm");
        return;
    };
    let workflow =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/openclaw/.github/workflows/release.yml");
    let check = |text: String| {
        let program = program.join("actionlint");
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("release.yml");
        std::fs::write(&file, text).unwrap();
        async move {
            // What is on this machine besides must not decide.
            let words = ["-no-color", "-shellcheck=", "-pyflakes="];
            let output = Command::new(program).args(words).arg(&file).output().await.unwrap();
            drop(directory);
            String::from_utf8(output.stdout).unwrap()
        }
    };
    let text = std::fs::read_to_string(workflow).unwrap();
    assert_eq!(check(text.clone()).await, "");
    let broken = check(text.replace("needs.build.outputs.digest", "needs.build.outputs.diggest")).await;
    assert!(broken.contains("property \"diggest\" is not defined"), "{broken}");
}

#[tokio::test]
async fn a_good_release_passes_the_pipeline_and_a_bad_one_is_brought_back_by_it() {
    let name = "a_good_release_passes_the_pipeline_and_a_bad_one_is_brought_back_by_it";
    let Some(mut kept) = Kept::start(name).await else { return };
    let runner = Runner::new(&kept);
    bad(&runner).await;
    good(&runner).await;
    side_by_side(&kept).await;
    end(&mut kept).await;
}

/// Both regions in one table, by what each says of itself.
async fn side_by_side(kept: &Kept) {
    let peer = format!("eu-west-1={}", kept.kubeconfigs[1].display());
    let (exit, said) =
        kept.aviary(&format!("get release rating-api -n openclaw --peer {peer} --watch")).await;
    let rows: Vec<Vec<&str>> = said.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(exit, 0, "{said}");
    for region in REGIONS {
        let row = rows.iter().find(|row| row.first() == Some(&region)).unwrap_or_else(|| panic!("{said}"));
        assert_eq!(row[1..6], ["Promoted", "14", "100", "%", "yes"], "{said}");
        assert_eq!(row.last(), Some(&"openclaw/rating-api:1.5.0"), "{said}");
    }
    let (exit, said) = kept.aviary("get release nothing -n openclaw").await;
    assert!(exit == 1 && said.contains("no region knows of a release group \"nothing\""), "{said}");
    let (exit, said) = kept.aviary("get release rating-api -n openclaw --peer eu-west-1").await;
    assert_eq!(
        (exit, said.as_str()),
        (1, "Error: --peer \"eu-west-1\" is not of the form REGION=KUBECONFIG\n")
    );
}

/// 1.6.0 fails one request in eight.
async fn bad(runner: &Runner) {
    all_well(&runner.job("deploy", "1.6.0").await);
    let verified = runner.job("verify", "1.6.0").await;
    for (well, said) in &verified {
        assert!(
            !well && said.contains("::error::the release was given up: The rollout is in a degraded state"),
            "{said}"
        );
        assert!(said.contains("step 0: ") && said.contains("Passed: 2 of 2 regions pass"), "{said}");
    }
    all_well(&runner.job("rollback", "1.6.0").await);
    all_well(&runner.job("audit", "1.6.0").await);
    all_well(&runner.job("restore", "1.6.0").await);
    for region in REGIONS {
        let calls = runner.calls(region);
        assert!(
            calls.contains("helm upgrade openclaw-rating-api fixtures/openclaw/chart --install"),
            "{calls}"
        );
        assert!(calls.contains("--set image.digest=sha256:0000 --set image.tag=1.6.0"), "{calls}");
        assert!(calls.contains("helm rollback openclaw-rating-api --namespace openclaw"), "{calls}");
        let trail = runner.trail(region);
        for part in ["Asked for by somebody: 1.6.0", "RolloutAborted", "assessed Failed"] {
            assert!(trail.contains(part), "{part} is not in\n{trail}");
        }
    }
}

/// 1.5.0 has no faults.
async fn good(runner: &Runner) {
    let mut rolled_back = 1;
    let verified = loop {
        all_well(&runner.job("deploy", "1.5.0").await);
        let verified = runner.job("verify", "1.5.0").await;
        if rolled_back == ATTEMPTS || !was_only_slow(&verified) {
            break verified;
        }
        for job in ["rollback", "restore"] {
            all_well(&runner.job(job, "1.5.0").await);
        }
        rolled_back += 1;
    };
    all_well(&verified);
    for (_, said) in &verified {
        // Once after every step that was seen, and never badly.
        assert!(said.matches("Passed: 2 of 2 regions pass").count() >= 4, "{said}");
        assert!(said.contains("step 13: Healthy"), "{said}");
    }
    all_well(&runner.job("audit", "1.5.0").await);
    for region in REGIONS {
        let trail = runner.trail(region);
        for part in ["Asked for by somebody: 1.5.0", "RolloutCompleted", "Completed all 13 canary steps"] {
            assert!(trail.contains(part), "{part} is not in\n{trail}");
        }
        assert_eq!(
            runner.calls(region).matches("helm rollback").count(),
            rolled_back,
            "the good release is not rolled back"
        );
    }
}

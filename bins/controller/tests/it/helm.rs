//! The real Helm, as CI provides it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// A Helm that was built as a Go program takes the cluster for a very old one.
pub(crate) const TEMPLATE: [&str; 3] = ["template", "--kube-version", "1.34.1"];

/// The repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Helm, or a line that says that this was skipped, which CI forbids.
pub(crate) struct Helm {
    program: PathBuf,
    /// Plugins and caches of whoever runs the test are not this test's.
    home: tempfile::TempDir,
}

impl Helm {
    pub(crate) fn find(test: &str) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let directories =
            std::iter::once(xtask::control_plane::directory()).chain(std::env::split_paths(&path));
        let program = directories.map(|directory| directory.join("helm")).find(|program| program.is_file());
        if program.is_none() {
            assert!(
                std::env::var_os("CI").is_none(),
                "{test} needs helm: run `cargo xtask control-plane --helm`"
            );
            let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: run cargo xtask control-plane --helm");
        }
        Some(Self { program: program?, home: tempfile::tempdir().unwrap() })
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.args(words).current_dir(root()).env_clear().env("HOME", self.home.path());
        command.output().unwrap()
    }

    pub(crate) fn ok(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "helm {}: {error}", words.join(" "));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What the OpenClaw chart renders with these words more.
    pub(crate) fn openclaw(&self, more: &[&str]) -> Vec<Value> {
        let words =
            [&TEMPLATE[..], &["openclaw-rating-api", "fixtures/openclaw/chart", "--namespace", "openclaw"]]
                .concat();
        crd::yaml::from_documents(&self.ok(&[&words[..], more].concat())).unwrap()
    }

    pub(crate) fn refusal(&self, more: &[&str]) -> String {
        let output = self.run(&[&TEMPLATE[..], &["x", "fixtures/openclaw/chart"], more].concat());
        assert!(!output.status.success(), "{more:?} was accepted");
        String::from_utf8(output.stderr).unwrap()
    }
}

//! A controller as a process, whose life is in the tests' hands.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What every controller of the tests is started with, unless the test says otherwise.
const DEFAULTS: [&str; 5] = [
    "--leader-elect=false",
    "--metricsPort=0",
    "--healthzPort=0",
    "--loglevel=warn",
    // The metric systems of the tests are here.
    "--metric-egress-allow=127.0.0.1",
];

/// A controller that runs, and is killed at the end.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts the binary with these words more, its log beside the kubeconfig.
    pub(crate) fn start(kubeconfig: &Path, name: &str, words: &[&str]) -> Self {
        Self::within(kubeconfig, name, words, &[])
    }

    /// Starts the binary with variables of the environment.
    pub(crate) fn within(kubeconfig: &Path, name: &str, words: &[&str], variables: &[(&str, &str)]) -> Self {
        let log = kubeconfig.with_file_name(format!("{name}.log"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_aviary-controller"));
        command.arg("--kubeconfig").arg(kubeconfig);
        let flag = |word: &'static str| word.split('=').next().unwrap_or(word);
        command.args(DEFAULTS.into_iter().filter(|it| !words.iter().any(|word| word.starts_with(flag(it)))));
        command.args(words).env_remove("KUBECONFIG").envs(variables.iter().copied());
        let said = File::options().create(true).append(true).open(&log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn().unwrap();
        Self { child, log }
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// `kill`, and waits until it has ended in good order.
    pub(crate) fn stop(mut self) {
        self.signal("TERM");
        assert!(self.child.wait().unwrap().success());
    }

    /// Freezes it where it stands.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let command = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success(), "{command}");
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// What is wrong with it: it has ended, or a pass panicked.
    pub(crate) fn complaint(&mut self) -> Option<String> {
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        let ended = self.has_ended().then(|| "the controller has ended".to_owned());
        ended.or_else(|| said.lines().find(|line| line.contains("panicked")).map(str::to_owned))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

//! The binary as a child process.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// What every controller of the tests is started with, unless the test says otherwise.
const DEFAULTS: [&str; 3] = ["--leader-elect=false", "--metricsPort=0", "--healthzPort=0"];

/// Lets metrics ask the servers of a test.
const LOOPBACK: &str = "--metric-egress-allow=127.0.0.1";

/// The binary with these words, without ports of its own and without leader election.
pub(crate) fn command(kubeconfig: &Path, words: &[&str]) -> Command {
    let mut command = guarded(kubeconfig, words);
    command.arg(LOOPBACK);
    command
}

/// The same, but metrics may ask nothing that the words do not let them.
pub(crate) fn guarded(kubeconfig: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aviary-controller"));
    command.arg("--kubeconfig").arg(kubeconfig);
    let flag = |word: &'static str| word.split('=').next().unwrap_or(word);
    command.args(DEFAULTS.into_iter().filter(|it| !words.iter().any(|word| word.starts_with(flag(it)))));
    command.args(words);
    command.env_remove("KUBECONFIG").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// What came of a controller that cannot start.
pub(crate) fn ended(kubeconfig: &Path, words: &[&str]) -> Output {
    command(kubeconfig, words).stderr(Stdio::piped()).output().unwrap()
}

/// A controller that runs, and is killed at the end.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(kubeconfig: &Path) -> Self {
        Self::with(kubeconfig, &["--region", "us-east-1", "--loglevel", "warn"])
    }

    pub(crate) fn with(kubeconfig: &Path, words: &[&str]) -> Self {
        Self::spawn(command(kubeconfig, words))
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Sends it a signal, by the name that `kill` knows it by.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success(), "kill -s {name}");
    }

    /// Waits until it has ended by itself, and says with which code.
    pub(crate) fn ended(mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

//! A real PostgreSQL for one test: a directory, a port of its own, and a process that can be killed.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aviary_rating::PostgresStore;

/// Nobody: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Postgres {
    programs: PathBuf,
    directory: tempfile::TempDir,
    port: u16,
    server: Option<Child>,
}

impl Postgres {
    /// Starts one; `None`, and said so, where it is not installed, which CI forbids.
    pub(crate) async fn start(test: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os("CI").is_none(), "{test} needs PostgreSQL: `.ci/run` installs it");
            let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: PostgreSQL is not installed");
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if is_root() {
            chown(directory.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let mut postgres = Self { programs, directory, port, server: None };
        let data = postgres.data();
        let made = postgres
            .command("initdb")
            .args(["--auth=trust", "--username=rating", "--encoding=UTF8", "--no-locale", "--pgdata"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        postgres.run().await;
        Some(postgres)
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Starts the server on what is there, and waits until it answers.
    pub(crate) async fn run(&mut self) {
        self.server = Some(self.spawn());
        let begun = Instant::now();
        // Each try waits by itself until the server refuses or answers.
        while PostgresStore::connect(&self.url("postgres")).await.is_err() {
            assert!(begun.elapsed() < PATIENCE, "PostgreSQL does not answer");
            let ended = self.server.as_mut().is_some_and(|server| server.try_wait().unwrap().is_some());
            if ended {
                // It does not start while a backend of the one before, which was killed, still holds its memory.
                self.server = Some(self.spawn());
            }
            tokio::task::yield_now().await;
        }
    }

    fn spawn(&self) -> Child {
        let (data, port) = (self.data(), self.port.to_string());
        let mut command = self.command("postgres");
        command.arg("-D").arg(&data).args(["-p", &port, "-h", "127.0.0.1", "-k"]).arg(self.directory.path());
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Kills it as the loss of power does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            // SIGKILL for the server and, as their parent is gone, for its backends.
            server.kill().unwrap();
            server.wait().unwrap();
            // The next start refuses while a backend of this one lives.
            let lock = self.data().join("postmaster.pid");
            let _ = std::fs::remove_file(lock);
        }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://rating@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs SQL as the database's owner, past the service.
    pub(crate) fn sql(&self, database: &str, sql: &str) {
        let mut command = self.command("psql");
        command.args(["-h", "127.0.0.1", "-U", "rating", "-p", &self.port.to_string(), "-d", database]);
        let done = command.args(["-v", "ON_ERROR_STOP=1", "-c", sql]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// A store in a database of its own.
    pub(crate) async fn store(&self, database: &str) -> PostgresStore {
        let mut command = self.command("createdb");
        command.args(["-h", "127.0.0.1", "-U", "rating", "-p", &self.port.to_string(), database]);
        let made = command.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        PostgresStore::connect(&self.url(database)).await.unwrap()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0)
}

/// Where the newest server's programs are.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest =
        versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("postgres").is_file()).max();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = || std::env::split_paths(&path).find(|directory| directory.join("postgres").is_file());
    newest.or_else(on_path).filter(|bin: &PathBuf| Path::new(bin).join("initdb").is_file())
}

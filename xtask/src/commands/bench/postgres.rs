//! A PostgreSQL for a measurement, and what it can do by itself.

use crate::Failure;
use crate::{shell, workspace};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Nobody: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;
const PATIENCE: Duration = Duration::from_secs(60);
const REPAIR: &str = "install PostgreSQL (Debian: postgresql)";
/// The statement that the service stores a rating with.
const STATEMENT: &str = "crates/rating/src/store/postgres/add.sql";

/// A running server; dropping it ends it.
#[derive(Debug)]
pub(super) struct Postgres {
    programs: PathBuf,
    directory: PathBuf,
    port: u16,
    server: Option<Child>,
}

/// What pgbench saw.
pub(super) struct Seen {
    pub(super) per_second: f64,
    /// Microseconds, ascending.
    pub(super) micros: Vec<u32>,
}

impl Seen {
    pub(super) fn at(&self, share: f64) -> f64 {
        let rank = ((self.micros.len() as f64 * share) as usize).min(self.micros.len().saturating_sub(1));
        self.micros.get(rank).copied().unwrap_or_default().into()
    }
}

impl Postgres {
    /// One with a database `ratings` in `directory`; durable, as it is installed. `None` where there is no PostgreSQL.
    pub(super) fn start(directory: &Path) -> Result<Option<Self>, Failure> {
        let Some(programs) = programs() else { return Ok(None) };
        let failed =
            |error: std::io::Error| Failure::new(format!("{}: {error}", directory.display()), REPAIR);
        std::fs::create_dir_all(directory).map_err(failed)?;
        if is_root() {
            chown(directory, Some(NOBODY), Some(NOBODY)).map_err(failed)?;
        }
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let port = free.map_err(failed)?.port();
        let mut postgres = Self { programs, directory: directory.to_owned(), port, server: None };
        let initialise =
            ["--auth=trust", "--username=rating", "--encoding=UTF8", "--no-locale", "--pgdata=data"];
        shell::output(postgres.command("initdb").args(initialise), REPAIR)?;
        let mut server = postgres.command("postgres");
        server.args(["-D", "data", "-p", &port.to_string(), "-h", "127.0.0.1", "-k", "."]);
        let server = server.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        postgres.server = Some(server.map_err(failed)?);
        let begun = Instant::now();
        // createdb waits by itself until the server refuses or answers.
        loop {
            let arguments = [&postgres.reach()[..], &["ratings".to_owned()]].concat();
            match shell::output(postgres.command("createdb").args(arguments), REPAIR) {
                Ok(_) => return Ok(Some(postgres)),
                Err(failure) if begun.elapsed() > PATIENCE => return Err(failure),
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://rating@127.0.0.1:{}/ratings", self.port)
    }

    /// The service's own statement, with one rating each, from as many connections as the service has, without the service. Its tables must be
    /// there.
    pub(super) fn bench(&self, connections: u32, seconds: u32) -> Result<Seen, Failure> {
        let file = workspace::root().join(STATEMENT);
        let statement = std::fs::read_to_string(&file);
        let mut statement = statement
            .map_err(|error| Failure::new(format!("{}: {error}", file.display()), "restore the file"))?;
        for (parameter, value) in [
            ("$1", "ARRAY[:item]"),
            ("$2", "ARRAY[:stars]"),
            ("$3", "ARRAY[NULL]"),
            ("$4", "ARRAY[1700000000000]"),
        ] {
            statement = statement.replace(parameter, value);
        }
        let script = format!("\\set item random(1, 1000)\n\\set stars random(1, 5)\n{};\n", statement.trim());
        let failed =
            |error: std::io::Error| Failure::new(error.to_string(), "set TMPDIR to a directory with room");
        std::fs::write(self.directory.join("add.pgbench"), script).map_err(failed)?;
        let (clients, time) = (connections.to_string(), seconds.to_string());
        let words = [
            "-n",
            "-M",
            "prepared",
            "-f",
            "add.pgbench",
            "-j",
            "2",
            "-c",
            &clients,
            "-T",
            &time,
            "-l",
            "--log-prefix=times",
        ];
        let mut bench = self.command("pgbench");
        bench.args(self.reach()).args(words).arg("ratings");
        let said = shell::output(&mut bench, "read pgbench's message")?;
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        let per_second =
            rate.ok_or_else(|| Failure::new(format!("pgbench told no rate:\n{said}"), REPAIR))?;
        Ok(Seen { per_second, micros: self.times().map_err(failed)? })
    }

    /// The time of each transaction, out of pgbench's logs.
    fn times(&self) -> std::io::Result<Vec<u32>> {
        let mut micros = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with("times") {
                let text = std::fs::read_to_string(entry.path())?;
                micros.extend(text.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u32>().ok()));
                std::fs::remove_file(entry.path())?;
            }
        }
        micros.sort_unstable();
        Ok(micros)
    }

    fn reach(&self) -> [String; 3] {
        ["--host=127.0.0.1".to_owned(), "--username=rating".to_owned(), format!("--port={}", self.port)]
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.directory).stdin(Stdio::null());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            // It may have ended by itself; its data is thrown away.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// Where the newest server's programs are.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest =
        versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("pgbench").is_file()).max();
    newest.or_else(|| shell::find("pgbench").and_then(|file| file.parent().map(Path::to_owned)))
}

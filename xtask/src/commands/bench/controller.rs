//! The controller with nothing to do: what it holds in memory.

use super::Bench;
use super::table::Table;
use crate::{Failure, shell, workspace};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

pub(super) const BENCH: Bench = Bench {
    name: "controller",
    about: "resident memory of the controller that looks after idle Rollouts of two pods each",
    measure,
};

const COUNTS: [&str; 3] = ["1", "100", "1000"];
const REPAIR: &str = "run `cargo run -p aviary-cluster --example idle -- 100` and a controller by hand";

fn measure() -> Result<Table, Failure> {
    let build = ["build", "--profile", "dist", "--locked", "-p", "aviary-controller", "-p", "aviary-cluster"];
    let targets = ["--bins", "--example", "idle"];
    shell::run(&mut shell::cargo(&[&build[..], &targets].concat()), "mend what does not compile")?;
    let dist = workspace::target_directory()?.join("dist");
    let mut table = Table::new(&["controller", "Rollouts", "RSS MiB"]);
    for count in COUNTS {
        let mut server = Process::start(Command::new(dist.join("examples/idle")).arg(count))?;
        let address = server.line()?;
        let file = std::env::temp_dir().join(format!("aviary-bench-{}.yaml", std::process::id()));
        let written = std::fs::write(&file, kubeconfig(&address));
        written.map_err(|error| Failure::new(format!("{}: {error}", file.display()), REPAIR))?;
        let mut command = Command::new(dist.join("aviary-controller"));
        command.arg("--kubeconfig").arg(&file);
        let flags = ["--leader-elect=false", "--metricsPort=0", "--healthzPort=0", "--loglevel=error"];
        let controller = Process::start(command.args(flags))?;
        let settled = server.line();
        let resident = controller.resident();
        // Left behind it would only cost room.
        let _ = std::fs::remove_file(&file);
        settled?;
        let resident = resident.map_or_else(|| "?".to_owned(), |mib| format!("{mib:.1}"));
        table.row(vec!["idle".to_owned(), count.to_owned(), resident]);
    }
    Ok(table)
}

fn kubeconfig(address: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Config, current-context: c, clusters: [{{name: c, cluster: {{server: '{address}'}}}}], \
         contexts: [{{name: c, context: {{cluster: c, user: c}}}}], users: [{{name: c, user: {{}}}}]}}\n"
    )
}

/// A program whose output is read line by line.
struct Process {
    child: Child,
    out: Option<BufReader<std::process::ChildStdout>>,
}

impl Process {
    fn start(command: &mut Command) -> Result<Self, Failure> {
        println!("$ {} &", shell::line(command));
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
        let mut child = spawned.map_err(|error| Failure::new(error.to_string(), REPAIR))?;
        let out = child.stdout.take().map(BufReader::new);
        Ok(Self { child, out })
    }

    /// The next line, without its end.
    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        let read = self.out.as_mut().map(|out| out.read_line(&mut line));
        match read {
            Some(Ok(1..)) => Ok(line.trim().to_owned()),
            _ => Err(Failure::new("a program under measurement ended early", REPAIR)),
        }
    }

    fn resident(&self) -> Option<f64> {
        super::server::resident(self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

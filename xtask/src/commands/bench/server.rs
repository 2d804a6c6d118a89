//! A server under measurement: started, asked for its address, ended with the measurement.

use crate::{Failure, shell};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running server that printed its address on the first line.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    pub(super) url: String,
}

impl Server {
    pub(super) fn start(command: &mut Command) -> Result<Self, Failure> {
        let shown = shell::line(command);
        eprintln!("$ {shown} &");
        let repair = "start it by hand and read its message";
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child =
            spawned.map_err(|error| Failure::new(format!("`{shown}` did not start: {error}"), repair))?;
        let mut url = String::new();
        if let Some(out) = child.stdout.take() {
            // Nothing arrives from a server that ended; the empty address says so below.
            let _ = BufReader::new(out).read_line(&mut url);
        }
        let server = Self { child, url: url.trim().to_owned() };
        if server.url.starts_with("http://") {
            return Ok(server);
        }
        Err(Failure::new(format!("`{shown}` printed no address"), repair))
    }

    /// Resident memory now, in MiB; `None` where the system does not tell.
    pub(super) fn resident(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: f64 = line.trim().split(' ').next()?.parse().ok()?;
        Some(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! The controller as a process, and what the system says of it.

use std::error::Error;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// Clock ticks a second in `/proc`: the same on every Linux.
const TICKS: f64 = 100.0;

/// A controller that runs; dropping it ends it.
pub(crate) struct Controller(Child);

impl Controller {
    /// Starts `binary` as a user would, except that it takes no fixed port and asks as often as it likes; `flags` come
    /// besides. Its log goes to `log`.
    pub(crate) fn start(
        binary: &Path,
        kubeconfig: &Path,
        log: &Path,
        flags: &[&str],
    ) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(binary);
        command.arg("--kubeconfig").arg(kubeconfig).args(["--context", "controller"]);
        // The default bound of 40 requests a second would be what is measured.
        command.args(["--metricsPort", "0", "--healthzPort", "0", "--qps", "0"]).args(flags);
        command.env_remove("KUBECONFIG").env("POD_NAMESPACE", "default").stdin(Stdio::null());
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        command.stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().map_err(|error| format!("{}: {error}", binary.display()))?;
        Ok(Self(child))
    }

    /// Seconds of processor time since it started.
    pub(crate) fn cpu(&self) -> Result<f64, Box<dyn Error>> {
        let stat = self.proc("stat")?;
        // The name, in brackets, may hold anything; the fields after it are numbers.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks = fields.skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
        Ok(ticks / TICKS)
    }

    /// Resident memory, now and at its highest, in MiB.
    pub(crate) fn memory(&self) -> Result<Value, Box<dyn Error>> {
        let status = self.proc("status")?;
        let mib = |field: &str| -> Option<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(field))?;
            let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
            Some((kib / 1024.0 * 10.0).round() / 10.0)
        };
        Ok(json!({"resident_mib": mib("VmRSS:"), "peak_mib": mib("VmHWM:")}))
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn stop(mut self) -> Result<(), Box<dyn Error>> {
        Command::new("kill").arg(self.0.id().to_string()).status()?;
        self.0.wait()?;
        Ok(())
    }

    fn proc(&self, file: &str) -> Result<String, Box<dyn Error>> {
        let path = format!("/proc/{}/{file}", self.0.id());
        Ok(std::fs::read_to_string(&path)
            .map_err(|error| format!("{path}: {error}: the controller ended"))?)
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

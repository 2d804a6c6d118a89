//! A child process that cannot outlive us, however we end.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Runs the program in the background and reads standard input, whose other end only we hold: each line is a signal for
/// the program, and when it closes (dropped, or this whole process killed) the program is killed by its id. Ends with
/// the program.
const KEEPER: &str = r#""$@" & program=$!
{ while read -r signal; do kill -"$signal" "$program"; done; kill -KILL "$program"; } <&3 2>/dev/null &
watcher=$!
exec 3<&-
wait "$program"; status=$?
kill "$watcher" 2>/dev/null
exit "$status""#;

/// A running program; dropping it kills the program and waits until it is gone.
#[derive(Debug)]
pub(super) struct Leashed {
    keeper: Child,
    log: PathBuf,
}

impl Leashed {
    /// Starts `program` with its output in `log`.
    pub(super) fn start(program: &Path, args: &[String], log: PathBuf) -> io::Result<Self> {
        let out = File::create(&log)?;
        let keeper = Command::new("sh")
            .args(["-c", &format!("exec 3<&0 </dev/null\n{KEEPER}"), "leash"])
            .arg(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()?;
        Ok(Self { keeper, log })
    }

    /// Sends it a signal, by name: it comes soon after.
    pub(super) fn signal(&self, signal: &str) -> io::Result<()> {
        let Some(mut words) = self.keeper.stdin.as_ref() else { return Ok(()) };
        writeln!(words, "{signal}")
    }

    /// The last lines that it printed, when it has ended by itself.
    pub(super) fn ended(&mut self) -> Option<String> {
        let status = self.keeper.try_wait().ok()??;
        Some(format!("ended with {status}:\n{}", self.tail()))
    }

    /// The last lines of its log.
    pub(super) fn tail(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Nothing is left to do about a child that cannot be waited for.
        let _ = self.keeper.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_a_leash_ends_the_program_behind_it() {
        let dir = tempfile::tempdir().unwrap();
        let pid_file = dir.path().join("pid");
        let script = format!("echo $$ > {0}.new; mv {0}.new {0}; exec tail -f /dev/null", pid_file.display());
        let leashed =
            Leashed::start(Path::new("sh"), &["-c".into(), script], dir.path().join("log")).unwrap();
        let pid = loop {
            if let Ok(pid) = std::fs::read_to_string(&pid_file) {
                break pid;
            }
            std::thread::yield_now();
        };
        let proc = PathBuf::from("/proc").join(pid.trim());
        assert!(proc.exists());
        drop(leashed);
        assert!(!proc.exists());
    }

    #[test]
    fn a_signal_reaches_the_program() {
        let dir = tempfile::tempdir().unwrap();
        let script = "trap 'echo asked; exit 4' USR1; echo > ready; while :; do read -r _ < fifo; done";
        let script = format!("cd {}; mkfifo fifo; {script}", dir.path().display());
        let mut leashed =
            Leashed::start(Path::new("sh"), &["-c".into(), script], dir.path().join("log")).unwrap();
        while !dir.path().join("ready").exists() {
            std::thread::yield_now();
        }
        leashed.signal("USR1").unwrap();
        let said = loop {
            if let Some(said) = leashed.ended() {
                break said;
            }
            std::thread::yield_now();
        };
        assert!(said.starts_with("ended with exit status: 4") && said.ends_with("asked"), "{said}");
    }

    #[test]
    fn a_program_that_ends_by_itself_is_reported_with_its_last_words() {
        let dir = tempfile::tempdir().unwrap();
        let script = "echo no such flag; exit 3".to_owned();
        let mut leashed =
            Leashed::start(Path::new("sh"), &["-c".into(), script], dir.path().join("log")).unwrap();
        let said = loop {
            if let Some(said) = leashed.ended() {
                break said;
            }
            std::thread::yield_now();
        };
        assert_eq!(said, "ended with exit status: 3:\nno such flag");
    }
}

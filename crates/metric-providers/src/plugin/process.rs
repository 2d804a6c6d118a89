//! A program that runs: it is asked in lines, within limits, and dies with this value.

use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value as Json;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::binary::Binary;
use super::settings::PluginSettings;
use crate::http::MAX_BODY;

/// What it is given of the environment: how to reach others, and no keys.
const ENVIRONMENT: &[&str] = &[
    "PATH",
    "HOME",
    "TMPDIR",
    "TZ",
    "LANG",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "POD_NAMESPACE",
];
/// So much of what it said last on its standard error is told.
const TOLD: usize = 500;
/// Another program that starts at the same moment can hold the new copy open for an instant.
const TRIES: usize = 50;

/// A program that runs.
pub(super) struct Process {
    /// Killed when it is dropped.
    _child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    said: Said,
    asked: u64,
    _binary: Binary,
}

/// The end of its standard error.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Process {
    /// Checks the program and starts it.
    pub(super) async fn start(settings: &PluginSettings) -> Result<Self, String> {
        let wanted = settings.clone();
        let checked = tokio::task::spawn_blocking(move || Binary::checked(&wanted)).await;
        let binary = checked.map_err(|error| error.to_string())??;
        let mut child =
            spawn(&binary, &settings.args).await.map_err(|error| format!("cannot be started: {error}"))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err("cannot be started: it has no pipes".to_owned());
        };
        let said = Said::default();
        tokio::spawn(listen(stderr, said.clone()));
        let stdout = BufReader::new(stdout);
        Ok(Self { _child: child, stdin, stdout, said, asked: 0, _binary: binary })
    }

    /// Asks one question. After an error the process is of no more use: an answer that comes late would be taken for
    /// that to the next question.
    pub(super) async fn ask(
        &mut self,
        method: &str,
        members: &Json,
        limit: Duration,
    ) -> Result<Json, String> {
        self.asked += 1;
        let id = self.asked;
        let asked = tokio::time::timeout(limit, self.exchange(id, method, members)).await;
        let failed = |reason: String| match self.said.last() {
            said if said.is_empty() => reason,
            said => format!("{reason}; it said {said:?}"),
        };
        let line = match asked {
            Err(_) => return Err(failed(format!("no answer within {limit:?}"))),
            Ok(Err(error)) => return Err(failed(error.to_string())),
            Ok(Ok(line)) => line,
        };
        let answer: Json = serde_json::from_slice(&line)
            .map_err(|error| failed(format!("its answer is no JSON: {error}")))?;
        match answer.get("id").and_then(Json::as_u64) {
            Some(of) if of == id => Ok(answer),
            _ => Err(failed(format!("its answer is not that to question {id}"))),
        }
    }

    async fn exchange(&mut self, id: u64, method: &str, members: &Json) -> io::Result<Vec<u8>> {
        // The members are an object; both texts are written as JSON.
        let members = members.to_string();
        let rest = members
            .strip_prefix('{')
            .filter(|rest| *rest != "}")
            .map_or("}".to_owned(), |rest| format!(",{rest}"));
        let line = format!("{{\"id\":{id},\"method\":\"{method}\"{rest}\n");
        self.stdin.write_all(line.as_bytes()).await?;
        self.stdin.flush().await?;
        let mut answer = Vec::new();
        let mut bounded = (&mut self.stdout).take(MAX_BODY as u64);
        bounded.read_until(b'\n', &mut answer).await?;
        match answer.last() {
            Some(b'\n') => Ok(answer),
            _ if answer.len() == MAX_BODY => {
                Err(io::Error::other(format!("its answer is longer than {MAX_BODY} bytes")))
            }
            _ => Err(io::Error::other("it ended")),
        }
    }
}

async fn spawn(binary: &Binary, arguments: &[String]) -> io::Result<Child> {
    let mut tried = 0;
    loop {
        let kept = ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        let child = Command::new(&binary.path)
            .args(arguments)
            .env_clear()
            .envs(kept)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        tried += 1;
        match child {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && tried < TRIES => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            other => return other,
        }
    }
}

/// Reads to the end, so that the program never waits for us, and keeps the last of it.
async fn listen(mut from: impl AsyncRead + Unpin, said: Said) {
    let mut chunk = [0; 1024];
    while let Ok(read) = from.read(&mut chunk).await {
        if read == 0 {
            return;
        }
        let mut kept = said.0.lock();
        kept.extend_from_slice(chunk.get(..read).unwrap_or_default());
        let surplus = kept.len().saturating_sub(TOLD);
        kept.drain(..surplus);
    }
}

impl Said {
    fn last(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).trim().to_owned()
    }
}

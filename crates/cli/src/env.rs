//! What a command knows of the process that runs it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::render::Paint;

/// What a command knows of the process that runs it. Tests make their own.
#[derive(Clone)]
pub struct Env {
    /// The name that it was called by, as in usage texts.
    pub program: String,
    /// Where relative paths begin.
    pub directory: PathBuf,
    /// Whether escape sequences are written.
    pub paint: Paint,
    /// Columns of the terminal that the output goes to; `None` when it goes elsewhere.
    pub columns: Option<usize>,
    /// Tells the time.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Env {
    /// That of this process, which was called as `program` (the first word of the command line).
    pub fn of_process(program: &str) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            program: name(program),
            directory: PathBuf::new(),
            paint: if dumb { Paint::Plain } else { Paint::Ansi },
            columns: if dumb { None } else { columns() },
            clock: Arc::new(Timestamp::now),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The text of a file, `-` being the standard input.
    pub(crate) fn read(&self, path: &Path) -> std::io::Result<String> {
        if path == Path::new("-") {
            return std::io::read_to_string(std::io::stdin());
        }
        std::fs::read_to_string(self.directory.join(path))
    }

    /// The same of a file that may not be longer than `most` bytes: what is longer, or has no end, is an error.
    pub(crate) fn read_within(&self, path: &Path, most: u64) -> std::io::Result<String> {
        let within = |source: &mut dyn Read| {
            let mut text = Vec::new();
            source.take(most.saturating_add(1)).read_to_end(&mut text)?;
            if text.len() as u64 > most {
                let why = format!("it is longer than {most} bytes");
                return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, why));
            }
            String::from_utf8(text).map_err(|_| {
                std::io::Error::new(std::io::ErrorKind::InvalidData, "stream did not contain valid UTF-8")
            })
        };
        if path == Path::new("-") {
            return within(&mut std::io::stdin().lock());
        }
        within(&mut std::fs::File::open(self.directory.join(path))?)
    }

    /// The words that a user types: a plugin is called through kubectl.
    pub(crate) fn typed(&self) -> String {
        match self.program.strip_prefix("kubectl-") {
            Some(plugin) => format!("kubectl {}", plugin.replace('-', " ")),
            None => self.program.clone(),
        }
    }
}

fn columns() -> Option<usize> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some(usize::from(columns))
}

/// `kubectl-argo-rollouts` and `kubectl-aviary` keep their names; whatever else it is called, it is `aviary`.
fn name(program: &str) -> String {
    let file = Path::new(program).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if file.starts_with("kubectl-") { file.to_owned() } else { "aviary".to_owned() }
}

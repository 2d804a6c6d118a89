//! What the log holds, and how it looks.

use std::io::IsTerminal as _;

use clap::Args;
use tracing::Level;

#[derive(Args, Debug)]
#[command(next_help_heading = "Log")]
pub(super) struct LogFlags {
    /// `debug`, `info`, `warn` or `error`.
    #[arg(long, default_value = "info", value_parser = level, value_name = "LEVEL")]
    loglevel: Level,
    /// `text` or `json`; nothing means text.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "FORMAT")]
    logformat: String,
    /// What the Kubernetes client tells: nothing below 4, its troubles from 4 on, every request from 6 on.
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    kloglevel: u8,
}

impl LogFlags {
    /// Sends the log to standard error.
    pub(super) fn start(&self) {
        // What kube's client has to say stands in our own messages, with the object that it is about.
        let client = match self.kloglevel {
            0..4 => "off",
            4 | 5 => "info",
            6..8 => "debug",
            _ => "trace",
        };
        let filter = format!("{},kube_client={client}", self.loglevel);
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        let log = log.with_ansi(std::io::stderr().is_terminal());
        if self.logformat.eq_ignore_ascii_case("json") { log.json().init() } else { log.init() }
    }

    /// What is wrong with the format.
    pub(super) fn notice(&self) -> Option<String> {
        let known = ["", "text", "json"].iter().any(|known| self.logformat.eq_ignore_ascii_case(known));
        (!known).then(|| format!("unknown --logformat {:?}; the log is text", self.logformat))
    }
}

/// The peer's names of levels. There is nothing that is told above `error`.
fn level(text: &str) -> Result<Level, String> {
    match text.to_ascii_lowercase().as_str() {
        "panic" | "fatal" | "error" => Ok(Level::ERROR),
        "warn" | "warning" => Ok(Level::WARN),
        "info" => Ok(Level::INFO),
        "debug" => Ok(Level::DEBUG),
        "trace" => Ok(Level::TRACE),
        _ => Err(format!("not a valid logrus Level: {text:?}; write debug, info, warn or error")),
    }
}

//! Files of figures, and what else `aviary judge` is given.

use std::cell::OnceCell;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use cli::{Env, Io, Paint, run as carry_out};
use tokio::runtime::Runtime;

use super::{Target, now, with_choice};
use crate::seeds::files;

pub(super) const TARGET: Target = Target {
    name: "judge-files",
    about: "figures and configurations of `aviary judge`",
    run,
    seeds: || {
        let written = files("judge", &[".csv"]);
        let shapes = SHAPES.iter().map(|shape| shape.as_bytes().to_vec());
        let figures: Vec<Vec<u8>> = written.into_iter().chain(shapes).collect();
        let of = |config: &[u8]| -> Vec<Vec<u8>> {
            figures.iter().map(|figures| [figures, figures, config].join(&0)).collect()
        };
        let own = (0..16).zip(of(CONFIG.as_bytes()).into_iter().cycle());
        let kayenta = files("judge", &["canary-config.json"]);
        let kayenta = kayenta.iter().flat_map(|config| of(config)).map(|parts| (KAYENTA, parts));
        own.chain(kayenta).map(|(first, parts)| with_choice(first, &parts)).collect()
    },
};

/// Every kind of column.
const SHAPES: &[&str] = &[
    "time,errors[/a].bad,errors[/a].total,errors[/b].bad,errors[/b].total,weight\n10,1,50,0,20,10\n20,0,51,,,10\n",
    "time,slow.le_0.1,slow.le_0.5,slow.le_inf,heap.value,restarts.count,restarts.exposure\n2026-01-01T00:00:00Z,5,6,7,0.25,0,60\n",
];

const CONFIG: &str = "judge:\n  falseAborts: 1%\n  maxWait: 30m\n  metrics:\n  - {name: errors, kind: proportion, objective: 99.9%}\n  - {name: slow, kind: latency, edges: [0.1, 0.5]}\n";

/// The bit that says that the configuration is one of Kayenta.
const KAYENTA: u8 = 16;

const NAMES: [&str; 3] = ["canary.csv", "stable.csv", "judge.yaml"];

struct Desk {
    runtime: Runtime,
    directory: PathBuf,
    env: Env,
}

thread_local! {
    static DESK: OnceCell<Option<Desk>> = const { OnceCell::new() };
}

/// Both files and the configuration, with zeros between them; the bits of the first byte are the flags.
fn run(data: &[u8]) {
    let Some((flags, parts)) = data.split_first() else { return };
    DESK.with(|cell| {
        let Some(desk) = cell.get_or_init(Desk::new) else { return };
        let mut parts = parts.splitn(NAMES.len(), |byte| *byte == 0);
        for name in NAMES {
            if fs::write(desk.directory.join(name), parts.next().unwrap_or_default()).is_err() {
                return;
            }
        }
        let [canary, stable, config] = NAMES;
        let choices: [&[&str]; 4] =
            [&["--config", config], &["-o", "json"], &["--cumulative"], &["--classic"]];
        let chosen = choices.iter().enumerate().filter(|(bit, _)| flags >> bit & 1 == 1);
        let words =
            ["judge", canary, stable].into_iter().chain(chosen.flat_map(|(_, words)| words.iter().copied()));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut io = Io { out: &mut out, err: &mut err };
        let target = cli::Target::Configured;
        let code = desk.runtime.block_on(carry_out(words, &desk.env, &mut io, target));
        assert!(code == 0 || !err.is_empty() || !out.is_empty(), "exit code {code}, and not a word");
    });
}

impl Desk {
    fn new() -> Option<Self> {
        let directory = tempfile::tempdir().ok()?.keep();
        let env = Env {
            program: "aviary".to_owned(),
            directory: directory.clone(),
            paint: Paint::Plain,
            columns: None,
            clock: Arc::new(now),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
        Some(Self { runtime, directory, env })
    }
}

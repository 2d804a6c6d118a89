//! What a plugin answers: a program that somebody else wrote.

use std::cell::OnceCell;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crd::Metric;
use metric_providers::{Ctx, Limits, PluginSettings, Plugins, garbage_collect, read, resume};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use super::{Target, now};

pub(super) const TARGET: Target = Target {
    name: "plugins",
    about: "answers of a metric plugin",
    run,
    seeds: || {
        let seeds = [
            r#","measurement":{"phase":"Successful","value":"[1]","message":"m","metadata":{"a":"b"}},"metadata":{"c":"d"}}"#,
            r#","measurement":{"phase":"Running","resumeAt":"2030-01-01T00:00:00Z","startedAt":"2026-01-01T00:00:00Z"}}"#,
            r#","error":"it cannot"}"#,
        ];
        seeds.map(|seed| seed.as_bytes().to_vec()).to_vec()
    },
};

/// Says its question's number, and behind it what stands in a file.
const PROGRAM: &str = "#!/bin/sh
while read -r line; do
  rest=${line#'{\"id\":'}
  id=${rest%%,*}
  id=${id%%\\}*}
  case $line in *'\"method\":\"ping\"'*) echo \"{\\\"id\\\":$id}\"; continue; esac
  printf '{\"id\":%s' \"$id\"
  cat \"$1\"
done
";

struct Stage {
    runtime: Runtime,
    plugins: Plugins,
    metric: Metric,
    /// What the program says.
    said: PathBuf,
}

thread_local! {
    static STAGE: OnceCell<Option<Stage>> = const { OnceCell::new() };
}

fn run(data: &[u8]) {
    // A line is an answer; what comes behind it would be that to the next question.
    let mut text: Vec<u8> = data.iter().copied().filter(|byte| *byte != b'\n').collect();
    text.push(b'\n');
    STAGE.with(|cell| {
        let Some(stage) = cell.get_or_init(Stage::new) else { return };
        if fs::write(&stage.said, text).is_err() {
            return;
        }
        let ctx = Ctx { clock: &now, plugins: stage.plugins.clone(), ..Ctx::default() };
        stage.runtime.block_on(async {
            let _reading = read(&ctx, &stage.metric).await;
            let _reading = resume(&ctx, &stage.metric, &[("a".to_owned(), "b".to_owned())].into()).await;
            let _kept = garbage_collect(&ctx, &stage.metric, 1).await;
        });
    });
}

impl Stage {
    fn new() -> Option<Self> {
        let directory = tempfile::tempdir().ok()?.keep();
        let (program, said) = (directory.join("program"), directory.join("said"));
        fs::write(&program, PROGRAM).ok()?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).ok()?;
        let settings = PluginSettings {
            name: "ns/name".to_owned(),
            location: format!("file://{}", program.display()),
            sha256: hexadecimal(&Sha256::digest(PROGRAM)),
            args: vec![said.display().to_string()],
        };
        Some(Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?,
            plugins: Plugins::new(vec![settings], Limits::default()),
            metric: serde_json::from_value(json!({"name": "m", "provider": {"plugin": {"ns/name": {}}}}))
                .ok()?,
            said,
        })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

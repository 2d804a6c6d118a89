//! The regions go on after the last release, for a user with `kubectl` and `aviary`.

use std::path::{Path, PathBuf};

use super::report::Report;
use super::stage::Stage;
use super::{HOST, NAMESPACE, ROLLOUT, named, print};
use crate::{Error, Io, stop};

/// Writes a kubeconfig for each region, says how to go on, and waits until it is asked to stop.
pub(crate) async fn run(stage: &mut Stage, report: &Report, io: &mut Io<'_>) -> Result<(), Error> {
    let directory = std::env::temp_dir().join(format!("aviary-demo-{}", std::process::id()));
    let files = write(stage, &directory)?;
    let mut text = String::new();
    if !report.releases.is_empty() {
        text.push_str(&print::summary(report));
        text.push('\n');
    }
    text.push_str(&instructions(stage, &files));
    stage.view.say(&text, io)?;
    tokio::select! {
        ended = stage.follow_quietly() => ended?,
        () = stop::asked() => {}
    }
    std::fs::remove_dir_all(&directory).map_err(|error| cannot("remove", &directory, &error))
}

fn write(stage: &Stage, directory: &Path) -> Result<Vec<PathBuf>, Error> {
    std::fs::create_dir_all(directory).map_err(|error| cannot("create", directory, &error))?;
    let mut files = Vec::new();
    for place in &stage.places {
        let file = directory.join(format!("{}.yaml", place.name));
        std::fs::write(&file, place.kubeconfig()).map_err(|error| cannot("write", &file, &error))?;
        files.push(file);
    }
    Ok(files)
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(format!(
        "cannot {what} {}: {error}; set TMPDIR to a directory that can be written",
        path.display()
    ))
}

fn instructions(stage: &Stage, files: &[PathBuf]) -> String {
    let mut lines = vec!["\nBoth regions go on, with clients, until Ctrl-C. In another terminal:".to_owned()];
    for ((name, addresses), file) in stage.addresses().iter().zip(files) {
        lines.push(format!("\n  export KUBECONFIG={}   # {name}, http://{}", file.display(), addresses.api));
        lines.push(format!("  curl -H 'host: {HOST}' http://{}/v1/items/lobster/rating", addresses.gateway));
        lines.push(format!("  curl http://{}/api/v1/query -d query=up", addresses.prometheus));
    }
    let bad = named("bad").map_or("", |release| release.version);
    lines.push("\n  kubectl get rollouts -A".to_owned());
    lines.push(format!("  aviary get rollout {ROLLOUT} -n {NAMESPACE} --watch"));
    lines.push(format!(
        "  aviary set image {ROLLOUT} '*=openclaw/rating-api:{bad}' -n {NAMESPACE}   # a bad version; any tag \
         that the demo does not name is good"
    ));
    lines.join("\n")
}

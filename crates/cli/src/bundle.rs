//! From paths to the texts of a bundle of manifests, and to one Rollout among them.

use std::path::{Path, PathBuf};

use crd::yaml;
use lint::Source;
use serde_json::Value as Json;

use crate::{Env, Error};

/// The texts of a bundle.
pub(crate) struct Bundle {
    pub(crate) sources: Vec<Source>,
    /// Directories of Helm charts that were passed over: their templates are no manifests yet.
    pub(crate) charts: Vec<String>,
}

/// Ends of the names of files that concern a release.
const ENDS: [&str; 4] = ["yaml", "yml", "json", "tf"];

/// Reads files and everything below directories, in order.
pub(crate) fn read(paths: &[PathBuf], env: &Env) -> Result<Bundle, Error> {
    let mut bundle = Bundle { sources: Vec::new(), charts: Vec::new() };
    for path in paths {
        let shown = path.display().to_string();
        let refused = |error: std::io::Error| Error::unreadable(&shown, &error);
        if path != Path::new("-") && env.directory.join(path).is_dir() {
            directory(path, env, &mut bundle)?;
        } else {
            let name = if shown == "-" { "(standard input)".to_owned() } else { shown.clone() };
            bundle.sources.push(Source::new(name, env.read(path).map_err(refused)?));
        }
    }
    if bundle.sources.is_empty() && bundle.charts.is_empty() {
        let shown = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        return Err(Error::new(format!(
            "there is no file to check in {shown}: none ends in .{}",
            ENDS.join(", .")
        )));
    }
    Ok(bundle)
}

fn directory(path: &Path, env: &Env, bundle: &mut Bundle) -> Result<(), Error> {
    let shown = path.display();
    let refused = |error: std::io::Error| Error::unreadable(&shown, &error);
    if env.directory.join(path).join("Chart.yaml").exists() {
        bundle.charts.push(shown.to_string());
        return Ok(());
    }
    let entries = std::fs::read_dir(env.directory.join(path)).map_err(refused)?;
    let mut names =
        entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>, _>>().map_err(refused)?;
    names.sort();
    for name in names {
        let inner = path.join(&name);
        let full = env.directory.join(&inner);
        let text = name.to_string_lossy();
        if full.is_dir() {
            // Downloaded modules, and what versions are kept in.
            let foreign = [".git", ".terraform", "node_modules", "target"].contains(&&*text);
            if !foreign && !full.is_symlink() {
                directory(&inner, env, bundle)?;
            }
            continue;
        }
        let end = inner.extension().and_then(|end| end.to_str()).unwrap_or_default();
        if ENDS.contains(&end) {
            let shown = inner.display().to_string();
            let read = std::fs::read_to_string(&full);
            let read = read.map_err(|error| Error::unreadable(&shown, &error))?;
            bundle.sources.push(Source::new(shown, read).met());
        }
    }
    Ok(())
}

fn is_terraform(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "tf")
}

/// The objects in the files, and the Rollout that is meant.
pub(crate) struct Chosen {
    pub(crate) objects: Vec<Json>,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// Reads every object, and finds the Rollout: the only one, or the one of that name.
pub(crate) fn rollout(paths: &[PathBuf], wanted: Option<&str>, env: &Env) -> Result<Chosen, Error> {
    let bundle = read(paths, env)?;
    if let (Some(chart), true) = (bundle.charts.first(), bundle.sources.is_empty()) {
        let typed = env.typed();
        return Err(Error::new(format!(
            "{chart} is a Helm chart: give what it renders, `helm template {chart} | {typed} ... -f -`"
        )));
    }
    let mut objects = Vec::new();
    for source in bundle.sources.iter().filter(|source| !is_terraform(&source.name)) {
        for document in yaml::documents(&source.text) {
            let document = document.map_err(|error| {
                let text = error.to_string();
                let text = text.lines().next().unwrap_or_default();
                let text = text.strip_prefix("error: ").unwrap_or(text);
                Error::new(format!("{}: {text}; give manifests in YAML or JSON", source.name))
            })?;
            let has = |field: &str| document.value.get(field).is_some_and(Json::is_string);
            if has("kind") && has("apiVersion") {
                objects.push(document.value);
            }
        }
    }
    let text = |object: &Json, pointer: &str| {
        object.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned()
    };
    let rollouts = objects.iter().filter(|object| {
        text(object, "/kind") == "Rollout" && text(object, "/apiVersion").starts_with("argoproj.io/")
    });
    let named: Vec<(String, String)> = rollouts
        .map(|object| (text(object, "/metadata/namespace"), text(object, "/metadata/name")))
        .collect();
    let fits = |(_, name): &&(String, String)| wanted.is_none_or(|wanted| wanted == name);
    let names = || named.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
    let mut fitting = named.iter().filter(fits);
    let (namespace, name) = match (fitting.next(), fitting.next()) {
        (Some(one), None) => one.clone(),
        (Some(_), Some(_)) => {
            return Err(Error::new(format!(
                "there are several Rollouts: {}; name one with --rollout",
                names()
            )));
        }
        (None, _) if named.is_empty() => return Err(Error::new("there is no Rollout in these files")),
        (None, _) => {
            let wanted = wanted.unwrap_or_default();
            return Err(Error::new(format!(
                "there is no Rollout {wanted:?} in these files, only {}",
                names()
            )));
        }
    };
    let namespace = if namespace.is_empty() { "default".to_owned() } else { namespace };
    // What is applied without a namespace goes where the Rollout goes.
    for object in &mut objects {
        let cluster_wide =
            ["ClusterAnalysisTemplate", "Namespace", "CustomResourceDefinition", "ClusterRole"];
        let kind = text(object, "/kind");
        if let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut)
            && !cluster_wide.contains(&kind.as_str())
        {
            metadata.entry("namespace").or_insert_with(|| namespace.as_str().into());
        }
    }
    Ok(Chosen { objects, namespace, name })
}

//! The `scale` subresource: the size of a workload, whatever its kind.

use serde_json::{Value, json};

use crate::kinds::ScalePaths;
use crate::selection::LabelSelector;
use crate::verbs::{Call, commit};
use crate::{Response, Status, meta};

/// The `autoscaling/v1` Scale of an object.
pub(crate) fn of(object: &Value, paths: &ScalePaths) -> Value {
    let selector = match &paths.selector {
        None => LabelSelector::from_object(&object["spec"]["selector"]).to_string(),
        Some(path) => meta::text(object, &steps(path)).to_owned(),
    };
    let mut metadata = json!({"name": meta::name(object)});
    for field in ["namespace", "uid", "resourceVersion", "creationTimestamp"] {
        meta::set(&mut metadata, &[field], object["metadata"][field].clone());
    }
    // The real server leaves a size of zero out of the wish, but not out of what is.
    let wanted = meta::number(object, &steps(&paths.spec)).filter(|replicas| *replicas != 0);
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
        "spec": wanted.map_or_else(|| json!({}), |replicas| json!({"replicas": replicas})),
        "status": {"replicas": meta::number(object, &steps(&paths.status)).unwrap_or(0), "selector": selector},
    })
}

/// Stores the size that a Scale object asks for.
pub(crate) fn write(call: &mut Call<'_>, scale: &Value) -> Result<Response, Status> {
    let paths = call.kind.scale.clone().ok_or_else(Status::no_such_path)?;
    let live = call.live()?;
    let replicas = meta::number(scale, &["spec", "replicas"]).unwrap_or(0);
    let mut object = Value::clone(&live);
    meta::set(&mut object, &steps(&paths.spec), json!(replicas));
    let version = meta::text(scale, &["metadata", "resourceVersion"]);
    let asked = if version.is_empty() { Value::Null } else { version.into() };
    meta::set(&mut object, &["metadata", "resourceVersion"], asked);
    let stored = commit::commit(call, &live, object, commit::Writer::Update)?;
    Ok(Response { body: of(&stored.body, &paths).into(), ..stored })
}

fn steps(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

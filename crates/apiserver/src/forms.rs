//! Objects in other forms: rows for people, and metadata alone.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use world::{IncludeObject, Request, Status, Verb, World};

/// What `includeObject` says; metadata when it says nothing.
pub(crate) fn include(word: &str) -> IncludeObject {
    match word {
        "None" => IncludeObject::None,
        "Object" => IncludeObject::Object,
        _ => IncludeObject::Metadata,
    }
}

/// The `Table` that answers a read.
pub(crate) fn table(
    world: &mut World,
    request: &Request,
    now: Timestamp,
    include_object: &str,
) -> Result<Value, Status> {
    let (objects, metadata) = if request.verb == Verb::List {
        let selected = world.select(request)?;
        (selected.objects, selected.metadata)
    } else {
        let object = world.handle(request, now)?.body;
        let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
        (vec![object], metadata)
    };
    let mut table = world.table(&request.resource, &objects, now, include(include_object));
    table["metadata"] = metadata;
    Ok(table)
}

/// An object, or a list of objects, cut down to its metadata. Refusals and other answers stay what they are.
pub(crate) fn metadata(answer: &Value) -> Value {
    if let Some(items) = answer["items"].as_array() {
        let items: Vec<Value> = items.iter().map(metadata).collect();
        return json!({
            "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
            "metadata": answer["metadata"], "items": items,
        });
    }
    if answer["kind"] == "Status" {
        return answer.clone();
    }
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": answer["metadata"]})
}

/// The items of a list of built-in kinds do not repeat the list's version and kind.
pub(crate) fn list_items(world: &World, request: &Request, mut answer: Arc<Value>) -> Arc<Value> {
    let resource = &request.resource;
    let custom = world.kind(&resource.group, &resource.plural).is_none_or(|kind| kind.is_custom());
    if custom || !matches!(request.verb, Verb::List | Verb::DeleteCollection) {
        return answer;
    }
    // A list was made for this answer alone: nothing is copied here.
    if let Some(items) = Arc::make_mut(&mut answer)["items"].as_array_mut() {
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.remove("apiVersion");
            item.remove("kind");
        }
    }
    answer
}

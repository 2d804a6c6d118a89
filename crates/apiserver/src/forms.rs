//! Objects in other forms: rows for people, and metadata alone.

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

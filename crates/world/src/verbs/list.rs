//! `list`: the objects of a kind, selected, page by page, as they were at one version.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::store::Store;
use crate::verbs::{Call, in_version};
use crate::{Request, Response, Selection, Status, WatchEventType, meta};

/// What a list request selects: one page, not yet put into a list object.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// The objects, by namespace and name, in the requested version.
    pub objects: Vec<Arc<Value>>,
    /// The `metadata` of the list: resourceVersion, continue, remainingItemCount.
    pub metadata: Value,
}

/// Reads a collection.
pub(crate) fn list(call: &Call<'_>) -> Result<Response, Status> {
    let selected = select(call.store, call.request)?;
    let items: Vec<Value> = selected.objects.iter().map(|object| Value::clone(object)).collect();
    let body = json!({
        "apiVersion": crate::kinds::api_version(&call.kind.group, &call.request.resource.version),
        "kind": format!("{}List", call.kind.kind),
        "metadata": selected.metadata,
        "items": items,
    });
    Ok(Response { code: 200, body: body.into(), warnings: Vec::new() })
}

/// Selects the objects of one page.
pub(crate) fn select(store: &Store, request: &Request) -> Result<Selected, Status> {
    let (resource, options) = (&request.resource, &request.options);
    let kind = store.kind(&resource.group, &resource.plural).ok_or_else(Status::no_such_path)?;
    let selection = Selection::of(options, &resource.group, &resource.plural)?;
    let page = Page::of(request, store.version())?;
    let all = at_version(store, request, page.version)?;
    let begin = page.after.as_ref();
    let mut matching = all
        .iter()
        .filter(|object| begin.is_none_or(|begin| key(object) > (begin.0.as_str(), begin.1.as_str())))
        .filter(|object| selection.is_everything() || selection.matches(object));
    let limit = if options.limit == 0 { usize::MAX } else { options.limit };
    let objects: Vec<Arc<Value>> = matching.by_ref().take(limit).cloned().collect();
    let remaining = matching.count();
    let mut metadata = json!({"resourceVersion": page.version.to_string()});
    if let (true, Some(last)) = (remaining > 0, objects.last()) {
        let (namespace, name) = key(last);
        metadata["continue"] = format!("{}/{namespace}/{name}", page.version).into();
        if selection.is_everything() {
            metadata["remainingItemCount"] = remaining.into();
        }
    }
    let objects = objects.into_iter().map(|object| in_version(kind, &resource.version, object)).collect();
    Ok(Selected { objects, metadata })
}

/// Which version is read, and where the page begins.
struct Page {
    version: u64,
    after: Option<(String, String)>,
}

impl Page {
    fn of(request: &Request, latest: u64) -> Result<Self, Status> {
        let options = &request.options;
        if !options.continue_token.is_empty() {
            return Self::continued(&options.continue_token).ok_or_else(|| {
                Status::bad_request("continue key is not valid: encoded as version/namespace/name")
            });
        }
        let asked = options.resource_version.as_str();
        let invalid = |_| {
            Status::bad_request(format!(
                "Invalid value: {asked:?}: strconv.ParseUint: parsing {asked:?}: invalid syntax"
            ))
        };
        let asked: u64 = if asked.is_empty() { 0 } else { asked.parse().map_err(invalid)? };
        if asked > latest {
            let message = format!("Too large resource version: {asked}, current: {latest}");
            return Err(Status::new(504, "Timeout", message));
        }
        let exact = options.resource_version_match == "Exact" && asked > 0;
        Ok(Self { version: if exact { asked } else { latest }, after: None })
    }

    fn continued(token: &str) -> Option<Self> {
        let (version, rest) = token.split_once('/')?;
        let (namespace, name) = rest.split_once('/')?;
        Some(Self { version: version.parse().ok()?, after: Some((namespace.to_owned(), name.to_owned())) })
    }
}

fn key(object: &Value) -> (&str, &str) {
    (meta::namespace(object), meta::name(object))
}

/// The collection as it was at `version`: today's, with the log undone from its end.
fn at_version(store: &Store, request: &Request, version: u64) -> Result<Vec<Arc<Value>>, Status> {
    let resource = &request.resource;
    let today = store.list(&resource.group, &resource.plural, &resource.namespace);
    if version >= store.version() {
        return Ok(today.cloned().collect());
    }
    let mut then: BTreeMap<(String, String), Arc<Value>> =
        today.map(|object| (owned(object), object.clone())).collect();
    let undone = store.events_after(version).map_err(|_| expired_continue())?;
    let concerned = |event: &&crate::WatchEvent| {
        *event.group == *resource.group
            && *event.plural == *resource.plural
            && (resource.namespace.is_empty() || meta::namespace(&event.object) == resource.namespace)
    };
    for event in undone.rev().filter(concerned) {
        match (&event.previous, event.kind) {
            (Some(previous), WatchEventType::Modified | WatchEventType::Deleted) => {
                then.insert(owned(&event.object), previous.clone());
            }
            _ => drop(then.remove(&owned(&event.object))),
        }
    }
    Ok(then.into_values().collect())
}

fn owned(object: &Value) -> (String, String) {
    let (namespace, name) = key(object);
    (namespace.to_owned(), name.to_owned())
}

fn expired_continue() -> Status {
    Status::new(
        410,
        "Expired",
        "The provided continue parameter is too old to display a consistent list result. You can start a new list \
         without the continue parameter.",
    )
}

//! Where a watch begins.

use std::collections::VecDeque;

use serde_json::json;
use tokio::time::Instant;
use world::{Request, Selection, Status, Verb};

use super::line::Encoder;
use super::{BOOKMARK_EVERY, LONGEST, Watcher};
use crate::objects::Call;
use crate::{events, query};

/// A watch of one object by its URL is a watch of the collection for that name.
pub(super) fn one_object(call: &mut Call) -> Result<(), Status> {
    if !call.resource.subresource.is_empty() {
        return Err(Status::method_not_allowed());
    }
    let name = std::mem::take(&mut call.resource.name);
    let fields = &mut call.query.options.field_selector;
    if !fields.is_empty() {
        fields.push(',');
    }
    fields.push_str("metadata.name=");
    fields.push_str(&name);
    Ok(())
}

impl Watcher {
    /// Decides what is told first (spec of the API, "Semantics for watch"): nothing asked or "0" is the present
    /// objects and then on; a version is what came after it; `sendInitialEvents` says it outright.
    pub(super) fn begin(call: Call, how: &query::Watch) -> Result<Self, Status> {
        let Call { shared, mut resource, mut query, accept, .. } = call;
        let encoder = Encoder::new(&resource, accept.form, query.include_object.clone());
        events::to_core(&mut resource, &mut query.options, &mut None);
        let options = &query.options;
        check(options, how)?;
        let asked = version(&options.resource_version)?;
        let initial = how.initial_events.unwrap_or(asked == 0);
        let selection = Selection::of(options, &resource.group, &resource.plural)?;
        let (kind, cursor, objects, cut) = shared.with(|world, _| {
            let kind =
                world.kind(&resource.group, &resource.plural).ok_or_else(Status::no_such_path)?.clone();
            if !kind.versions.contains(&resource.version) {
                return Err(Status::no_such_path());
            }
            let present = world.version();
            if asked > present {
                // The client has seen another world than this one, such as the one before a restart. It is told so as
                // the real server tells that a version is too old: in the stream, where clients begin anew.
                return Ok((kind, present, Vec::new(), Some(Status::expired(asked, present))));
            }
            if initial {
                let request = Request {
                    verb: Verb::List,
                    resource: resource.clone(),
                    options: options.clone(),
                    body: None,
                };
                return Ok((kind, present, world.select(&request)?.objects, None));
            }
            Ok((kind, if asked == 0 { present } else { asked }, Vec::new(), None))
        })?;
        if !kind.namespaced {
            resource.namespace.clear();
        }
        let now = Instant::now();
        let encoder = encoder.kind(&kind);
        Ok(Self {
            shared,
            resource,
            selection,
            encoder,
            cursor,
            initial: VecDeque::from(objects),
            mark_end: how.initial_events == Some(true),
            bookmarks: how.bookmarks,
            next_bookmark: now + BOOKMARK_EVERY,
            deadline: now + how.timeout.unwrap_or(LONGEST).min(LONGEST.saturating_mul(24)),
            cut,
            over: false,
        })
    }
}

fn version(asked: &str) -> Result<u64, Status> {
    if asked.is_empty() {
        return Ok(0);
    }
    asked.parse().map_err(|_| invalid("resourceVersion", &format!("Invalid value: {asked:?}: not a version")))
}

fn check(options: &world::Options, how: &query::Watch) -> Result<(), Status> {
    match (how.initial_events, options.resource_version_match.as_str()) {
        (None, "") | (Some(_), "NotOlderThan") => {}
        (None, _) => {
            return Err(invalid(
                "resourceVersionMatch",
                "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            ));
        }
        (Some(_), "") => {
            return Err(invalid(
                "resourceVersionMatch",
                "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            ));
        }
        (Some(_), other) => {
            let why = format!("Unsupported value: {other:?}: supported values: \"NotOlderThan\"");
            return Err(invalid("resourceVersionMatch", &why));
        }
    }
    if how.initial_events == Some(true) && !how.bookmarks {
        return Err(invalid(
            "allowWatchBookmarks",
            "Forbidden: sendInitialEvents requires allowWatchBookmarks",
        ));
    }
    Ok(())
}

fn invalid(field: &str, why: &str) -> Status {
    Status {
        code: 422,
        reason: "Invalid",
        message: format!("ListOptions.meta.k8s.io \"\" is invalid: {field}: {why}"),
        details: json!({
            "group": "meta.k8s.io", "kind": "ListOptions", "causes": [{"message": why, "field": field}],
        }),
    }
}

//! The same object twice in one bundle.

use std::collections::BTreeMap;

use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    let mut first = BTreeMap::new();
    for object in bundle.objects.iter().filter(|object| !object.name.is_empty()) {
        let key =
            (object.api_version.as_str(), object.kind.as_str(), object.namespace.as_str(), &object.name);
        match first.get(&key) {
            None => {
                first.insert(key, object);
            }
            Some(earlier) => {
                let place = bundle.place(earlier.source, earlier.document.position_of(""));
                let message = format!(
                    "{} also stands in {}:{}: whichever is applied last wins",
                    object.title(),
                    place.file,
                    place.line
                );
                sink.at(
                    object,
                    "/metadata/name",
                    draft(message, "keep one of them, or give it another name"),
                );
            }
        }
    }
}

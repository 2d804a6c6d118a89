//! Documents that cannot be read as manifests.

use crate::bundle::{Bundle, Why};
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for unread in &bundle.unread {
        let place = bundle.place(unread.source, unread.position);
        match &unread.why {
            Why::Syntax(text) => {
                let remedy = "mend the syntax; until then nothing of this document is applied or checked";
                sink.anywhere(place, draft(format!("this cannot be read: {text}"), remedy));
            }
            Why::NotAMapping => {
                let message = "this document is no mapping, so it is no Kubernetes object";
                sink.anywhere(place, draft(message, "begin it with `apiVersion:` and `kind:`"));
            }
            Why::NoKind => {
                let message = "this document has no `kind`, so it is no Kubernetes object";
                let remedy = "write `apiVersion:` and `kind:`, or leave the file out of the bundle";
                sink.anywhere(place, draft(message, remedy));
            }
            Why::Template(_) => {}
        }
    }
}

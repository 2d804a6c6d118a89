//! Which request this is: W3C Trace Context (level 1), and a request id for people.

use http::{HeaderMap, HeaderName, HeaderValue};
use rand::RngCore as _;

/// Carries the trace through every service.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// What a client calls its request; the trace's id when it has no name for it.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The place of a request in its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    /// 32 hex digits, the same in every service.
    pub(crate) id: String,
    /// 16 hex digits, of this service's part.
    pub(crate) span: String,
    /// Whether somebody records it.
    sampled: bool,
    request: Option<HeaderValue>,
}

impl Trace {
    /// Goes on with the trace that the headers name, or begins one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(TRACEPARENT).and_then(|value| parse(value.to_str().ok()?));
        let (id, sampled) = given.unwrap_or_else(|| (hex(16), false));
        // Only what can stand in a log line as it is.
        let plain = |value: &&HeaderValue| {
            let text = value.as_bytes();
            (1..=128).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic)
        };
        Self { id, span: hex(8), sampled, request: headers.get(REQUEST_ID).filter(plain).cloned() }
    }

    /// Names the request in the answer.
    pub(crate) fn sign(&self, headers: &mut HeaderMap) {
        let parent = format!("00-{}-{}-0{}", self.id, self.span, u8::from(self.sampled));
        if let Ok(parent) = HeaderValue::try_from(parent) {
            headers.insert(TRACEPARENT, parent);
        }
        let id = self.request.clone().or_else(|| HeaderValue::try_from(self.id.as_str()).ok());
        if let Some(id) = id {
            headers.insert(REQUEST_ID, id);
        }
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>`; ids of zeros are none.
fn parse(text: &str) -> Option<(String, bool)> {
    let mut parts = text.split('-');
    let (version, id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let known = is_hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    let ids = is_hex(id, 32) && is_hex(span, 16) && id.contains(|c| c != '0') && span.contains(|c| c != '0');
    let flags = u8::from_str_radix(flags, 16).ok().filter(|_| is_hex(flags, 2))?;
    (known && ids).then(|| (id.to_owned(), flags & 1 == 1))
}

fn hex(bytes: usize) -> String {
    let random = u128::from(rand::rng().next_u64()) << 64 | u128::from(rand::rng().next_u64());
    format!("{random:032x}").chars().take(2 * bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_recommendation_allows_is_gone_on_with() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(parse(good), Some(("4bf92f3577b34da6a3ce929d0e0e4736".to_owned(), true)));
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}

//! Which request this is: W3C Trace Context (level 1), and a request id for people.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use rand::RngCore as _;

/// Carries the trace through every service.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// What a client calls its request; the trace's id when it has no name for it.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The place of a request in its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    /// The same in every service.
    pub(crate) id: Hex<32>,
    /// Of this service's part.
    pub(crate) span: Hex<16>,
    /// Whether somebody records it.
    sampled: bool,
    request: Option<HeaderValue>,
}

impl Trace {
    /// Goes on with the trace that the headers name, or begins one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(TRACEPARENT).and_then(|value| parse(value.to_str().ok()?));
        let mut random = rand::rng();
        let mut next = || u128::from(random.next_u64());
        // Ids of zeros are none; a random one is not all zeros with this bit.
        let (id, sampled) = given.unwrap_or_else(|| (Hex::of(next() << 64 | next() | 1), false));
        // Only what can stand in a log line as it is.
        let plain = |value: &&HeaderValue| {
            let text = value.as_bytes();
            (1..=128).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic)
        };
        Self {
            id,
            span: Hex::of(next() | 1),
            sampled,
            request: headers.get(REQUEST_ID).filter(plain).cloned(),
        }
    }

    /// Names the request in the answer.
    pub(crate) fn sign(&self, headers: &mut HeaderMap) {
        let mut parent = *b"00-................................-................-00";
        for (at, part) in [(3, &self.id.0[..]), (36, &self.span.0[..])] {
            for (to, from) in parent.iter_mut().skip(at).zip(part) {
                *to = *from;
            }
        }
        if let Some(flags) = parent.last_mut() {
            *flags = if self.sampled { b'1' } else { b'0' };
        }
        if let Ok(parent) = HeaderValue::from_bytes(&parent) {
            headers.insert(TRACEPARENT, parent);
        }
        let id = self.request.clone().or_else(|| HeaderValue::from_bytes(&self.id.0).ok());
        if let Some(id) = id {
            headers.insert(REQUEST_ID, id);
        }
    }
}

/// So many lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hex<const DIGITS: usize>([u8; DIGITS]);

impl<const DIGITS: usize> Hex<DIGITS> {
    /// The last digits of a number.
    fn of(number: u128) -> Self {
        let mut digits = [b'0'; DIGITS];
        let mut left = number;
        for digit in digits.iter_mut().rev() {
            // Four bits are one of sixteen.
            *digit = b"0123456789abcdef".get((left & 15) as usize).copied().unwrap_or(b'0');
            left >>= 4;
        }
        Self(digits)
    }

    /// A text, if it is so many of them and not all are zeros.
    fn parse(text: &str) -> Option<Self> {
        let digits: [u8; DIGITS] = text.as_bytes().try_into().ok()?;
        let hex = digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (hex && digits.iter().any(|byte| *byte != b'0')).then_some(Self(digits))
    }
}

impl<const DIGITS: usize> fmt::Display for Hex<DIGITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl<const DIGITS: usize> fmt::Debug for Hex<DIGITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>`; ids of zeros are none.
fn parse(text: &str) -> Option<(Hex<32>, bool)> {
    let mut parts = text.split('-');
    let (version, id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let byte = |text: &str| {
        let plain = text.len() == 2 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        u8::from_str_radix(text, 16).ok().filter(|_| plain)
    };
    let version = byte(version)?;
    let known = version != 0xff && (version != 0 || parts.next().is_none());
    let (id, _span, flags) = (Hex::parse(id)?, Hex::<16>::parse(span)?, byte(flags)?);
    known.then_some((id, flags & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_recommendation_allows_is_gone_on_with() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(parse(good), Some((Hex(*b"4bf92f3577b34da6a3ce929d0e0e4736"), true)));
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

    #[test]
    fn numbers_are_written_with_their_leading_zeros() {
        assert_eq!(Hex::<16>::of(0xab).to_string(), "00000000000000ab");
        assert_eq!(Hex::<32>::of(u128::MAX).to_string(), "f".repeat(32));
    }
}

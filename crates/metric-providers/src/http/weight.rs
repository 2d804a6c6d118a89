//! What a body becomes when it is read: a few bytes of JSON can take eighty times as many.

use crate::Fault;

/// Most that an answer may weigh. With [`super::rooms`] it keeps the answers that are read at the same time within about
/// 100 MiB, whatever metrics are asked for.
pub(super) const MOST: usize = 16 << 20;

/// A list has room for four values of 32 bytes from the beginning.
const LIST: usize = 128;
/// An object with a member is a node of a tree, with room for eleven.
const OBJECT: usize = 640;
/// One more value: lists grow by doubling, and nodes of a tree are often half empty.
const ITEM: usize = 96;
/// A text has its own place.
const TEXT: usize = 16;

/// Refuses a body that weighs too much; what is no JSON is kept as it is, and weighs nothing.
pub(super) fn check(body: &[u8]) -> Result<(), Fault> {
    let weight = of(body);
    if weight > MOST { Err(Fault::TooMuch { weight, most: MOST }) } else { Ok(()) }
}

/// About how many bytes a body takes as `serde_json::Value`; it need not be valid.
fn of(body: &[u8]) -> usize {
    let mut bytes = body.trim_ascii_start().iter();
    if !matches!(bytes.as_slice().first(), Some(b'[' | b'{')) {
        return 0;
    }
    let mut weight = 0;
    while let Some(byte) = bytes.next() {
        weight += match byte {
            b'[' => LIST,
            b'{' => OBJECT,
            b',' => ITEM,
            b'"' => TEXT + text(&mut bytes),
            _ => 0,
        };
    }
    weight
}

/// Reads on to the end of a text, and tells its length.
fn text(bytes: &mut std::slice::Iter<'_, u8>) -> usize {
    let before = bytes.len();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
    before - bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_weigh_what_they_take_and_texts_their_length() {
        for (body, weight) in [
            ("", 0),
            ("1,2,3", 0),
            (" [1,2]", LIST + ITEM),
            (r#"{"a":[]}"#, OBJECT + TEXT + 2 + LIST),
            (r#"["a,[{\"","b"]"#, LIST + TEXT + 7 + ITEM + TEXT + 2),
            ("[\"open", LIST + TEXT + 4),
        ] {
            assert_eq!(of(body.as_bytes()), weight, "{body}");
        }
    }

    #[test]
    fn a_body_of_small_values_is_refused_and_one_of_points_is_not() {
        let many =
            |item: &str| format!("[{}]", vec![item; super::super::MAX_BODY / (item.len() + 1)].join(","));
        for item in ["1", "[]", "{\"a\":1}"] {
            assert!(check(many(item).as_bytes()).is_err(), "{item}");
        }
        // Seven metrics at every minute of four days.
        let points = vec!["[1700000000.123,\"0.9876543210\"]"; 7 * 4 * 1_440].join(",");
        assert_eq!(check(format!("[{points}]").as_bytes()), Ok(()));
        assert_eq!(check(many(&format!("\"{}\"", "a".repeat(100_000))).as_bytes()), Ok(()));
    }
}

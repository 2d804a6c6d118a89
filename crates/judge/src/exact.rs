//! Numbers as text that reads back as the same bits, infinities included, whatever the format around them.
//!
//! JSON has no infinity, and not every reader of JSON rounds correctly. A state that is restored must give the same
//! answers bit for bit, so its numbers travel as one string: shortest decimals, separated by blanks.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

fn text(values: &[f64]) -> String {
    let words: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    words.join(" ")
}

fn numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let number = |word: &str| match word.parse::<f64>() {
        Ok(number) if !number.is_nan() => Ok(number),
        _ => Err(D::Error::custom(format!("`{word}` is no number of a saved judge"))),
    };
    text.split_whitespace().map(number).collect()
}

/// A fixed number of numbers.
pub(crate) mod array {
    use super::{Deserializer, Serializer, numbers, text};
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer, const N: usize>(
        values: &[f64; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(values))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[f64; N], D::Error> {
        let values = numbers(deserializer)?;
        let found = values.len();
        <[f64; N]>::try_from(values)
            .map_err(|_| D::Error::custom(format!("{found} numbers where a saved judge has {N}")))
    }
}

/// Any number of numbers.
pub(crate) mod list {
    use super::{Deserializer, Serializer, numbers, text};

    pub(crate) fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(values))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        numbers(deserializer)
    }
}

/// One number.
pub(crate) mod one {
    use super::{Deserializer, Serializer, array};

    // serde's `with` hands out a reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        array::serialize(&[*value], serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        let [value] = array::deserialize(deserializer)?;
        Ok(value)
    }
}

/// A number, or nothing.
pub(crate) mod maybe {
    use super::{Deserializer, Serializer, list};

    // serde's `with` hands out a reference.
    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        list::serialize(value.as_slice(), serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        Ok(list::deserialize(deserializer)?.first().copied())
    }
}

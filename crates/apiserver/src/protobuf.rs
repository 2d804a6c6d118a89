//! Bodies in Kubernetes' protobuf, as typed Go clients send them for the built-in kinds, read into JSON.
//!
//! The layout of the kinds is a table (see `kinds`): one reader serves them all, and a new kind is a new line.

mod reader;
mod value;

use serde_json::Value;
use world::Status;

use crate::kinds::SCHEMA;
use reader::{Field, Fields};

/// What every protobuf body of Kubernetes begins with.
const MAGIC: &[u8] = b"k8s\0";

/// Why bytes are not an object.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the body does not begin with the four bytes k8s\\0")]
    NoMagic,
    #[error("the bytes end in the middle of a field")]
    Truncated,
    #[error("field {0} of {1} has wire type {2}, which does not fit it")]
    WireType(u64, &'static str, u8),
    #[error("field {0} of {1} is not UTF-8")]
    NotText(u64, &'static str),
    #[error("field {0} of {1} holds bytes that are not JSON")]
    NotJson(u64, &'static str),
    #[error("messages are nested more than {0} deep")]
    TooDeep(usize),
    #[error("no kind {kind} of {api_version} is known in protobuf; send it as JSON")]
    UnknownKind {
        /// Group and version.
        api_version: String,
        /// Kind.
        kind: String,
    },
}

impl From<Malformed> for Status {
    fn from(why: Malformed) -> Self {
        Self::bad_request(format!("the protobuf body cannot be read: {why}"))
    }
}

/// Reads the envelope (`runtime.Unknown`: 1 = type, 2 = raw) and the object within.
pub(crate) fn decode(bytes: &[u8]) -> Result<Value, Malformed> {
    let envelope = bytes.strip_prefix(MAGIC).ok_or(Malformed::NoMagic)?;
    let (mut meta, mut raw): (&[u8], &[u8]) = (&[], &[]);
    for field in Fields::of(envelope) {
        match field? {
            (1, Field::Bytes(bytes)) => meta = bytes,
            (2, Field::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let (mut api_version, mut kind) = (String::new(), String::new());
    for field in Fields::of(meta) {
        match field? {
            (1, Field::Bytes(bytes)) => api_version = String::from_utf8_lossy(bytes).into_owned(),
            (2, Field::Bytes(bytes)) => kind = String::from_utf8_lossy(bytes).into_owned(),
            _ => {}
        }
    }
    let Some(message) = SCHEMA.kind(&api_version, &kind) else {
        return Err(Malformed::UnknownKind { api_version, kind });
    };
    let mut object = value::message(&SCHEMA, message, raw, 0)?;
    object.insert("apiVersion".to_owned(), api_version.into());
    object.insert("kind".to_owned(), kind.into());
    Ok(Value::Object(object))
}

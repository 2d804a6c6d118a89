//! A journal as bytes.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::entry::VERSION;
use crate::{Error, Journal};

/// The largest journal, compressed. A ConfigMap holds 1 MiB, and its metadata needs some of it.
pub const MOST_BYTES: usize = 900 * 1024;
/// The largest journal, unpacked: whoever made the ConfigMap must not be able to fill the reader's memory.
const MOST_UNPACKED: u64 = 256 * 1024 * 1024;

impl Journal {
    /// The journal, compressed. As many of the oldest entries are dropped as must be for it to stay below `most` bytes.
    pub fn pack(&mut self, most: usize) -> Result<Vec<u8>, Error> {
        loop {
            let bytes = compressed(self)?;
            if bytes.len() <= most {
                return Ok(bytes);
            }
            if self.len() <= 1 {
                return Err(Error::TooLarge { bytes: bytes.len() });
            }
            self.drop_oldest(self.len().div_ceil(8).min(self.len() - 1));
        }
    }

    /// The journal that was packed into `bytes`.
    pub fn unpack(bytes: &[u8]) -> Result<Self, Error> {
        let mut text = Vec::new();
        let mut unpacked = GzDecoder::new(bytes).take(MOST_UNPACKED);
        unpacked.read_to_end(&mut text).map_err(|error| malformed(&error))?;
        Self::from_json(&text)
    }

    /// The journal in a text of JSON.
    pub fn from_json(text: &[u8]) -> Result<Self, Error> {
        Self::from_value(serde_json::from_slice(text).map_err(|error| malformed(&error))?)
    }

    /// The journal in a value of JSON.
    pub fn from_value(value: serde_json::Value) -> Result<Self, Error> {
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(VERSION) => serde_json::from_value(value).map_err(|error| malformed(&error)),
            Some(found) => Err(Error::Version { found }),
            None => Err(Error::Malformed("it has no version".to_owned())),
        }
    }
}

fn compressed(journal: &Journal) -> Result<Vec<u8>, Error> {
    let text = serde_json::to_vec(journal).map_err(|error| malformed(&error))?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&text).map_err(|error| malformed(&error))?;
    encoder.finish().map_err(|error| malformed(&error))
}

fn malformed(error: &dyn std::error::Error) -> Error {
    Error::Malformed(error.to_string())
}

//! Where a region's service answers, and whom to believe that it is the one.

use std::fmt;
use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Where a region's service answers: an address alone, or with how to get there.
///
/// ```
/// let file = aviary_regions::File::parse("
/// regions:
///   us-east-1: https://us.api.example.com
///   eu-west-1: {address: 'https://api.example.com', connect: 'eu.elb.example.com:443', caFile: /etc/aviary/ca.pem}
/// checks: [{name: health, path: /healthz, certificateValidFor: 168h}]
/// ")?;
/// assert_eq!(file.regions["eu-west-1"].connect.as_deref(), Some("eu.elb.example.com:443"));
/// # Ok::<(), aviary_regions::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `http://` or `https://`. Its host is what the `host` header and TLS (SNI, the certificate's name) say.
    pub address: String,
    /// `HOST:PORT` to connect to instead of the address's host: one region behind a name that all of them share. A
    /// port in the address counts more than this one.
    pub connect: Option<String>,
    /// PEM file with the certificate authorities that are believed, and no others; those of the system if absent.
    pub ca_file: Option<PathBuf>,
}

impl From<&str> for Endpoint {
    fn from(address: &str) -> Self {
        Self { address: address.to_owned(), connect: None, ca_file: None }
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EndpointVisitor)
    }
}

/// By hand, because an untagged enum would hide what is wrong with a field.
struct EndpointVisitor;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fields {
    address: String,
    connect: Option<String>,
    ca_file: Option<PathBuf>,
}

impl<'de> Visitor<'de> for EndpointVisitor {
    type Value = Endpoint;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address, or {address: .., connect: .., caFile: ..}")
    }

    fn visit_str<E: serde::de::Error>(self, address: &str) -> Result<Endpoint, E> {
        Ok(address.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Endpoint, A::Error> {
        let Fields { address, connect, ca_file } = Fields::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Endpoint { address, connect, ca_file })
    }
}

//! Signature Version 4 as a server of AWS makes it again, of the request that it received.

use sha2::{Digest as _, Sha256};
use wiremock::Request;

/// What a server receives.
#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    /// As it stands on the wire.
    pub(crate) query: String,
    /// With lower case names.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn of(request: &Request) -> Self {
        let headers = request.headers.iter();
        Self {
            method: request.method.to_string(),
            path: request.url.path().to_owned(),
            query: request.url.query().unwrap_or_default().to_owned(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()))
                .collect(),
            body: request.body.clone(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        &found.unwrap_or_else(|| panic!("no header {name}")).1
    }

    /// A part of the `Authorization`.
    pub(crate) fn shown(&self, part: &str) -> &str {
        let parts = self.header("authorization").strip_prefix("AWS4-HMAC-SHA256 ").unwrap();
        parts.split(", ").find_map(|it| it.strip_prefix(part)?.strip_prefix('=')).unwrap()
    }

    /// The signature that belongs to it, by the headers and the scope that it names.
    pub(crate) fn signature(&self, secret: &str) -> String {
        let signed = self.shown("SignedHeaders");
        let line = |name| format!("{name}:{}\n", self.header(name).trim());
        let headers = signed.split(';').map(line).collect::<Vec<_>>().concat();
        let (path, query, body) =
            (encoded(self.path.as_bytes(), "/"), self.parameters(), hex(&sha256(&self.body)));
        let canonical = format!("{}\n{path}\n{query}\n{headers}\n{signed}\n{body}", self.method);
        let (_, scope) = self.shown("Credential").split_once('/').unwrap();
        let canonical = hex(&sha256(canonical.as_bytes()));
        let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{canonical}", self.header("x-amz-date"));
        let first = format!("AWS4{secret}").into_bytes();
        let key = scope.split('/').fold(first, |key, part| hmac(&key, part.as_bytes()));
        hex(&hmac(&key, to_sign.as_bytes()))
    }

    /// Whether what it shows is the signature of one who has this secret.
    pub(crate) fn is_signed_by(&self, secret: &str) -> bool {
        self.shown("Signature") == self.signature(secret)
    }

    /// In the order of their names as they are encoded.
    fn parameters(&self) -> String {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        let again = |text: &str| encoded(&decoded(text), "");
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut pairs: Vec<_> = pairs.map(|(name, value)| (again(name), again(value))).collect();
        pairs.sort();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

/// All but letters, digits, `-._~` and what is to be left.
fn encoded(bytes: &[u8], left: &str) -> String {
    let one = |byte: &u8| match char::from(*byte) {
        c if c.is_ascii_alphanumeric() || "-._~".contains(c) || left.contains(c) => c.to_string(),
        _ => format!("%{byte:02X}"),
    };
    bytes.iter().map(one).collect()
}

/// A plus stands for itself: AWS writes a space as `%20`.
fn decoded(text: &str) -> Vec<u8> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    bytes
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// RFC 2104, for keys that are no longer than a block.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let (inner, outer) = (block.map(|byte| byte ^ 0x36), block.map(|byte| byte ^ 0x5c));
    sha256(&[&outer[..], &sha256(&[&inner[..], text].concat())].concat())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// Of AWS' published test suite: `get-vanilla`, `get-vanilla-query-order-key-case`, `post-x-www-form-urlencoded`.
#[test]
fn the_signatures_of_aws_own_test_suite_are_made() {
    let form = ("content-type", "application/x-www-form-urlencoded");
    for (method, query, more, body, expected) in [
        ("GET", "", None, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        (
            "GET",
            "Param2=value2&Param1=value1",
            None,
            "",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "POST",
            "",
            Some(form),
            "Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ] {
        let signed = if more.is_some() { "content-type;host;x-amz-date" } else { "host;x-amz-date" };
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders={signed}, Signature={expected}"
        );
        let headers = [
            ("host", "example.amazonaws.com"),
            ("x-amz-date", "20150830T123600Z"),
            ("authorization", &authorization),
        ];
        let headers = headers.into_iter().chain(more);
        let request = Received {
            method: method.to_owned(),
            path: "/".to_owned(),
            query: query.to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: body.into(),
        };
        assert_eq!(
            request.signature("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            expected,
            "{method} {query}"
        );
    }
}

//! One exchange over HTTP with limits.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Url};
use serde::Deserialize;

use crate::Fault;

/// Longest body that is read, in bytes, after decompression.
pub const MAX_BODY: usize = 4 << 20;

/// A header as a metric writes it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Header {
    key: String,
    #[serde(default)]
    value: String,
}

/// Reads a URL that has a host and a scheme that is served.
pub(crate) fn url(text: &str) -> Result<Url, Fault> {
    let url = Url::parse(text).map_err(|error| Fault::Config(format!("the URL cannot be read: {error}")))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        scheme => Err(Fault::Config(format!("unsupported protocol scheme {scheme:?}"))),
    }
}

/// Headers as written, the last of equal names counting. `Host` is not ours to set.
pub(crate) fn headers(written: &[Header]) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    for header in written {
        let refused = |_| Fault::Config(format!("{:?} is no header name", header.key));
        let name: HeaderName = header.key.parse().map_err(refused)?;
        let mut value: HeaderValue = (header.value.parse()).map_err(|_| {
            Fault::Config(format!("the value of header {:?} has bytes that none may have", header.key))
        })?;
        value.set_sensitive(true);
        if name != HOST {
            headers.insert(name, value);
        }
    }
    Ok(headers)
}

/// The value of a header that must not be shown; `what` names it in the error.
pub(crate) fn sensitive(text: &str, what: &str) -> Result<HeaderValue, Fault> {
    let value: Result<HeaderValue, _> = text.trim().parse();
    let mut value = value.map_err(|_| Fault::Config(format!("{what} has bytes that no header may have")))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Status and body of an answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// Sends and reads within `limit`, which covers the whole exchange.
pub(crate) async fn exchange(request: RequestBuilder, limit: Duration) -> Result<Reply, Fault> {
    if limit.is_zero() {
        return Err(Fault::Deadline(limit));
    }
    tokio::time::timeout(limit, sent(request)).await.map_err(|_| Fault::Deadline(limit))?
}

async fn sent(request: RequestBuilder) -> Result<Reply, Fault> {
    let mut response = request.send().await.map_err(broken)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Fault::TooLong(MAX_BODY));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, body })
}

/// All causes in one line, without the URL, whose query may hold secrets.
pub(crate) fn broken(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    Fault::Connection(text)
}

//! One question over HTTP, with limits: its time, the length of its answer, and where it may lead.

mod call;
mod redirect;
mod refusal;
mod rooms;
mod weight;

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;

use crate::Fault;
use crate::clients::{Door, Redirects};
use crate::egress::Refused;

pub(crate) use call::Call;
pub(crate) use refusal::unread;
pub(crate) use rooms::Rooms;

/// Longest body that is read, in bytes, after decompression.
pub const MAX_BODY: usize = 4 << 20;
/// A body that is longer waits for a place among the long ones.
const LONG: usize = 64 << 10;
/// Redirects that are followed.
const MAX_REDIRECTS: usize = 10;

/// A header as a metric writes it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Header {
    key: String,
    #[serde(default)]
    value: String,
}

/// Reads a URL that has a host and a scheme that is served.
pub(crate) fn url(text: &str) -> Result<Url, Fault> {
    // Go's words, which are the specification's.
    if text.starts_with(':') {
        return Err(Fault::Config(format!("parse {text:?}: missing protocol scheme")));
    }
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

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// A long body's place, for as long as it is read: what is made of it is made meanwhile.
    _place: Option<OwnedSemaphorePermit>,
}

impl Reply {
    /// `500 Internal Server Error`.
    pub(crate) fn status_line(&self) -> String {
        let reason = StatusCode::from_u16(self.status).ok().and_then(|code| code.canonical_reason());
        reason.map_or_else(|| self.status.to_string(), |reason| format!("{} {reason}", self.status))
    }

    /// A header as text; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// At most 1000 characters of a foreign text: it goes into a status, where room is scarce.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 1000;
    if text.chars().nth(MOST).is_none() {
        text.to_owned()
    } else {
        text.chars().take(MOST).chain(['…']).collect()
    }
}

impl Door {
    /// Asks and reads within `limit`, which covers the whole exchange with its redirects.
    pub(crate) async fn ask(&self, call: Call, limit: Duration) -> Result<Reply, Fault> {
        if limit.is_zero() {
            return Err(Fault::Deadline(limit));
        }
        tokio::time::timeout(limit, self.followed(call)).await.map_err(|_| Fault::Deadline(limit))?
    }

    async fn followed(&self, mut call: Call) -> Result<Reply, Fault> {
        for _ in 0..=MAX_REDIRECTS {
            // A literal address never meets the resolver, so it is checked here, as are all names.
            self.egress.check_url(&call.url).map_err(|refused| Fault::Egress(Box::new(refused)))?;
            // Held until the answer is read, and no longer than the exchange may take.
            let _place = self.rooms.enter(&call.url).await;
            let response = call.request(&self.client).send().await.map_err(broken)?;
            let target = match self.redirects {
                Redirects::Followed => redirect::target(&call.url, &response)?,
                Redirects::Refused => None,
            };
            match target {
                Some(url) => call = redirect::follow(call, url, response.status())?,
                None => return read(response, &self.rooms).await,
            }
        }
        Err(Fault::Connection(format!("stopped after {MAX_REDIRECTS} redirects")))
    }
}

async fn read(mut response: Response, rooms: &Rooms) -> Result<Reply, Fault> {
    let (status, headers) = (response.status(), response.headers().clone());
    let mut body = Vec::new();
    let place = if more(&mut response, &mut body, LONG).await? {
        None
    } else {
        let arriving = rooms.arriving().await;
        // Whoever begins a long answer and then says nothing keeps a place from others, though not for long.
        let within = rooms.arrives_within;
        let rest = tokio::time::timeout(within, more(&mut response, &mut body, MAX_BODY)).await;
        if !rest.map_err(|_| Fault::Slow(within))?? || body.len() > MAX_BODY {
            return Err(Fault::TooLong(MAX_BODY));
        }
        let place = rooms.long().await;
        drop(arriving);
        place
    };
    weight::check(&body)?;
    // What is no success may be asked again while this answer is still there, and must not wait for itself.
    let place = place.filter(|_| status.is_success());
    Ok(Reply { status: status.as_u16(), headers, body, _place: place })
}

/// Reads on until the end, or until there are more bytes than `most`; whether it was the end.
async fn more(response: &mut Response, body: &mut Vec<u8>, most: usize) -> Result<bool, Fault> {
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        body.extend_from_slice(&chunk);
        if body.len() > most {
            return Ok(false);
        }
    }
    Ok(true)
}

/// All causes in one line, without the URL, whose query may hold secrets.
pub(crate) fn broken(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<Refused>() {
            return Fault::Egress(Box::new(refused.clone()));
        }
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    Fault::Connection(text)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that begins a long answer to `/begun` and says no more; to all else it says all.
    async fn server() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut asked = [0; 16];
                    stream.read_exact(&mut asked).await.unwrap();
                    let head = "HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n";
                    let body = vec![b' '; if asked.starts_with(b"GET /begun") { 100_000 } else { 200_000 }];
                    stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
                    // Until the other end goes away.
                    let _ = stream.read_to_end(&mut Vec::new()).await;
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn long_answers_that_begin_and_do_not_end_keep_no_place_for_long() {
        // Fails only if a provider is installed already, and then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (address, client) = (server().await, reqwest::Client::new());
        let mut rooms = Rooms::default();
        rooms.arrives_within = Duration::from_millis(300);
        let ask = |path: &'static str| {
            let (rooms, request) = (rooms.clone(), client.get(format!("{address}/{path}")));
            async move { read(request.send().await.unwrap(), &rooms).await.map(|reply| reply.body.len()) }
        };
        let mut begun: tokio::task::JoinSet<_> =
            (0..2 * rooms::MOST_ARRIVING).map(|_| ask("begun")).collect();
        assert_eq!(ask("whole").await.unwrap(), 200_000);
        while let Some(one) = begun.join_next().await {
            assert!(matches!(one.unwrap(), Err(Fault::Slow(_))));
        }
    }
}

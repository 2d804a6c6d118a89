//! One question over HTTP, with limits: its time, the length of its answer, and where it may lead.

mod call;
mod pace;
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
use tokio::time::Instant;

use crate::Fault;
use crate::clients::{Door, Redirects};
use crate::egress::Refused;

pub(crate) use call::Call;
use pace::{Budget, Pace};
pub(crate) use refusal::unread;
use rooms::Place;
pub(crate) use rooms::{MOST as MOST_AT_ONCE, Rooms};

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
        return Err(Fault::Config(format!("parse {:?}: missing protocol scheme", shortened(text))));
    }
    let url = Url::parse(text).map_err(|error| Fault::Config(format!("the URL cannot be read: {error}")))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        scheme => Err(Fault::Config(format!("unsupported protocol scheme {:?}", shortened(scheme)))),
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

/// At most 1000 characters of a foreign text: it goes into a status, where room is scarce. Secrets are often blanked later,
/// and the mark at the end tells [`crd::secrets`] that one may have lost its end here.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 1000;
    if text.chars().nth(MOST).is_none() {
        text.to_owned()
    } else {
        text.chars().take(MOST).chain(['…']).collect()
    }
}

impl Door {
    /// Asks and reads within `limit`, which covers the whole exchange with its redirects, and not what it waits for others:
    /// for a place among those who ask the same server, or among the long answers.
    pub(crate) async fn ask(&self, call: Call, limit: Duration) -> Result<Reply, Fault> {
        let mut budget = Budget::new(limit);
        let (response, place) = self.followed(call, &mut budget).await?;
        read(response, &place, &self.rooms, &mut budget).await
    }

    /// The answer at the end of all redirects, and the place among those who ask there, which is held until the answer is
    /// read.
    async fn followed(&self, mut call: Call, budget: &mut Budget) -> Result<(Response, Place), Fault> {
        for _ in 0..=MAX_REDIRECTS {
            // A literal address never meets the resolver, so it is checked here, as are all names.
            self.egress.check_url(&call.url).map_err(|refused| Fault::Egress(Box::new(refused)))?;
            let place = self.rooms.enter(&call.url).await?;
            let response = budget.spend(call.request(&self.client).send()).await?.map_err(broken)?;
            let target = match self.redirects {
                Redirects::Followed => redirect::target(&call.url, &response)?,
                Redirects::Refused => None,
            };
            match target {
                Some(url) => call = redirect::follow(call, url, response.status())?,
                None => return Ok((response, place)),
            }
        }
        Err(Fault::Connection(format!("stopped after {MAX_REDIRECTS} redirects")))
    }
}

async fn read(
    mut response: Response,
    at: &Place,
    rooms: &Rooms,
    budget: &mut Budget,
) -> Result<Reply, Fault> {
    let (status, headers) = (response.status(), response.headers().clone());
    let mut body = Vec::new();
    let place = if budget.spend(more(&mut response, &mut body, LONG)).await?? {
        None
    } else {
        let arriving = rooms.arriving(at).await?;
        budget.spend(rest(&mut response, &mut body, rooms.pace)).await??;
        let place = rooms.long().await?;
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

/// Reads on until the end. Whoever begins a long answer and then says little keeps a place from others, though not for long.
async fn rest(response: &mut Response, body: &mut Vec<u8>, pace: Pace) -> Result<(), Fault> {
    let (began, before) = (Instant::now(), body.len());
    loop {
        if body.len() > MAX_BODY {
            return Err(Fault::TooLong(MAX_BODY));
        }
        let next = pace.next(began.elapsed(), body.len() - before);
        let chunk = tokio::time::timeout(next, response.chunk()).await.map_err(|_| pace.missed())?;
        match chunk.map_err(broken)? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => return Ok(()),
        }
    }
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
mod tests;

//! Where a redirect leads, and what goes along: nothing that was meant for another host.

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION, USER_AGENT};
use reqwest::{Method, Response, StatusCode, Url};

use super::Call;
use crate::Fault;

/// The URL that an answer sends to, if it does.
pub(super) fn target(from: &Url, response: &Response) -> Result<Option<Url>, Fault> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(written) = response.headers().get(LOCATION) else { return Ok(None) };
    let refused = |reason: &str| Fault::Connection(reason.to_owned());
    let to = written.to_str().ok().and_then(|text| from.join(text).ok());
    let to = to.ok_or_else(|| refused("a redirect to what is no URL"))?;
    match (from.scheme(), to.scheme()) {
        ("http", "http" | "https") | ("https", "https") => Ok(Some(to)),
        ("https", _) => Err(refused("a redirect from https to another scheme is refused")),
        _ => Err(refused("a redirect to another scheme is refused")),
    }
}

/// The request for the URL that an answer of this status sends to.
pub(super) fn follow(call: Call, to: Url, status: StatusCode) -> Result<Call, Fault> {
    let Call { method, url, headers, body } = call;
    // As browsers and Go do: only 307 and 308 ask the same question again.
    let same = matches!(status.as_u16(), 307 | 308) || method == Method::GET;
    let (method, body) = if same { (method, body) } else { (Method::GET, Vec::new()) };
    if is_same_place(&url, &to) {
        return Ok(Call { method, url: to, headers, body });
    }
    if !body.is_empty() {
        let text =
            format!("a redirect of a {method} to another host is refused: its body was not meant for it");
        return Err(Fault::Connection(text));
    }
    let harmless = |name: &_| [ACCEPT, CONTENT_TYPE, USER_AGENT].contains(name);
    let headers: HeaderMap = headers
        .into_iter()
        .filter_map(|(name, value)| Some((name?, value)))
        .filter(|(name, _)| harmless(name))
        .collect();
    Ok(Call { method, url: to, headers, body })
}

/// The same host and port, or the same host reached by TLS instead of plain text at the usual ports.
fn is_same_place(from: &Url, to: &Url) -> bool {
    let upgraded = (from.scheme(), to.scheme()) == ("http", "https")
        && from.host_str() == to.host_str()
        && from.port().is_none()
        && to.port().is_none();
    from.origin() == to.origin() || upgraded
}

//! The HTTP clients that measurements share.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Client, ClientBuilder};
use serde::Deserialize;

use crate::Fault;
use crate::http;

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 10;
/// How long a client is used before the roots of trust and the proxy settings of the machine are read again.
const LIFETIME: Duration = Duration::from_secs(600);
/// How long a connection may idle: shorter than load balancers allow, so that none of them closes it under a question.
const IDLE: Duration = Duration::from_secs(5);

/// Whether certificates are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "bool")]
pub(crate) enum Tls {
    #[default]
    Verified,
    Insecure,
}

impl From<bool> for Tls {
    fn from(insecure: bool) -> Self {
        if insecure { Self::Insecure } else { Self::Verified }
    }
}

/// Whether the machine's proxy settings count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proxy {
    OfTheMachine,
    None,
}

/// Whether redirects are followed. Headers go with them, so a client that shows credentials in one stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redirects {
    Followed,
    Refused,
}

type Purpose = (Tls, Proxy, Redirects);

/// HTTP clients by what they must do, each made when it is first needed: reading a machine's roots of trust takes
/// milliseconds, so a client outlives its measurement. Clones share them.
#[derive(Clone, Default)]
pub struct Clients(Arc<Mutex<Vec<(Purpose, Instant, Client)>>>);

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clients")
    }
}

impl Clients {
    pub(crate) fn get(&self, tls: Tls, proxy: Proxy) -> Result<Client, Fault> {
        self.at(Instant::now(), (tls, proxy, Redirects::Followed))
    }

    /// One that may show credentials.
    pub(crate) fn get_trusted(&self) -> Result<Client, Fault> {
        self.at(Instant::now(), (Tls::Verified, Proxy::OfTheMachine, Redirects::Refused))
    }

    fn at(&self, now: Instant, wanted: Purpose) -> Result<Client, Fault> {
        let mut made = self.0.lock();
        made.retain(|(_, since, _)| now.saturating_duration_since(*since) < LIFETIME);
        if let Some((.., client)) = made.iter().find(|(what, ..)| *what == wanted) {
            return Ok(client.clone());
        }
        let client = build(wanted).build().map_err(http::broken)?;
        made.push((wanted, now, client.clone()));
        Ok(client)
    }
}

fn build((tls, proxy, redirects): Purpose) -> ClientBuilder {
    let builder = Client::builder()
        .tls_danger_accept_invalid_certs(tls == Tls::Insecure)
        .redirect(match redirects {
            Redirects::Followed => Policy::custom(follow),
            Redirects::Refused => Policy::none(),
        })
        .pool_idle_timeout(IDLE)
        .connect_timeout(Duration::from_secs(30));
    match proxy {
        Proxy::OfTheMachine => builder,
        Proxy::None => builder.no_proxy(),
    }
}

fn follow(attempt: Attempt<'_>) -> Action {
    let from_tls = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    if from_tls && attempt.url().scheme() != "https" {
        attempt.error("a redirect from https to another scheme is refused")
    } else if attempt.previous().len() > MAX_REDIRECTS {
        attempt.error("stopped after 10 redirects")
    } else {
        attempt.follow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_made_once_for_each_purpose_and_again_after_its_lifetime() {
        rustls::crypto::ring::default_provider().install_default().ok();
        let (clients, start) = (Clients::default(), Instant::now());
        let made =
            |at| -> Vec<_> { clients.0.lock().iter().filter(|it| it.1 == at).map(|it| it.0).collect() };
        let plain = (Tls::Verified, Proxy::OfTheMachine, Redirects::Followed);
        let insecure = (Tls::Insecure, Proxy::None, Redirects::Refused);
        for wanted in [plain, insecure, plain] {
            clients.at(start, wanted).unwrap();
        }
        assert_eq!(made(start), [plain, insecure]);
        let later = start + LIFETIME;
        clients.clone().at(later, plain).unwrap();
        assert_eq!((made(start), made(later)), (vec![], vec![plain]));
    }
}

//! The HTTP clients that measurements share.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Url};
use serde::Deserialize;

use crate::egress::{Egress, Resolver};
use crate::http::{self, MOST_AT_ONCE, Rooms};
use crate::{Ctx, Fault};

/// How long a client is used before the roots of trust and the proxy settings of the machine are read again.
const LIFETIME: Duration = Duration::from_secs(600);
/// How long a connection may idle: shorter than load balancers allow, so that none of them closes it under a question.
const IDLE: Duration = Duration::from_secs(5);
/// Where the machine's proxies stand.
const PROXIES: &[&str] =
    &["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

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

/// Whether redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redirects {
    Followed,
    Refused,
}

/// A way out: a client, where it may go, and whether it follows redirects.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) client: Client,
    pub(crate) egress: Egress,
    pub(crate) redirects: Redirects,
    pub(crate) rooms: Rooms,
}

impl Door {
    /// For a metric system whose address a metric gives.
    pub(crate) fn of(ctx: &Ctx<'_>, tls: Tls, proxy: Proxy) -> Result<Self, Fault> {
        Self::with(ctx, &ctx.egress, tls, proxy)
    }

    /// For one that is asked with credentials of its own: it has no business elsewhere.
    pub(crate) fn trusted(ctx: &Ctx<'_>) -> Result<Self, Fault> {
        let door = Self::of(ctx, Tls::Verified, Proxy::OfTheMachine)?;
        Ok(Self { redirects: Redirects::Refused, ..door })
    }

    /// For an address that the operator chose, and no metric: it is not guarded.
    pub(crate) fn chosen(ctx: &Ctx<'_>, tls: Tls, proxy: Proxy) -> Result<Self, Fault> {
        Self::with(ctx, &Egress::open(), tls, proxy)
    }

    fn with(ctx: &Ctx<'_>, egress: &Egress, tls: Tls, proxy: Proxy) -> Result<Self, Fault> {
        let client = ctx.clients.at(Instant::now(), &(tls, proxy, egress.clone()))?;
        Ok(Self {
            client,
            egress: egress.clone(),
            redirects: Redirects::Followed,
            rooms: ctx.clients.rooms.clone(),
        })
    }
}

type Purpose = (Tls, Proxy, Egress);

/// HTTP clients by what they must do, each made when it is first needed: reading a machine's roots of trust takes
/// milliseconds, so a client outlives its measurement. Clones share them, and the bound on requests to one server.
#[derive(Clone, Default)]
pub struct Clients {
    made: Arc<Mutex<Vec<(Purpose, Instant, Client)>>>,
    rooms: Rooms,
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clients")
    }
}

impl Clients {
    fn at(&self, now: Instant, wanted: &Purpose) -> Result<Client, Fault> {
        let mut made = self.made.lock();
        made.retain(|(_, since, _)| now.saturating_duration_since(*since) < LIFETIME);
        if let Some((.., client)) = made.iter().find(|(what, ..)| what == wanted) {
            return Ok(client.clone());
        }
        let client = build(wanted).build().map_err(http::broken)?;
        made.push((wanted.clone(), now, client.clone()));
        Ok(client)
    }
}

/// Redirects are followed by [`http`], which knows what may go along; a client follows none.
fn build((tls, proxy, egress): &Purpose) -> ClientBuilder {
    let builder = Client::builder()
        .tls_danger_accept_invalid_certs(*tls == Tls::Insecure)
        .redirect(Policy::none())
        .referer(false)
        .pool_idle_timeout(IDLE)
        // A connection that is handed back while another is made for its next user stays: no more than there are users.
        .pool_max_idle_per_host(MOST_AT_ONCE)
        .connect_timeout(Duration::from_secs(30));
    let (builder, proxies) = match proxy {
        Proxy::OfTheMachine => (builder, proxies(|name| std::env::var(name).ok())),
        Proxy::None => (builder.no_proxy(), Vec::new()),
    };
    if egress.is_open() {
        return builder;
    }
    builder.dns_resolver(Arc::new(Resolver::new(egress.clone(), proxies)))
}

/// The hosts of the machine's proxies; a proxy may be written without its scheme.
fn proxies(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let written = PROXIES.iter().filter_map(|name| variable(name));
    let url = |text: String| {
        Url::parse(&text).ok().filter(Url::has_host).or_else(|| Url::parse(&format!("http://{text}")).ok())
    };
    written.filter_map(url).filter_map(|url| url.host_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_made_once_for_each_purpose_and_again_after_its_lifetime() {
        rustls::crypto::ring::default_provider().install_default().ok();
        let (clients, start) = (Clients::default(), Instant::now());
        let made = |at| -> Vec<_> {
            clients.made.lock().iter().filter(|it| it.1 == at).map(|it| it.0.clone()).collect()
        };
        let plain = (Tls::Verified, Proxy::OfTheMachine, Egress::open());
        let insecure = (Tls::Insecure, Proxy::None, Egress::open());
        let guarded = (Tls::Verified, Proxy::OfTheMachine, Egress::guarded());
        for wanted in [&plain, &insecure, &plain, &guarded] {
            clients.at(start, wanted).unwrap();
        }
        assert_eq!(made(start), [plain.clone(), insecure, guarded]);
        let later = start + LIFETIME;
        clients.clone().at(later, &plain).unwrap();
        assert_eq!((made(start), made(later)), (vec![], vec![plain]));
    }

    #[test]
    fn the_machines_proxies_are_known_by_their_hosts() {
        let variable = |name: &str| match name {
            "HTTPS_PROXY" => Some("http://user:pass@proxy.example:3128".to_owned()),
            "all_proxy" => Some("other.example:1080".to_owned()),
            _ => None,
        };
        assert_eq!(proxies(variable), ["proxy.example", "other.example"]);
    }
}

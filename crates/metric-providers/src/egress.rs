//! Where providers may go: an address that a metric names must not lead to the controller itself, to its node, or to
//! the keys that a cloud's metadata service hands out.
//!
//! The decision is pure ([`Egress::check`]). It is asked for every URL, for every hop of a redirect, and for every
//! address that a name resolves to. A name is resolved once, and the connection goes to what was checked: an answer
//! that changes between the check and the connection changes nothing.
//!
//! Where the machine's proxy settings apply, the proxy resolves the name and connects. Then the guard sees the URL
//! alone: names and literal addresses are checked (`localhost` and what is below it as the loopback that they are), what
//! any other name resolves to is the proxy's to refuse.

mod nets;
mod resolve;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::Url;

use crate::http::shortened;

pub(crate) use resolve::Resolver;

/// The controller's setting that allows what the guard refuses; errors name it.
pub const ALLOW_SETTING: &str = "--metric-egress-allow";

/// Where providers may go. Clones share it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Egress(Option<Arc<Rules>>);

/// What was added to the built-in rules. A refusal of the operator's counts before an allowance, and an allowance
/// before the built-in refusals; everything else is allowed, private networks too: a cluster's services live there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rules {
    allowed: Vec<Rule>,
    denied: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Net(IpNet),
    /// Lower case, without a dot at the end.
    Host(String),
    /// Every name below this one, which begins with a dot.
    Below(String),
}

/// A text that is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no address, no network such as 10.0.0.0/8, and no host name such as h.example or *.example"
)]
pub struct NoRule(String);

/// Why a host must not be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// As the URL has it.
    pub host: String,
    /// What it resolved to, when that is what is refused.
    pub address: Option<IpAddr>,
    /// The rule that refuses it.
    pub rule: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "egress to {}", shortened(&self.host))?;
        if let Some(address) = self.address.filter(|address| address.to_string() != self.host) {
            write!(f, " ({address})")?;
        }
        write!(f, " is refused by the rule {}; {ALLOW_SETTING} allows it", self.rule)
    }
}

impl std::error::Error for Refused {}

impl Egress {
    /// Everything is allowed: for tests, and for tools that run where their user sits.
    pub fn open() -> Self {
        Self(None)
    }

    /// Refused are loopback, unspecified and link-local addresses, and the metadata services of the clouds.
    pub fn guarded() -> Self {
        Self(Some(Arc::default()))
    }

    /// Allows an address, a network, a host, or with `*.` every host below a name, in spite of the built-in rules. It
    /// changes nothing in one that is open.
    pub fn allow(self, rule: &str) -> Result<Self, NoRule> {
        self.with(rule, |rules, rule| rules.allowed.push(rule))
    }

    /// Refuses besides what the built-in rules refuse, and in spite of what is allowed. One that is open is guarded
    /// from here on.
    pub fn deny(self, rule: &str) -> Result<Self, NoRule> {
        Self(self.0.or_else(|| Some(Arc::default()))).with(rule, |rules, rule| rules.denied.push(rule))
    }

    fn with(self, text: &str, add: impl FnOnce(&mut Rules, Rule)) -> Result<Self, NoRule> {
        let rule = Rule::parse(text).ok_or_else(|| NoRule(text.to_owned()))?;
        Ok(Self(self.0.map(|rules| {
            let mut rules = Arc::unwrap_or_clone(rules);
            add(&mut rules, rule);
            Arc::new(rules)
        })))
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a host may be asked, by its name alone (`address` is `None`), or at this address. A host that is an
    /// address is checked as one, in whatever notation an IPv6 address has an IPv4 address in it.
    pub fn check(&self, host: &str, address: Option<IpAddr>) -> Result<(), Refused> {
        let Some(rules) = &self.0 else { return Ok(()) };
        let name = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        let address = address.or_else(|| name.parse().ok());
        let refused = |rule: String| Err(Refused { host: host.to_owned(), address, rule });
        let mut seen: Vec<IpAddr> = address.into_iter().flat_map(nets::meant).collect();
        if seen.is_empty() {
            seen.extend_from_slice(nets::known(&name));
        }
        if let Some(rule) = rules.denied.iter().find(|rule| rule.hits(&name, &seen)) {
            return refused(rule.to_string());
        }
        if rules.allowed.iter().any(|rule| rule.hits(&name, &seen)) {
            return Ok(());
        }
        nets::built_in(&name, &seen).map_or(Ok(()), |rule| refused(rule.to_owned()))
    }

    /// Whether a URL may be asked. Its parser has already turned every notation of an IPv4 address into one.
    pub(crate) fn check_url(&self, url: &Url) -> Result<(), Refused> {
        self.check(url.host_str().unwrap_or_default(), None)
    }
}

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('.').to_ascii_lowercase();
        if let Ok(net) = text.parse::<IpNet>() {
            return Some(Self::Net(net.trunc()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Net(address.into()));
        }
        let below = text.strip_prefix('*').filter(|rest| rest.starts_with('.') && rest.len() > 1);
        let name = below.unwrap_or(&text);
        let written = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        // A name without any letter is an address with a mistake in it.
        if name.is_empty() || !name.chars().all(written) || !name.chars().any(|c| c.is_ascii_alphabetic()) {
            return None;
        }
        Some(if below.is_some() { Self::Below(name.to_owned()) } else { Self::Host(name.to_owned()) })
    }

    fn hits(&self, name: &str, addresses: &[IpAddr]) -> bool {
        match self {
            Self::Net(net) => addresses.iter().any(|address| net.contains(address)),
            Self::Host(host) => host == name,
            Self::Below(suffix) => name.ends_with(suffix),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(net) => write!(f, "{net}"),
            Self::Host(host) => f.write_str(host),
            Self::Below(suffix) => write!(f, "*{suffix}"),
        }
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("Egress::open()"),
            Some(rules) => write!(f, "Egress::guarded() with {rules:?}"),
        }
    }
}

#[cfg(test)]
mod tests;

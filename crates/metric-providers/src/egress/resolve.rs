//! Names become addresses here, once, and only those that may be asked come out.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
#[cfg(not(test))]
use tokio::net::lookup_host;

use super::Egress;
// As the machine does, but for the names of tests, which nobody else knows.
#[cfg(test)]
use tests::lookup_host;

/// Resolves as the machine does, and refuses a name if any of its addresses is refused: a host that has a forbidden
/// address among others would be reached there on a bad day.
pub(crate) struct Resolver {
    egress: Egress,
    /// The machine's proxies: the operator chose them, and no metric names them.
    proxies: Vec<String>,
}

impl Resolver {
    pub(crate) fn new(egress: Egress, proxies: Vec<String>) -> Self {
        Self { egress, proxies }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let egress = if self.proxies.iter().any(|proxy| proxy == name.as_str()) {
            Egress::open()
        } else {
            self.egress.clone()
        };
        Box::pin(async move {
            let name = name.as_str();
            egress.check(name, None)?;
            let found: Vec<SocketAddr> = lookup_host((name, 0)).await?.collect();
            for address in &found {
                egress.check(name, Some(address.ip()))?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;

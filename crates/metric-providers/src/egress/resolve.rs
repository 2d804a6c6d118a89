//! Names become addresses here, once, and only those that may be asked come out.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Egress;

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
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name, 0)).await?.collect();
            for address in &found {
                egress.check(name, Some(address.ip()))?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a name. This one is an address to a resolver, and none to a guard that looks at its text.
    async fn resolved(egress: Egress) -> Result<Vec<SocketAddr>, String> {
        let resolver = Resolver::new(egress, Vec::new());
        let found = resolver.resolve("0x7f.1".parse().unwrap()).await;
        found.map(Iterator::collect).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_name_is_refused_for_what_it_resolves_to() {
        let refused = "egress to 0x7f.1 (127.0.0.1) is refused by the rule 127.0.0.0/8 (loopback); \
                       --metric-egress-allow allows it";
        assert_eq!(resolved(Egress::guarded()).await, Err(refused.to_owned()));
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        for rule in ["127.0.0.1", "0x7f.1"] {
            assert_eq!(resolved(Egress::guarded().allow(rule).unwrap()).await, Ok(vec![loopback]), "{rule}");
        }
    }
}

//! The client of one endpoint.

use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Client, redirect};

use crate::endpoint::Endpoint;
use crate::error::Error;

/// Builds it; `field` names the endpoint in errors.
pub(super) fn build(endpoint: &Endpoint, field: &str) -> Result<Client, Error> {
    // A check judges the answer of this service; a redirect is one. Each check connects anew, as a client does that
    // comes now. A proxy would answer for its own idea of where the address leads.
    let mut client =
        Client::builder().redirect(redirect::Policy::none()).pool_max_idle_per_host(0).tls_info(true);
    if let Some(connect) = &endpoint.connect {
        let port = connect.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        if port.is_none_or(|(host, _)| host.is_empty()) {
            let problem = format!("{connect:?} is no host with a port");
            let remedy = "write an address to connect to, such as eu.elb.example.com:443";
            return Err(Error::config(format!("{field}.connect"), problem, remedy));
        }
        // A proxy would go where the address leads.
        client = client.dns_resolver(Elsewhere(Arc::from(connect.as_str()))).no_proxy();
    }
    if let Some(file) = &endpoint.ca_file {
        let refused = |problem: String| {
            let remedy = "name a PEM file with the certificates of the authorities to believe";
            Error::config(format!("{field}.caFile"), format!("{}: {problem}", file.display()), remedy)
        };
        let pem = std::fs::read(file).map_err(|error| refused(error.to_string()))?;
        let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| refused(error.to_string()))?;
        if certificates.is_empty() {
            return Err(refused("it has no certificate".to_owned()));
        }
        client = client.tls_certs_only(certificates);
    }
    client.build().map_err(|error| Error::config(field, error.to_string(), "mend the TLS settings"))
}

/// Whatever is asked for is here.
struct Elsewhere(Arc<str>);

impl Resolve for Elsewhere {
    fn resolve(&self, _: Name) -> Resolving {
        let place = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses: Vec<_> = tokio::net::lookup_host(&*place).await?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

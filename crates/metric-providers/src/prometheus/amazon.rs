//! Which servers are Amazon's Prometheus: what is signed for it can carry a session's token, and must go to nobody else.

use reqwest::Url;

use crate::{Ctx, Fault};

/// What the peer looks for anywhere in the address.
const NAME: &str = "aps-workspaces";
const HOSTS: &[&str] = &[NAME, "aps-workspaces-fips"];
const SUFFIXES: &[&str] = &[".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
/// Where an operator names another host for Amazon's Prometheus, as for every service of AWS.
const ENDPOINTS: &[&str] = &["AWS_ENDPOINT_URL_AMP", "AWS_ENDPOINT_URL"];

/// Whether a request to an address that a metric names is to be signed.
///
/// # Errors
/// The peer would sign it, and it is for somebody else.
pub(super) fn is_signed(ctx: &Ctx<'_>, address: &Url) -> Result<bool, Fault> {
    if !is_meant(address) {
        return Ok(false);
    }
    let chosen = ENDPOINTS.iter().find_map(|name| ctx.variable(name)).and_then(|url| Url::parse(&url).ok());
    let is_chosen = chosen.is_some_and(|chosen| chosen.origin() == address.origin());
    let is_workspace = address.scheme() == "https" && address.host_str().is_some_and(is_workspace);
    if is_chosen || is_workspace {
        return Ok(true);
    }
    Err(Fault::Config(format!(
        "nothing is signed for {}, which is not https://{NAME}.REGION.amazonaws.com: take sigv4 out, or have \
         AWS_ENDPOINT_URL_AMP of the controller name that host",
        address.origin().ascii_serialization()
    )))
}

/// Whether the peer takes an address for one of Amazon's; of an address that the operator chose this is enough.
pub(super) fn is_meant(address: &Url) -> bool {
    address.as_str().contains(NAME)
}

/// `aps-workspaces.REGION.amazonaws.com`, or an endpoint of a VPC for it. The suffix alone would not do: anybody's
/// buckets and load balancers are below it.
fn is_workspace(host: &str) -> bool {
    let Some(rest) = SUFFIXES.iter().find_map(|suffix| host.strip_suffix(suffix)) else { return false };
    let labels: Vec<&str> = rest.split('.').collect();
    match labels.as_slice() {
        [service, region] | [_, service, region, "vpce"] => HOSTS.contains(service) && is_region(region),
        _ => false,
    }
}

/// Words and a number, such as `us-gov-west-1`; `s3` and `s3-us-west-2` are a service's.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let filled = |part: &str, kind: fn(&u8) -> bool| !part.is_empty() && part.as_bytes().iter().all(kind);
    match parts.as_slice() {
        [words @ .., number] if words.len() >= 2 => {
            words.iter().all(|word| filled(word, u8::is_ascii_lowercase))
                && filled(number, u8::is_ascii_digit)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_amazons_own_hosts_are_signed_for() {
        for (address, expected) in [
            ("https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1", Some(true)),
            ("https://APS-workspaces-fips.us-gov-west-1.amazonaws.com/", Some(true)),
            ("https://vpce-1-2.aps-workspaces.eu-west-1.vpce.amazonaws.com/", Some(true)),
            ("https://aps-workspaces.cn-north-1.amazonaws.com.cn/", Some(true)),
            ("https://aps-workspaces.us-east-1.api.aws/", Some(true)),
            ("https://prometheus.example/", Some(false)),
            ("http://aps-workspaces.us-east-1.amazonaws.com/", None),
            ("https://evil.example/aps-workspaces", None),
            ("https://evil.example/?aps-workspaces.us-east-1.amazonaws.com", None),
            ("https://aps-workspaces.us-east-1.amazonaws.com@evil.example/", None),
            ("https://aps-workspaces.us-east-1.amazonaws.com.evil.example/", None),
            ("https://aps-workspaces.us-east-1.evilamazonaws.com/", None),
            ("https://aps-workspaces.s3.amazonaws.com/", None),
            ("https://aps-workspaces.s3-us-west-2.amazonaws.com/", None),
            ("https://aps-workspaces.us-east-1.elb.amazonaws.com/", None),
            ("https://evil.us-east-1.elb.amazonaws.com/aps-workspaces", None),
        ] {
            let ctx = Ctx { environment: &|_| None, ..Ctx::default() };
            assert_eq!(is_signed(&ctx, &address.parse().unwrap()).ok(), expected, "{address}");
        }
    }
}

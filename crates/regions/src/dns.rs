//! What the name of an address must resolve to.

use std::net::IpAddr;

use serde::Deserialize;

use crate::error::Error;

/// What the name of the address must resolve to, as the resolver of whoever checks says it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DnsCheck {
    /// How many addresses there must be at least: a load balancer over several zones has one in each.
    #[serde(default = "one")]
    pub min_addresses: usize,
    /// The addresses that there may be; any, if the list is empty.
    #[serde(default)]
    pub one_of: Vec<IpAddr>,
}

impl DnsCheck {
    /// Refuses what can never hold, naming the field.
    pub(crate) fn validate(&self, field: &str) -> Result<(), Error> {
        let many = self.one_of.len();
        if many > 0 && self.min_addresses > many {
            let problem = format!("{} addresses out of a list of {many}", self.min_addresses);
            let remedy = "list more addresses in oneOf, or ask for fewer";
            return Err(Error::config(format!("{field}.minAddresses"), problem, remedy));
        }
        Ok(())
    }

    /// What is wrong with the addresses of a name; `None` when they are as they must be.
    pub(crate) fn failure(&self, addresses: &[IpAddr]) -> Option<String> {
        let told: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        if addresses.len() < self.min_addresses {
            let (many, wanted) = (addresses.len(), self.min_addresses);
            return Some(format!("the name has {many} addresses ({}), fewer than {wanted}", told.join(", ")));
        }
        let other =
            addresses.iter().find(|address| !self.one_of.is_empty() && !self.one_of.contains(address));
        other.map(|other| format!("the name resolves to {other}, which is not expected"))
    }
}

fn one() -> usize {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(check: &str, addresses: &[&str]) -> Option<String> {
        let check: DnsCheck = crd::yaml::from_str(check).unwrap();
        check.failure(&addresses.iter().map(|address| address.parse().unwrap()).collect::<Vec<_>>())
    }

    #[test]
    fn too_few_and_foreign_addresses_are_told() {
        assert_eq!(failure("{}", &["203.0.113.7"]), None);
        assert_eq!(failure("{}", &[]), Some("the name has 0 addresses (), fewer than 1".to_owned()));
        let few = failure("{minAddresses: 2}", &["203.0.113.7"]);
        assert_eq!(few, Some("the name has 1 addresses (203.0.113.7), fewer than 2".to_owned()));
        let known = "{oneOf: [203.0.113.7, '2001:db8::7']}";
        assert_eq!(failure(known, &["2001:db8::7"]), None);
        let foreign = failure(known, &["203.0.113.7", "198.51.100.1"]);
        assert_eq!(foreign, Some("the name resolves to 198.51.100.1, which is not expected".to_owned()));
    }
}

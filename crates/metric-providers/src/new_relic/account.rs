//! Whose account is asked, and where: what stands in the Secret.

use reqwest::Url;

use crate::http;
use crate::{Credentials, Fault};

/// What New Relic is shown.
pub(super) struct Account<'c> {
    pub(super) key: &'c str,
    pub(super) id: i64,
    pub(super) url: Url,
}

impl<'c> Account<'c> {
    pub(super) fn of(credentials: &'c Credentials) -> Result<Self, Fault> {
        let refused = |text: String| Fault::Credentials {
            text,
            repair: "create the Secret of the profile, with the keys personal-api-key and account-id",
        };
        let keys = (credentials.get(["personal-api-key"]), credentials.get(["account-id"]));
        let (Some(key), Some(id)) = keys else {
            return Err(refused("account ID or personal API key not found".to_owned()));
        };
        let id = id.trim().parse().map_err(|_| {
            let reason = format!("strconv.Atoi: parsing {id:?}: invalid syntax");
            refused(format!("could not parse account ID: {reason}"))
        })?;
        let region = credentials.get(["region"]).unwrap_or_default();
        let url = http::url(credentials.get(["base-url-nerdgraph"]).unwrap_or_else(|| endpoint(region)))?;
        Ok(Self { key, id, url })
    }
}

/// The address of a region; one that is unknown is taken for the United States.
fn endpoint(region: &str) -> &'static str {
    match region.trim().to_ascii_lowercase().as_str() {
        "eu" => "https://api.eu.newrelic.com/graphql",
        "jp" => "https://api.jp.newrelic.com/graphql",
        "gov" | "fedramp" => "https://gov-api.newrelic.com/graphql",
        "staging" => "https://staging-api.newrelic.com/graphql",
        "local" => "http://localhost:3000/graphql",
        _ => "https://api.newrelic.com/graphql",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_says_where_unless_an_address_does() {
        for (region, address, expected) in [
            ("", "", "https://api.newrelic.com/graphql"),
            ("EU", "", "https://api.eu.newrelic.com/graphql"),
            ("jp", "", "https://api.jp.newrelic.com/graphql"),
            ("fedramp", "", "https://gov-api.newrelic.com/graphql"),
            ("mars", "", "https://api.newrelic.com/graphql"),
            ("eu", "https://n.example/g", "https://n.example/g"),
        ] {
            let entries = [
                ("personal-api-key", "k"),
                ("account-id", "1"),
                ("region", region),
                ("base-url-nerdgraph", address),
            ];
            let entries = entries.map(|(key, value)| (key.to_owned(), value.to_owned()));
            let credentials: Credentials = entries.into_iter().collect();
            assert_eq!(
                Account::of(&credentials).map(|account| account.url.to_string()),
                Ok(expected.to_owned())
            );
        }
    }
}

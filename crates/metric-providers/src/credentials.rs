//! What a provider must show, and where it is kept.

use std::collections::BTreeMap;
use std::fmt;

/// Where a provider's credentials are kept. Whoever runs a measurement fetches them: providers read no Secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Environment variables of the controller. They count if all of them are there; an empty list never does.
    pub variables: &'static [&'static str],
    /// Name of the Secret that counts otherwise.
    pub secret: String,
    /// Whether the Secret is in the namespace of the run, and not in the controller's.
    pub namespaced: bool,
}

/// What was found: by key of the Secret, or by name of the variable. Empty when there was nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials(BTreeMap<String, String>);

/// Keys whose values are no secrets.
const PLAIN: &[&str] = &["address", "account-id", "base-url-nerdgraph", "base-url-rest", "org", "region"];

impl Credentials {
    /// The first of these names that is there and not empty.
    pub(crate) fn get<const N: usize>(&self, names: [&str; N]) -> Option<&str> {
        let found = names.into_iter().find_map(|name| self.0.get(name));
        found.map(String::as_str).filter(|text| !text.is_empty())
    }

    /// Whether nothing was found at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every text that must not come out again. Addresses and the like are told: whoever mends a connection needs
    /// them, and blanking a region `us` would blank it in every word.
    pub fn texts(&self) -> impl Iterator<Item = &String> {
        let told = |name: &str| PLAIN.contains(&name) || name.ends_with("_ADDRESS");
        self.0.iter().filter(move |(name, _)| !told(name)).map(|(_, text)| text)
    }
}

impl FromIterator<(String, String)> for Credentials {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

/// Names alone.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_regions_are_told_and_keys_are_not() {
        let entries =
            [("address", "http://h"), ("DD_ADDRESS", "http://h"), ("region", "us"), ("api-key", "k3y")];
        let entries = entries.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let credentials: Credentials = entries.into_iter().collect();
        assert_eq!(credentials.texts().collect::<Vec<_>>(), ["k3y"]);
    }
}

//! Who may write: bearer tokens, as `openclaw-secrets` holds them.

use std::fmt;

use http::{HeaderMap, header};
use subtle::{Choice, ConstantTimeEq as _};

/// Tokens that may write. None at all means that everybody may.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tokens(Vec<String>);

impl Tokens {
    /// Reads tokens that are separated by commas or white space; several are valid while one replaces another.
    ///
    /// ```
    /// let tokens = aviary_rating::Tokens::parse("old-token, new-token");
    /// assert!(!format!("{tokens:?}").contains("token,"));
    /// ```
    pub fn parse(text: &str) -> Self {
        let tokens = text.split([',', ' ', '\n', '\t']).map(str::trim).filter(|token| !token.is_empty());
        Self(tokens.map(str::to_owned).collect())
    }

    /// Whether the request may write. How long the answer takes tells nothing of the tokens but their lengths.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().as_bytes();
        let matches = |found: Choice, token: &String| found | token.as_bytes().ct_eq(given);
        self.0.iter().fold(Choice::from(0), matches).into()
    }
}

impl fmt::Debug for Tokens {
    /// How many there are, and nothing of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.0.len())
    }
}

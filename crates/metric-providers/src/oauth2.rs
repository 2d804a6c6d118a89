//! OAuth2 by client credentials, for the providers that have it (spec analysis-04, beginning).

use std::time::Duration;

use reqwest::header::HeaderValue;
use serde::Deserialize;

use crate::clients::{Door, Proxy, Redirects, Tls};
use crate::http::{self, Call};
use crate::{Ctx, Fault};

/// `authentication.oauth2`.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct OAuth2 {
    token_url: String,
    client_id: String,
    client_secret: String,
    scopes: Vec<String>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    access_token: String,
}

impl OAuth2 {
    /// What is to be shown as `Authorization`; `None` where it is not configured. `dress` gives the token's request
    /// what every request of the provider has. The token is used for one measurement.
    ///
    /// The metric names the token's URL, also where the operator chose the address that is asked: so the guard of
    /// egress always counts for it, and it gets a door of its own.
    pub(crate) async fn bearer(
        &self,
        ctx: &Ctx<'_>,
        tls: Tls,
        proxy: Proxy,
        limit: Duration,
        dress: impl Fn(Call) -> Result<Call, Fault>,
    ) -> Result<Option<HeaderValue>, Fault> {
        if self.token_url.is_empty() {
            return Ok(None);
        }
        if self.client_id.is_empty() || self.client_secret.is_empty() {
            let text = "missing mandatory parameter in metric for OAuth2 setup";
            return Err(Fault::Config(text.to_owned()));
        }
        ctx.learned.add(&self.client_secret);
        let door = Door { redirects: Redirects::Refused, ..Door::of(ctx, tls, proxy)? };
        let token = self.token(ctx, &door, limit, dress).await?;
        ctx.learned.add(&token);
        http::sensitive(&format!("Bearer {token}"), "the OAuth2 token").map(Some)
    }

    /// A server takes the client's credentials in a header or in the form; which, it only says by refusing.
    async fn token(
        &self,
        ctx: &Ctx<'_>,
        door: &Door,
        limit: Duration,
        dress: impl Fn(Call) -> Result<Call, Fault>,
    ) -> Result<String, Fault> {
        let url = http::url(&self.token_url)?;
        let mut form = vec![("grant_type", "client_credentials".to_owned())];
        if !self.scopes.is_empty() {
            form.push(("scope", self.scopes.join(" ")));
        }
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let call = Call::post(url.clone()).form(&form);
        let call = call.basic(&encoded(&self.client_id), &encoded(&self.client_secret))?;
        let mut reply = door.ask(dress(call)?, limit).await?;
        if !(200..300).contains(&reply.status) {
            form.push(("client_id", self.client_id.clone()));
            form.push(("client_secret", self.client_secret.clone()));
            reply = door.ask(dress(Call::post(url).form(&form))?, limit).await?;
        }
        if !(200..300).contains(&reply.status) {
            // RFC 6749 5.2.
            let said = reply.said_or_withheld(ctx, &["error", "error_description"]);
            let line = reply.status_line();
            return Err(Fault::Answer(format!("oauth2: cannot fetch token: {line}: {said}")));
        }
        let token: Token = serde_json::from_slice(&reply.body)
            .map_err(|error| Fault::Answer(format!("oauth2: cannot parse json: {}", http::unread(&error))))?;
        if token.access_token.is_empty() {
            return Err(Fault::Answer("oauth2: server response missing access_token".to_owned()));
        }
        Ok(token.access_token)
    }
}

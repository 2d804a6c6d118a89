//! InfluxDB's Flux queries (spec analysis-04, InfluxDB).

mod table;

use std::time::Duration;

use async_trait::async_trait;
use crd::Metric;
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;

use crate::clients::{Door, Proxy, Redirects, Tls};
use crate::http::{self, Call, Reply};
use crate::{Answer, Credentials, Ctx, Error, Fault, Provider, Value, Wanted, go_json, provider};

const LIMIT: Duration = Duration::from_secs(20);

/// Asks `/api/v2/query` for annotated CSV.
pub(crate) struct InfluxDb;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    query: String,
    /// Name of the Secret.
    profile: String,
}

/// What InfluxDB is shown.
struct Account<'c> {
    token: &'c str,
    org: &'c str,
    url: Url,
}

#[async_trait]
impl Provider for InfluxDb {
    fn name(&self) -> &'static str {
        "influxdb"
    }

    fn wanted(&self, metric: &Metric) -> Option<Wanted> {
        let Config { profile, .. } = provider::config(metric, self.name()).ok()?;
        let secret = if profile.is_empty() { "influxdb".to_owned() } else { profile };
        Some(Wanted { variables: &[], secret, namespaced: false })
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        let fail = |fault| Error::new(metric, self.name(), None, fault);
        let config: Config = provider::config(metric, self.name()).map_err(fail)?;
        let account = Account::of(&ctx.credentials).map_err(fail)?;
        let answered = ask(ctx, &account, &config.query).await;
        answered.map(Answer::from).map_err(|fault| Error::new(metric, self.name(), Some(&account.url), fault))
    }
}

impl<'c> Account<'c> {
    fn of(credentials: &'c Credentials) -> Result<Self, Fault> {
        let found = (credentials.get(["authToken"]), credentials.get(["org"]), credentials.get(["address"]));
        let (Some(token), Some(org), Some(address)) = found else {
            return Err(Fault::Credentials {
                text: "authToken, org, or address not found".to_owned(),
                repair: "create the Secret of the profile, with the keys authToken, org and address",
            });
        };
        let url = http::url(&format!("{}/api/v2/query", address.trim_end_matches('/')))?;
        Ok(Self { token, org, url })
    }
}

async fn ask(ctx: &Ctx<'_>, account: &Account<'_>, query: &str) -> Result<Value, Fault> {
    let dialect = json!({"annotations": ["datatype", "group", "default"], "delimiter": ",", "header": true});
    let question = json!({"dialect": dialect, "query": query, "type": "flux"}).to_string();
    let call = Call::post(account.url.clone())
        .query(&[("org", account.org)])
        .body("application/json", question)
        .secret("authorization", &format!("Token {}", account.token))?;
    let door = Door::of(ctx, Tls::Verified, Proxy::OfTheMachine)?;
    let reply = Door { redirects: Redirects::Refused, ..door }.ask(call, LIMIT).await?;
    if !(200..300).contains(&reply.status) {
        return Err(Fault::Answer(refusal(ctx, &reply)));
    }
    let items = table::values(&reply.body)?;
    if items.is_empty() {
        return Err(Fault::Answer("no results returned from flux query".to_owned()));
    }
    Ok(Value::Items(items))
}

/// What an answer says that is none.
fn refusal(ctx: &Ctx<'_>, reply: &Reply) -> String {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Said {
        code: String,
        message: String,
        /// All that InfluxDB 1.8 says; its client does not read it.
        error: serde_json::Value,
    }
    let is_json = reply.header("content-type").starts_with("application/json");
    match serde_json::from_slice::<Said>(&reply.body) {
        Ok(said) if is_json && (!said.code.is_empty() || !said.message.is_empty()) => {
            format!("{}: {}", said.code, http::shortened(&said.message))
        }
        Ok(said) if is_json => bare(reply, said.error.as_str().unwrap_or_default()),
        Err(error) if is_json => go_json::fault(&reply.body, &error),
        _ if reply.body.is_empty() => bare(reply, ""),
        // A server that failed too late to say what kind of answer it is.
        _ => {
            let said = reply.said_or_withheld(ctx, &["code", "message", "error"]);
            format!("{}: {said}", reply.status_line())
        }
    }
}

/// What a status says by itself, and why, as the header says, or else the body.
fn bare(reply: &Reply, written: &str) -> String {
    let header = reply.header("x-influxdb-error");
    let (text, reason) = match reply.status {
        429 => ("too many requests: exceeded rate limit".to_owned(), written),
        503 => ("unavailable: service temporarily unavailable".to_owned(), written),
        status if header.is_empty() => (format!("Unexpected status code {status}"), written),
        _ => (reply.status_line(), header),
    };
    if reason.is_empty() { text } else { format!("{text}: {}", http::shortened(reason)) }
}

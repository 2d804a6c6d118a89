//! New Relic's NerdGraph, asked in NRQL (spec analysis-04, NewRelic).

mod account;
mod graphql;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use crd::Metric;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::clients::{Door, Proxy, Redirects, Tls};
use crate::http::Call;
use crate::provider::entry;
use crate::{Answer, Ctx, Error, Fault, Provider, Value, Wanted, go_json, provider, retry};
use account::Account;

const LIMIT: Duration = Duration::from_secs(30);
const DOCUMENT: &str = "query($query: Nrql!, $accountId: Int!, $timeout: Seconds!) { actor { account(id: $accountId) \
                        { nrql(query: $query, timeout: $timeout) { results } } } }";
/// Who asks, as New Relic's own client says it: it tells its kinds of use apart by these.
const CLIENT: &str = "newrelic-client-go";
const AGENT: &str = concat!("aviary/", env!("CARGO_PKG_VERSION"), " (https://github.com/aviary-rs/aviary)");

/// Asks `/graphql`.
pub(crate) struct NewRelic;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    query: String,
    /// Name of the Secret.
    profile: String,
    /// Seconds that the query may take; 0 is 5.
    timeout: i64,
}

#[async_trait]
impl Provider for NewRelic {
    fn name(&self) -> &'static str {
        "newRelic"
    }

    fn wanted(&self, metric: &Metric) -> Option<Wanted> {
        let Config { profile, .. } = provider::config(metric, self.name()).ok()?;
        let secret = if profile.is_empty() { "newrelic".to_owned() } else { profile };
        Some(Wanted { variables: &[], secret, namespaced: false })
    }

    async fn about(&self, _ctx: &Ctx<'_>, metric: &Metric) -> BTreeMap<String, String> {
        let config: Result<Config, _> = provider::config(metric, self.name());
        let query = config.map(|config| config.query).unwrap_or_default();
        if query.is_empty() { BTreeMap::new() } else { entry("ResolvedNewRelicQuery", query) }
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        let fail = |fault| Error::new(metric, self.name(), None, fault);
        let config: Config = provider::config(metric, self.name()).map_err(fail)?;
        let account = Account::of(&ctx.credentials).map_err(fail)?;
        let timeout = config.seconds().map_err(fail)?;
        let answered = ask(ctx, &account, &config.query, timeout).await;
        answered.map(Answer::from).map_err(|fault| Error::new(metric, self.name(), Some(&account.url), fault))
    }
}

impl Config {
    fn seconds(&self) -> Result<i64, Fault> {
        match self.timeout {
            ..0 => Err(Fault::Config("timeout value needs to be a positive value".to_owned())),
            0 => Ok(5),
            seconds => Ok(seconds),
        }
    }
}

async fn ask(ctx: &Ctx<'_>, account: &Account<'_>, query: &str, timeout: i64) -> Result<Value, Fault> {
    let variables = json!({"accountId": account.id, "query": query, "timeout": timeout});
    let question = json!({"query": DOCUMENT, "variables": variables}).to_string();
    let call = Call::post(account.url.clone())
        .body("application/json", question)
        .plain("user-agent", AGENT)
        .plain("newrelic-requesting-services", CLIENT)
        .plain("x-query-source-component-id", CLIENT)
        .secret("api-key", account.key)?;
    let door = Door::of(ctx, Tls::Verified, Proxy::OfTheMachine)?;
    let door = Door { redirects: Redirects::Refused, ..door };
    let question = || door.ask(call.clone(), LIMIT);
    let reply = retry::ask(ctx, 4, Duration::from_secs(1), graphql::may_pass, question).await?;
    valued(graphql::results(ctx, &reply)?)
}

/// A single row is the value, several are a list of them.
fn valued(mut rows: Vec<Json>) -> Result<Value, Fault> {
    let none = || Fault::Answer("no results returned from NRQL query".to_owned());
    let json = match rows.as_slice() {
        [] => return Err(none()),
        [Json::Object(row)] if row.is_empty() => return Err(none()),
        [_] => rows.pop().unwrap_or_default(),
        _ => Json::Array(rows),
    };
    Ok(Value::Json(go_json::floats(json)))
}

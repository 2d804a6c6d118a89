//! SkyWalking's GraphQL (spec analysis-04, SkyWalking).

use std::time::Duration;

use async_trait::async_trait;
use crd::Metric;
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::clients::{Door, Proxy, Tls};
use crate::http::{self, Call};
use crate::{Answer, Ctx, Error, Fault, Provider, Value, go_json, provider};

const LIMIT: Duration = Duration::from_secs(30);
const JSON: &str = "application/json; charset=utf-8";

/// Asks `/graphql`.
pub(crate) struct SkyWalking;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    address: String,
    query: String,
    /// How far to look back, as a Go duration.
    interval: String,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    data: Json,
    #[serde(default)]
    errors: Option<Vec<Complaint>>,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default)]
    message: String,
}

#[async_trait]
impl Provider for SkyWalking {
    fn name(&self) -> &'static str {
        "skywalking"
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        let fail = |fault| Error::new(metric, self.name(), None, fault);
        let config: Config = provider::config(metric, self.name()).map_err(fail)?;
        let url = http::url(&format!("{}/graphql", config.address)).map_err(fail)?;
        let answered = ask(ctx, &config, &url).await;
        answered.map(Answer::from).map_err(|fault| Error::new(metric, self.name(), Some(&url), fault))
    }
}

async fn ask(ctx: &Ctx<'_>, config: &Config, url: &Url) -> Result<Value, Fault> {
    let question = question(ctx, config)?.to_string();
    let call = Call::post(url.clone()).body(JSON, question).plain("accept", JSON);
    // The status says nothing that the body does not say.
    let reply = Door::of(ctx, Tls::Verified, Proxy::OfTheMachine)?.ask(call, LIMIT).await?;
    let body: Body = serde_json::from_slice(&reply.body).map_err(|error| {
        Fault::Answer(format!("decoding response: {}", go_json::fault(&reply.body, &error)))
    })?;
    if let Some(complaint) = body.errors.iter().flatten().next() {
        return Err(Fault::Answer(format!("graphql: {}", http::shortened(&complaint.message))));
    }
    if body.data.is_null() {
        return Err(Fault::Answer("no results returned from SkyWalking query".to_owned()));
    }
    Ok(Value::Json(go_json::floats(body.data)))
}

fn question(ctx: &Ctx<'_>, config: &Config) -> Result<Json, Fault> {
    let interval =
        crd::duration::parse(&config.interval).map_err(|error| Fault::Config(error.to_string()))?;
    let now = (ctx.clock)();
    let interval = SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX);
    let start = now.checked_sub(interval).unwrap_or(Timestamp::MIN);
    let minute = |at: Timestamp| at.to_zoned(ctx.zone.clone()).strftime("%Y-%m-%d %H%M").to_string();
    let duration = json!({"start": minute(start), "end": minute(now), "step": "MINUTE"});
    Ok(json!({"query": config.query, "variables": {"duration": duration}}))
}

//! Kayenta's canary judge, which is asked for a judgement and then waited for (spec analysis-04, Kayenta).
//!
//! A deviation: what is inserted into a URL is escaped, where the peer inserts it as it is.

mod config;
mod judgement;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use crd::Metric;
use reqwest::Url;
use serde_json::Value as Json;

use crate::clients::{Door, Proxy, Tls};
use crate::http::{self, Call, Reply};
use crate::provider::entry;
use crate::{Answer, Ctx, Error, Fault, Provider, Value, go_json, provider};
use config::Config;

const LIMIT: Duration = Duration::from_secs(15);
/// Seconds until it is looked at again.
const AGAIN: i64 = 15;
const EXECUTION: &str = "canaryExecutionId";

/// Asks `/canaryConfig` and `/canary`.
pub(crate) struct Kayenta;

#[async_trait]
impl Provider for Kayenta {
    fn name(&self) -> &'static str {
        "kayenta"
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        let (config, url) = prepared(metric)?;
        let begun = begin(ctx, metric, &config, &url).await;
        begun.map_err(|fault| Error::new(metric, self.name(), Some(&url), fault))
    }

    async fn resume(
        &self,
        ctx: &Ctx<'_>,
        metric: &Metric,
        remembered: &BTreeMap<String, String>,
    ) -> Result<Answer, Error> {
        let (config, url) = prepared(metric)?;
        let execution = remembered.get(EXECUTION).map_or("", String::as_str);
        let looked = look(ctx, &config, &url, execution).await;
        looked.map_err(|fault| Error::new(metric, self.name(), Some(&url), fault).with(remembered.clone()))
    }
}

fn prepared(metric: &Metric) -> Result<(Config, Url), Error> {
    let fail = |fault| Error::new(metric, "kayenta", None, fault);
    let config: Config = provider::config(metric, "kayenta").map_err(fail)?;
    let url = http::url(&config.address).map_err(fail)?;
    Ok((config, url))
}

/// Finds the canary's configuration by its name, and has a judgement begun.
async fn begin(ctx: &Ctx<'_>, metric: &Metric, config: &Config, url: &Url) -> Result<Answer, Fault> {
    let id = configuration(ctx, config, url).await?;
    let parameters = [
        ("application", config.application.as_str()),
        ("metricsAccountName", &config.metrics_account_name),
        ("configurationAccountName", &config.configuration_account_name),
        ("storageAccountName", &config.storage_account_name),
    ];
    let question = config.question(ctx, metric)?.to_string();
    let call =
        Call::post(below(url, &["canary", &id])?).query(&parameters).body("application/json", question);
    let reply = ask(ctx, call).await?;
    let answer = json(&reply)?;
    let execution = match answer.get(EXECUTION) {
        // As Go prints what is not there.
        None | Some(Json::Null) => "<nil>".to_owned(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    if execution.is_empty() {
        return Err(Fault::Answer(format!("Invalid {EXECUTION}")));
    }
    let resume_at = Some(ctx.seconds_from_now(AGAIN));
    Ok(Answer { value: None, metadata: entry(EXECUTION, http::shortened(&execution)), resume_at })
}

async fn configuration(ctx: &Ctx<'_>, config: &Config, url: &Url) -> Result<String, Fault> {
    // The storage account, indeed: this is how the peer asks.
    let parameters =
        [("application", &config.application), ("configurationAccountName", &config.storage_account_name)];
    let reply = door(ctx)?.ask(Call::get(below(url, &["canaryConfig"])?).query(&parameters), LIMIT).await?;
    if reply.status != 200 {
        return Err(Fault::Answer(format!("Invalid Response: HTTP {}", reply.status)));
    }
    let text = |entry: &Json, key: &str| entry.get(key).and_then(Json::as_str).map(str::to_owned);
    let configurations = json(&reply)?;
    let mut configurations = configurations.as_array().into_iter().flatten();
    let found = configurations.find(|entry| text(entry, "name").as_ref() == Some(&config.canary_config_name));
    let id = found.and_then(|entry| text(entry, "id"));
    id.ok_or_else(|| Fault::Answer("Canary config not found".to_owned()))
}

async fn look(ctx: &Ctx<'_>, config: &Config, url: &Url, execution: &str) -> Result<Answer, Fault> {
    let reply = ask(ctx, Call::get(below(url, &["canary", execution])?)).await?;
    let metadata = entry(EXECUTION, execution);
    match judgement::read(&json(&reply)?, &config.threshold).map_err(Fault::Answer)? {
        Some(verdict) => Ok(Answer { metadata, ..Answer::from(Value::Verdict(verdict)) }),
        None => Ok(Answer { value: None, metadata, resume_at: Some(ctx.seconds_from_now(AGAIN)) }),
    }
}

async fn ask(ctx: &Ctx<'_>, call: Call) -> Result<Reply, Fault> {
    let reply = door(ctx)?.ask(call, LIMIT).await?;
    if reply.status == 200 { Ok(reply) } else { Err(Fault::Answer("Invalid Response".to_owned())) }
}

fn door(ctx: &Ctx<'_>) -> Result<Door, Fault> {
    Door::of(ctx, Tls::Verified, Proxy::OfTheMachine)
}

fn json(reply: &Reply) -> Result<Json, Fault> {
    serde_json::from_slice(&reply.body).map_err(|error| Fault::Answer(go_json::fault(&reply.body, &error)))
}

/// The address with these segments behind it.
fn below(url: &Url, segments: &[&str]) -> Result<Url, Fault> {
    let mut url = url.clone();
    let cannot = |()| Fault::Config("the address cannot be the beginning of another".to_owned());
    url.path_segments_mut().map_err(cannot)?.pop_if_empty().extend(segments);
    Ok(url)
}

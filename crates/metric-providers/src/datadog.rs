//! Datadog's metric queries, versions 1 and 2 of its API (spec analysis-04, Datadog).

mod config;
mod scalar;
mod series;

use async_trait::async_trait;
use crd::Metric;
use reqwest::Url;

use crate::clients::Door;
use crate::http::{self, Call, Reply};
use crate::{Answer, Credentials, Ctx, Error, Fault, Labelled, Provider, Wanted};
use config::{Config, Version};

/// Where keys are found that stand in the controller's environment.
const VARIABLES: &[&str] = &["DD_API_KEY", "DD_APP_KEY", "DD_ADDRESS"];
/// The Secret that counts when a metric names none.
const SECRET: &str = "datadog";
const ADDRESS: &str = "https://api.datadoghq.com";

/// Asks `/api/v1/query` or `/api/v2/query/scalar`.
pub(crate) struct Datadog;

#[async_trait]
impl Provider for Datadog {
    fn name(&self) -> &'static str {
        "datadog"
    }

    fn wanted(&self, metric: &Metric) -> Option<Wanted> {
        let reference = Config::of(metric).ok()?.secret_ref;
        Some(if reference.name.is_empty() {
            Wanted { variables: VARIABLES, secret: SECRET.to_owned(), namespaced: false }
        } else {
            // A named Secret is the only place that counts.
            Wanted { variables: &[], secret: reference.name, namespaced: reference.namespaced }
        })
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        asked(ctx, metric, |version, body| match version {
            Version::V1 => series::read(body),
            Version::V2 => scalar::read(body),
        })
        .await
    }
}

/// The numbers of a query to version 2, by their tags.
pub(crate) async fn labelled(ctx: &Ctx<'_>, metric: &Metric) -> Result<Vec<Labelled>, Error> {
    asked(ctx, metric, |_, body| scalar::labelled(body)).await
}

/// Asks for a metric, and reads the body of the reply.
async fn asked<T>(
    ctx: &Ctx<'_>,
    metric: &Metric,
    read: fn(Version, &[u8]) -> Result<T, Fault>,
) -> Result<T, Error> {
    let fail = |fault| Error::new(metric, Datadog.name(), None, fault);
    let config = Config::of(metric).map_err(fail)?;
    let keys = Keys::of(&config, &ctx.credentials).map_err(fail)?;
    let asked = config.check().map_err(fail)?;
    // The address by itself first: an error shows it as it was written.
    http::url(keys.address).map_err(fail)?;
    let url = http::url(&format!("{}{}", keys.address, asked.version.path())).map_err(fail)?;
    let answered = ask(ctx, &config, &asked, &keys, &url).await;
    let answered = answered.and_then(|reply| read(asked.version, &reply.body));
    answered.map_err(|fault| Error::new(metric, Datadog.name(), Some(&url), fault))
}

/// What Datadog is shown.
struct Keys<'c> {
    api: &'c str,
    application: &'c str,
    address: &'c str,
}

impl<'c> Keys<'c> {
    fn of(config: &Config, credentials: &'c Credentials) -> Result<Self, Fault> {
        if config.secret_ref.namespaced && config.secret_ref.name.is_empty() {
            return Err(Fault::Config("secret name is required for namespaced credentials".to_owned()));
        }
        let keys = (credentials.get(["api-key", "DD_API_KEY"]), credentials.get(["app-key", "DD_APP_KEY"]));
        let (Some(api), Some(application)) = keys else {
            return Err(Fault::Credentials {
                text: "failed to find the credentials for datadog metrics provider".to_owned(),
                repair: "create the Secret that it names, with the keys api-key and app-key",
            });
        };
        let address = credentials.get(["address", "DD_ADDRESS"]).unwrap_or(ADDRESS);
        Ok(Self { api, application, address })
    }
}

async fn ask(
    ctx: &Ctx<'_>,
    config: &Config,
    asked: &config::Asked,
    keys: &Keys<'_>,
    url: &Url,
) -> Result<Reply, Fault> {
    let now = (ctx.clock)().as_second();
    let from = now - asked.interval.as_secs() as i64;
    let call = match asked.version {
        Version::V1 => Call::get(url.clone()).query(&[
            ("from", from.to_string()),
            ("query", config.query.clone()),
            ("to", now.to_string()),
        ]),
        Version::V2 => {
            let question = scalar::question(config, from, now).to_string();
            Call { body: question.into_bytes(), ..Call::post(url.clone()) }
        }
    };
    let call = call
        .plain("content-type", "application/json")
        .secret("dd-api-key", keys.api)?
        .secret("dd-application-key", keys.application)?;
    let reply = Door::trusted(ctx)?.ask(call, asked.timeout).await?;
    let kind = match reply.status {
        200 => return Ok(reply),
        401 | 403 => "authentication error",
        _ => "non 2xx",
    };
    let said = reply.said_or_withheld(ctx, &["errors", "error"]);
    Err(Fault::Answer(format!("received {kind} response code: {} {said}", reply.status)))
}

/// An answer without a value.
fn nothing(text: &str) -> Answer {
    Answer::from(crate::Value::Nothing(text.to_owned()))
}

fn unreadable(error: &serde_json::Error) -> Fault {
    Fault::Answer(format!("Could not parse JSON body: {}", http::unread(error)))
}

impl Version {
    fn path(self) -> &'static str {
        match self {
            Self::V1 => "/api/v1/query",
            Self::V2 => "/api/v2/query/scalar",
        }
    }
}

//! Any endpoint that answers JSON or text (spec analysis-04, Web).

use std::time::Duration;

use async_trait::async_trait;
use crd::Metric;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::clients::{Door, Proxy, Tls};
use crate::http::{self, Call, Header, Reply};
use crate::json_path::JsonPath;
use crate::oauth2::OAuth2;
use crate::{Answer, Ctx, Error, Fault, Provider, Value, go_json, provider};

/// Asks a URL and picks a value from the answer.
pub(crate) struct Web;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    method: String,
    url: String,
    headers: Vec<Header>,
    body: String,
    json_body: Option<Json>,
    timeout_seconds: i64,
    json_path: String,
    insecure: Tls,
    authentication: Authentication,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Authentication {
    oauth2: OAuth2,
}

#[async_trait]
impl Provider for Web {
    fn name(&self) -> &'static str {
        "web"
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        let fail = |fault| Error::new(metric, self.name(), None, fault);
        let config: Config = provider::config(metric, self.name()).map_err(fail)?;
        let url = http::url(&config.url).map_err(fail)?;
        let answered = ask(ctx, &config, &url).await;
        answered.map(Answer::from).map_err(|fault| Error::new(metric, self.name(), Some(&url), fault))
    }
}

async fn ask(ctx: &Ctx<'_>, config: &Config, url: &Url) -> Result<Value, Fault> {
    let path = JsonPath::parse(if config.json_path.is_empty() { "{$}" } else { &config.json_path })?;
    let mut call = config.call(url)?;
    // The client that checks no certificate ignores the proxy as well.
    let proxy = if config.insecure == Tls::Insecure { Proxy::None } else { Proxy::OfTheMachine };
    let door = Door::of(ctx, config.insecure, proxy)?;
    let oauth2 = &config.authentication.oauth2;
    // A token is set over whatever the headers say.
    if let Some(bearer) = oauth2.bearer(ctx, config.insecure, proxy, config.limit(), Ok).await? {
        call = call.header(AUTHORIZATION, bearer);
    }
    let reply = door.ask(call, config.limit()).await?;
    if !(200..300).contains(&reply.status) {
        return Err(Fault::Answer(format!("received non 2xx response code: {}", reply.status)));
    }
    picked(&reply, &path)
}

/// What the path finds first in a JSON body; a body that is not JSON as it is.
fn picked(reply: &Reply, path: &JsonPath) -> Result<Value, Fault> {
    let Ok(json) = serde_json::from_slice::<Json>(&reply.body) else {
        return Ok(Value::Text(String::from_utf8_lossy(&reply.body).into_owned()));
    };
    let none = || Fault::Answer("result of web metric produced no value".to_owned());
    let whole_is_null = json.is_null();
    match path.first(&go_json::floats(json))? {
        Some(Json::Null) if whole_is_null => Err(none()),
        found => found.map(Value::Json).ok_or_else(none),
    }
}

impl Config {
    fn limit(&self) -> Duration {
        let seconds = u64::try_from(self.timeout_seconds).ok().filter(|seconds| *seconds > 0);
        Duration::from_secs(seconds.unwrap_or(10))
    }

    fn call(&self, url: &Url) -> Result<Call, Fault> {
        let call = Call::new(self.method()?, url.clone());
        let call =
            Call { headers: http::headers(&self.headers)?, body: self.body.clone().into_bytes(), ..call };
        Ok(match self.json_body.as_ref().map(go_json::escaped) {
            None => call,
            Some(body) => {
                let call = Call { body: body.into_bytes(), ..call };
                call.header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            }
        })
    }

    fn method(&self) -> Result<Method, Fault> {
        let refused = |reason: &str| Err(Fault::Config(reason.to_owned()));
        let has_body = !self.body.is_empty() || self.json_body.is_some();
        if !self.body.is_empty() && self.json_body.is_some() {
            return refused("use either Body or JSONBody; both cannot exists for WebMetric payload");
        }
        match self.method.as_str() {
            "" | "GET" if has_body => {
                refused("Body/JSONBody can only be used with POST or PUT WebMetric Method types")
            }
            "" | "GET" => Ok(Method::GET),
            "POST" => Ok(Method::POST),
            "PUT" => Ok(Method::PUT),
            other => Err(Fault::Config(format!("method {other:?} is none of GET, POST, PUT"))),
        }
    }
}

//! Graphite's render API (spec analysis-04, Graphite).

mod render;

use std::time::Duration;

use async_trait::async_trait;
use crd::Metric;
use reqwest::Url;
use serde::Deserialize;

use crate::clients::{Door, Proxy, Tls};
use crate::http::{self, Call};
use crate::{Answer, Ctx, Error, Fault, Provider, provider};

const LIMIT: Duration = Duration::from_secs(10);

/// Asks `/render` for JSON.
pub(crate) struct Graphite;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    address: String,
    /// A raw query string, such as `target=x&from=-2min`.
    query: String,
}

#[async_trait]
impl Provider for Graphite {
    fn name(&self) -> &'static str {
        "graphite"
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        let fail = |fault| Error::new(metric, self.name(), None, fault);
        let config: Config = provider::config(metric, self.name()).map_err(fail)?;
        let url = address(&config.address).map_err(fail)?;
        let answered = ask(ctx, &config, &url).await;
        answered.map_err(|fault| Error::new(metric, self.name(), Some(&url), fault))
    }
}

fn address(written: &str) -> Result<Url, Fault> {
    let refused = |_| Fault::Config(format!("Graphite address {written} is not a valid URL"));
    let mut url = http::url(written).map_err(refused)?;
    url.set_path(&format!("{}/render", url.path().trim_end_matches('/')));
    Ok(url)
}

async fn ask(ctx: &Ctx<'_>, config: &Config, url: &Url) -> Result<Answer, Fault> {
    let call = Call::get(url.clone()).query(&parameters(&config.query));
    let reply = Door::of(ctx, Tls::Verified, Proxy::OfTheMachine)?.ask(call, LIMIT).await?;
    if reply.status >= 400 {
        let (line, body) = (reply.status_line(), reply.withheld(ctx));
        return Err(Fault::Answer(format!("error response: {line} {body}")));
    }
    render::read(&reply.body).map(Answer::from)
}

/// What is asked: without white space, with the format, in the order of the names.
fn parameters(query: &str) -> Vec<(String, String)> {
    let query: String = query.split_whitespace().collect();
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    let mut pairs: Vec<_> = pairs.chain([("format".to_owned(), "json".to_owned())]).collect();
    pairs.sort_by(|one, other| one.0.cmp(&other.0));
    pairs
}

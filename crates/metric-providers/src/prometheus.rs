//! Prometheus and what speaks its query API (spec analysis-04, Prometheus).

mod answer;
mod config;

use std::collections::BTreeMap;

use async_trait::async_trait;
use crd::Metric;
use jiff::Timestamp;
use reqwest::Url;

use crate::clients::Proxy;
use crate::http::{self, Reply};
use crate::{Answer, Ctx, Error, Fault, Provider};
use config::{Config, Range};

/// Asks `/api/v1/query`, or `/api/v1/query_range` when the metric has a `rangeQuery`.
pub(crate) struct Prometheus;

#[async_trait]
impl Provider for Prometheus {
    fn name(&self) -> &'static str {
        "prometheus"
    }

    fn about(&self, metric: &Metric) -> BTreeMap<String, String> {
        let query = Config::of(metric).map(|config| config.query).unwrap_or_default();
        let row = (!query.is_empty()).then(|| ("ResolvedPrometheusQuery".to_owned(), query));
        row.into_iter().collect()
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        let fail = |fault| Error::new(metric, self.name(), None, fault);
        let config = Config::of(metric).map_err(fail)?;
        let address = config.url(ctx.prometheus_address).map_err(fail)?;
        let answered = ask(ctx, &config, &address).await;
        answered.map_err(|fault| Error::new(metric, self.name(), Some(&address), fault))
    }
}

async fn ask(ctx: &Ctx<'_>, config: &Config, address: &Url) -> Result<Answer, Fault> {
    let limit = config.limit()?;
    config.refuse_unsupported(address)?;
    let (path, form) = match &config.range_query {
        None => ("api/v1/query", instant(&config.query, (ctx.clock)())),
        Some(range) => ("api/v1/query_range", ranged(ctx, &config.query, range)?),
    };
    let mut url = address.clone();
    url.set_path(&format!("{}/{path}", address.path().trim_end_matches('/')));

    let client = ctx.clients.get(config.insecure, Proxy::OfTheMachine)?;
    let prepared = |request: reqwest::RequestBuilder| -> Result<_, Fault> {
        let request = match config.basic()? {
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        };
        // Set last: what the user wrote overwrites anything.
        Ok(request.headers(http::headers(&config.headers)?))
    };
    let post = prepared(client.post(url.clone()).form(&form))?;
    let mut reply: Reply = http::exchange(post, limit).await?;
    if matches!(reply.status, 403 | 405 | 501) {
        reply = http::exchange(prepared(client.get(url).query(&form))?, limit).await?;
    }
    answer::read(&reply)
}

type Form = Vec<(&'static str, String)>;

fn instant(query: &str, now: Timestamp) -> Form {
    vec![("query", query.to_owned()), ("time", seconds(now))]
}

fn ranged(ctx: &Ctx<'_>, query: &str, range: &Range) -> Result<Form, Fault> {
    let time = |field: &str, expr: &str| {
        let refused = |reason| Fault::Config(format!("failed to parse rangeQuery.{field} as time: {reason}"));
        (ctx.times)(expr).map(seconds).map_err(refused)
    };
    let step = crd::duration::parse(&range.step)
        .map_err(|reason| Fault::Config(format!("failed to parse rangeQuery.step as duration: {reason}")))?;
    Ok(vec![
        ("query", query.to_owned()),
        ("start", time("start", &range.start)?),
        ("end", time("end", &range.end)?),
        ("step", step.as_secs_f64().to_string()),
    ])
}

/// Seconds since the epoch with a decimal fraction.
fn seconds(moment: Timestamp) -> String {
    (moment.as_millisecond() as f64 / 1000.0).to_string()
}

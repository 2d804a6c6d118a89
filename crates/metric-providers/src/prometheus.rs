//! Prometheus and what speaks its query API (spec analysis-04, Prometheus).

mod amazon;
mod answer;
mod config;
mod dress;

use std::collections::BTreeMap;

use async_trait::async_trait;
use crd::Metric;
use jiff::Timestamp;
use reqwest::Url;

use crate::clients::{Door, Proxy};
use crate::http::{Call, Reply};
use crate::{Answer, Ctx, Error, Fault, Labelled, Provider};
use config::{Config, Range};
use dress::Dress;

/// Asks `/api/v1/query`, or `/api/v1/query_range` when the metric has a `rangeQuery`.
pub(crate) struct Prometheus;

#[async_trait]
impl Provider for Prometheus {
    fn name(&self) -> &'static str {
        "prometheus"
    }

    async fn about(&self, _ctx: &Ctx<'_>, metric: &Metric) -> BTreeMap<String, String> {
        let query = Config::of(metric).map(|config| config.query).unwrap_or_default();
        let row = (!query.is_empty()).then(|| ("ResolvedPrometheusQuery".to_owned(), query));
        row.into_iter().collect()
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        asked(ctx, metric, answer::read).await
    }
}

/// The numbers of now, by their labels.
pub(crate) async fn labelled(ctx: &Ctx<'_>, metric: &Metric) -> Result<Vec<Labelled>, Error> {
    asked(ctx, metric, answer::labelled).await
}

/// Asks for a metric, and reads the reply.
async fn asked<T>(ctx: &Ctx<'_>, metric: &Metric, read: fn(&Reply) -> Result<T, Fault>) -> Result<T, Error> {
    let fail = |fault| Error::new(metric, Prometheus.name(), None, fault);
    let config = Config::of(metric).map_err(fail)?;
    let address = config.url(ctx.prometheus_address).map_err(fail)?;
    let answered = ask(ctx, &config, &address).await.and_then(|reply| read(&reply));
    answered.map_err(|fault| Error::new(metric, Prometheus.name(), Some(&address), fault))
}

async fn ask(ctx: &Ctx<'_>, config: &Config, address: &Url) -> Result<Reply, Fault> {
    let limit = config.limit()?;
    let (path, form) = match &config.range_query {
        None => ("api/v1/query", instant(&config.query, (ctx.clock)())),
        Some(range) => ("api/v1/query_range", ranged(ctx, &config.query, range)?),
    };
    let mut url = address.clone();
    url.set_path(&format!("{}/{path}", address.path().trim_end_matches('/')));

    // The default address is the operator's own, and not for the guard to refuse; nothing else goes through this door.
    let door = if config.address.is_empty() { Door::chosen } else { Door::of };
    let door = door(ctx, config.insecure, Proxy::OfTheMachine)?;
    let dress = Dress::of(ctx, config, address, limit).await?;
    let mut reply = door.ask(dress.on(ctx, Call::post(url.clone()).form(&form))?, limit).await?;
    if matches!(reply.status, 403 | 405 | 501) {
        reply = door.ask(dress.on(ctx, Call::get(url).query(&form))?, limit).await?;
    }
    Ok(reply)
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

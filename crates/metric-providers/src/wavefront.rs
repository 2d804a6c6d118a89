//! Wavefront's chart API (spec analysis-04, Wavefront).
//!
//! The peer sets no deadline; here it is [`LIMIT`].

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use crd::Metric;
use reqwest::Url;
use reqwest::header::AUTHORIZATION;
use serde::Deserialize;

use crate::clients::{Door, Proxy, Redirects, Tls};
use crate::http::{self, Call, Reply};
use crate::provider::entry;
use crate::{Answer, Ctx, Error, Fault, Provider, Value, Wanted, go_json, provider};

const SECRET: &str = "wavefront-api-tokens";
const LIMIT: Duration = Duration::from_secs(60);

/// Asks `/api/v2/chart/api`.
pub(crate) struct Wavefront;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    /// A host; the key of its token in the Secret.
    address: String,
    query: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chart {
    timeseries: Option<Vec<Series>>,
    warnings: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Series {
    /// Seconds since the epoch, and the value.
    data: Vec<(f64, f64)>,
}

#[async_trait]
impl Provider for Wavefront {
    fn name(&self) -> &'static str {
        "wavefront"
    }

    fn wanted(&self, _metric: &Metric) -> Option<Wanted> {
        Some(Wanted { variables: &[], secret: SECRET.to_owned(), namespaced: false })
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        let fail = |fault| Error::new(metric, self.name(), None, fault);
        let config: Config = provider::config(metric, self.name()).map_err(fail)?;
        let token = token(ctx, &config.address).map_err(fail)?;
        let url = address(&config.address).map_err(fail)?;
        let start = (ctx.clock)().as_second();
        let fail = |fault| Error::new(metric, self.name(), Some(&url), fault);
        let chart = ask(ctx, &url, &config.query, token, start).await.map_err(fail)?;
        let warnings = if chart.warnings.is_empty() {
            BTreeMap::new()
        } else {
            entry("warnings", http::shortened(&chart.warnings))
        };
        match picked(&chart, start) {
            Some(mut answer) => {
                answer.metadata.extend(warnings);
                Ok(answer)
            }
            None => {
                let text = "No TimeSeries found in response from Wavefront";
                Err(fail(Fault::Answer(text.to_owned())).with(warnings))
            }
        }
    }
}

/// The key of the Secret is the address.
fn token<'c>(ctx: &'c Ctx<'_>, address: &str) -> Result<&'c str, Fault> {
    let text = if ctx.credentials.is_empty() {
        format!("secrets \"{SECRET}\" not found")
    } else {
        "API token not found".to_owned()
    };
    let repair = "put the token into the Secret wavefront-api-tokens of the controller's namespace, with the address \
                  as its key";
    ctx.credentials.get([address]).ok_or(Fault::Credentials { text, repair })
}

/// By TLS, unless the address names a scheme, which the peer's cannot: a proxy of Wavefront's in the cluster.
fn address(written: &str) -> Result<Url, Fault> {
    let scheme = if written.contains("://") { "" } else { "https://" };
    http::url(&format!("{scheme}{written}/api/v2/chart/api"))
}

async fn ask(ctx: &Ctx<'_>, url: &Url, query: &str, token: &str, start: i64) -> Result<Chart, Fault> {
    let instant = (start * 1000).to_string();
    let parameters = [
        ("q", query),
        ("s", &instant),
        ("e", &instant),
        ("g", "s"),
        ("p", "1"),
        ("i", "true"),
        ("autoEvents", "false"),
        ("listmode", "false"),
        ("strict", "false"),
        ("includeObsoleteMetrics", "false"),
    ];
    let bearer = http::sensitive(&format!("Bearer {token}"), "the API token")?;
    let call = Call::get(url.clone()).query(&parameters).plain("accept", "application/json");
    let door = Door { redirects: Redirects::Refused, ..Door::of(ctx, Tls::Verified, Proxy::None)? };
    let reply: Reply = door.ask(call.header(AUTHORIZATION, bearer), LIMIT).await?;
    if reply.status != 200 {
        let (line, said) = (reply.status_line(), reply.said_or_withheld(ctx, &["errorMessage", "message"]));
        return Err(Fault::Answer(format!("server returned {line}: {said}")));
    }
    serde_json::from_slice(&reply.body).map_err(|error| Fault::Answer(go_json::fault(&reply.body, &error)))
}

/// Of each series the point that is nearest to the start; `None` without series.
fn picked(chart: &Chart, start: i64) -> Option<Answer> {
    let points: Vec<(f64, f64)> =
        chart.timeseries.iter().flatten().map(|series| nearest(series, start)).collect();
    let drift = |at: f64| at - start as f64;
    let (value, timestamps, drifts) = match points.as_slice() {
        [] => return None,
        [(at, value)] => (
            Value::Written(Box::new(Value::Number(*value)), format!("{value:.2}")),
            at.to_string(),
            drift(*at).to_string(),
        ),
        many => {
            let values = many.iter().map(|(_, value)| *value).collect();
            let text = listed(many.iter().map(|(_, value)| format!("{value:.2}")));
            (
                Value::Written(Box::new(Value::Numbers(values)), text),
                listed(many.iter().map(|(at, _)| at.to_string())),
                listed(many.iter().map(|(at, _)| drift(*at).to_string())),
            )
        }
    };
    let metadata = [("timestamps", timestamps), ("drift", drifts)];
    let metadata = metadata.map(|(key, text)| (key.to_owned(), text)).into();
    Some(Answer { metadata, ..Answer::from(value) })
}

/// A series without points counts as 0 at the epoch, as the peer has it.
fn nearest(series: &Series, start: i64) -> (f64, f64) {
    let distance = |point: &(f64, f64)| (point.0 - start as f64).abs();
    let by_distance = |a: &&(f64, f64), b: &&(f64, f64)| distance(a).total_cmp(&distance(b));
    series.data.iter().min_by(by_distance).copied().unwrap_or_default()
}

fn listed(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_point_counts_and_the_first_of_two_as_near() {
        let series = || Series { data: vec![(0.0, 1.0), (5.0, 2.0)] };
        for (start, value, at, drift) in
            [(1, "1.00", "0", "-1"), (4, "2.00", "5", "1"), (0, "1.00", "0", "0")]
        {
            let chart = Chart { timeseries: Some(vec![series()]), ..Chart::default() };
            let answer = picked(&chart, start).unwrap();
            assert_eq!(answer.value.unwrap().text(), value);
            assert_eq!(
                (answer.metadata["timestamps"].as_str(), answer.metadata["drift"].as_str()),
                (at, drift)
            );
        }
        let tie = Series { data: vec![(2.0, 1.0), (4.0, 2.0)] };
        assert_eq!(nearest(&tie, 3), (2.0, 1.0));
        assert_eq!(nearest(&Series::default(), 3), (0.0, 0.0));
    }
}

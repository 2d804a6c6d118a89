//! What is asked: `provider.cloudWatch`, as `GetMetricData` has it.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::Fault;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Config {
    /// How far to look back, as a Go duration; 5m when empty.
    interval: String,
    metric_data_queries: Vec<Query>,
}

/// A whole number, or one as text; a text that is none counts as 0, as everywhere in these objects.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Whole(i32),
    Text(String),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Query {
    id: String,
    expression: Option<String>,
    label: Option<String>,
    metric_stat: Option<Statistic>,
    period: Option<Number>,
    return_data: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Statistic {
    metric: Measured,
    period: Option<Number>,
    stat: String,
    unit: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Measured {
    dimensions: Vec<Dimension>,
    metric_name: String,
    namespace: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Dimension {
    name: String,
    value: String,
}

impl Config {
    /// The request's body.
    pub(super) fn question(&self, now: Timestamp) -> Result<Json, Fault> {
        let interval = if self.interval.is_empty() { "5m" } else { &self.interval };
        let interval = crd::duration::parse(interval).map_err(|error| Fault::Config(error.to_string()))?;
        let interval = SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX);
        let start = now.checked_sub(interval).unwrap_or(Timestamp::MIN);
        let queries: Vec<Json> = self.metric_data_queries.iter().map(Query::json).collect();
        Ok(json!({"StartTime": start.as_second(), "EndTime": now.as_second(), "MetricDataQueries": queries}))
    }
}

impl Number {
    fn whole(&self) -> i32 {
        match self {
            Self::Whole(number) => *number,
            Self::Text(text) => text.parse().unwrap_or_default(),
        }
    }
}

impl Query {
    /// Absent members stay absent.
    fn json(&self) -> Json {
        let members = [
            Some(("Id", json!(self.id))),
            self.expression.as_ref().map(|text| ("Expression", json!(text))),
            self.label.as_ref().map(|text| ("Label", json!(text))),
            self.metric_stat.as_ref().map(|statistic| ("MetricStat", statistic.json())),
            self.period.as_ref().map(|period| ("Period", json!(period.whole()))),
            self.return_data.map(|wanted| ("ReturnData", json!(wanted))),
        ];
        object(members)
    }
}

impl Statistic {
    /// The period is sent in any case.
    fn json(&self) -> Json {
        let dimensions: Vec<Json> =
            self.metric.dimensions.iter().map(|it| json!({"Name": it.name, "Value": it.value})).collect();
        let metric = object([
            (!dimensions.is_empty()).then(|| ("Dimensions", json!(dimensions))),
            Some(("MetricName", json!(self.metric.metric_name))),
            self.metric.namespace.as_ref().map(|namespace| ("Namespace", json!(namespace))),
        ]);
        object([
            Some(("Metric", metric)),
            Some(("Period", json!(self.period.as_ref().map_or(0, Number::whole)))),
            Some(("Stat", json!(self.stat))),
            (!self.unit.is_empty()).then(|| ("Unit", json!(self.unit))),
        ])
    }
}

fn object<const N: usize>(members: [Option<(&str, Json)>; N]) -> Json {
    let members = members.into_iter().flatten().map(|(name, value)| (name.to_owned(), value));
    Json::Object(members.collect::<Map<_, _>>())
}

//! What `GetMetricData` answers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::http::{self, Reply};
use crate::provider::entry;
use crate::{Answer, Ctx, Fault, Record, Value, go_json};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Body {
    metric_data_results: Vec<Series>,
    messages: Vec<Message>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Series {
    id: Option<String>,
    label: Option<String>,
    messages: Option<Vec<Message>>,
    status_code: Option<String>,
    /// Seconds since the epoch.
    timestamps: Vec<f64>,
    values: Vec<f64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Message {
    code: Option<String>,
    value: Option<String>,
}

pub(super) fn read(body: &[u8]) -> Result<Answer, Fault> {
    let parsed: Body = serde_json::from_slice(body).map_err(|error| {
        let reason = go_json::fault(body, &error);
        Fault::Answer(format!("operation error CloudWatch: GetMetricData, deserialization failed, {reason}"))
    })?;
    let metadata = told(&parsed.messages);
    let records = parsed.metric_data_results.into_iter().map(Record::from).collect();
    Ok(Answer { metadata, ..Answer::from(Value::Records(records)) })
}

fn told(messages: &[Message]) -> BTreeMap<String, String> {
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    let texts = messages.iter().map(|message| format!("{}: {}", part(&message.code), part(&message.value)));
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() { BTreeMap::new() } else { entry("messages", http::shortened(&texts.join(", "))) }
}

impl From<Series> for Record {
    fn from(series: Series) -> Self {
        // A cast to whole nanoseconds saturates, and what lies beyond time is its end.
        let time =
            |seconds: &f64| Timestamp::from_nanosecond((seconds * 1e9) as i128).unwrap_or(Timestamp::MAX);
        Self {
            id: series.id,
            label: series.label,
            messages: series
                .messages
                .into_iter()
                .flatten()
                .map(|message| (message.code, message.value))
                .collect(),
            status_code: series.status_code.unwrap_or_default(),
            timestamps: series.timestamps.iter().map(time).collect(),
            values: series.values,
        }
    }
}

/// An error of the service: its class, without the namespace, and its text.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    #[serde(rename = "__type")]
    class: String,
    #[serde(alias = "Message")]
    message: String,
}

fn parsed(reply: &Reply) -> Refusal {
    let mut refusal: Refusal = serde_json::from_slice(&reply.body).unwrap_or_default();
    if let Some((_, class)) = refusal.class.rsplit_once('#') {
        refusal.class = class.to_owned();
    }
    refusal
}

pub(super) fn is_throttled(reply: &Reply) -> bool {
    reply.status == 400 && {
        let class = parsed(reply).class;
        class.contains("Throttl") || class == "TooManyRequestsException" || class == "RequestLimitExceeded"
    }
}

/// In the words of AWS' own library.
pub(super) fn refusal(ctx: &Ctx<'_>, reply: &Reply) -> String {
    let Refusal { class, message } = parsed(reply);
    let said = match (class.as_str(), message.as_str()) {
        ("", "") => reply.withheld(ctx),
        (class, message) => format!("api error {class}: {}", http::shortened(message)),
    };
    let (status, id) = (reply.status, reply.header("x-amzn-requestid"));
    format!(
        "operation error CloudWatch: GetMetricData, https response error StatusCode: {status}, RequestID: {id}, {said}"
    )
}

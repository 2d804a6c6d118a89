//! What a plugin is asked, and what is made of its answers.

use std::collections::BTreeMap;

use crd::{AnalysisPhase, Measurement, Metric};
use serde_json::{Value as Json, json};

use super::hosted::Failure;
use crate::{Answer, Ctx, Value, Verdict, http};

/// Most of what a measurement remembers, in bytes: it is kept in a status.
const LARGEST: usize = 16 << 10;

/// A question about a measurement.
#[derive(Clone, Copy)]
pub(super) enum Question<'m> {
    Run,
    /// With what the measurement remembered.
    Resume(&'m BTreeMap<String, String>),
    Terminate(&'m BTreeMap<String, String>),
}

impl Question<'_> {
    pub(super) fn remembered(self) -> BTreeMap<String, String> {
        match self {
            Self::Run => BTreeMap::new(),
            Self::Resume(remembered) | Self::Terminate(remembered) => remembered.clone(),
        }
    }

    fn method(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Resume(_) => "resume",
            Self::Terminate(_) => "terminate",
        }
    }

    /// The measurement as it was stored, where there is one.
    fn measurement(self, ctx: &Ctx<'_>) -> Option<Measurement> {
        let stored = || ctx.measurement.cloned().unwrap_or_default();
        match self {
            Self::Run => None,
            Self::Resume(remembered) | Self::Terminate(remembered) => {
                Some(Measurement { metadata: remembered.clone(), ..stored() })
            }
        }
    }
}

/// The peer's words for a plugin that could not be started.
fn not_started(reason: &str) -> String {
    format!("failed to create plugin: unable to get metric plugin: unable to start plugin system: {reason}")
}

/// Asks for a measurement; the plugin alone says how it went.
pub(super) async fn measurement(
    ctx: &Ctx<'_>,
    name: &str,
    metric: &Metric,
    question: Question<'_>,
) -> Result<Answer, String> {
    let method = question.method();
    let run = ctx.run;
    let members = match question.measurement(ctx) {
        None => members(ctx, metric),
        Some(measurement) => json!({"metric": metric, "analysisRun": run, "measurement": measurement}),
    };
    let answer = ctx.plugins.ask(name, method, &members).await.map_err(|failure| match failure {
        Failure::Start(reason) => not_started(&reason),
        Failure::Answer(reason) => format!("{} rpc call error: {reason}", capital(method)),
    })?;
    let prefix = format!("failed to {method} via plugin: ");
    if let Some(error) = said_error(&answer) {
        return Err(format!("{prefix}{error}"));
    }
    let read: Result<Measurement, _> =
        serde_json::from_value(answer.get("measurement").cloned().unwrap_or_default());
    let measurement = read.map_err(|error| format!("{prefix}its measurement cannot be read: {error}"))?;
    let phase = measurement.phase.ok_or_else(|| format!("{prefix}its measurement has no phase"))?;
    if measurement.metadata.iter().map(|(key, text)| key.len() + text.len()).sum::<usize>() > LARGEST {
        return Err(format!("{prefix}its metadata is longer than {LARGEST} bytes"));
    }
    let message = http::shortened(&measurement.message);
    let message = if phase == AnalysisPhase::Error { format!("{prefix}{message}") } else { message };
    let value = Value::Verdict(Verdict { phase, message, text: measurement.value });
    let resume_at = measurement.resume_at.map(crd::Time::timestamp);
    Ok(Answer { metadata: measurement.metadata, resume_at, ..Answer::from(value) })
}

/// What the plugin says of the metric. An error stands in the place of it: there is no other place for it.
pub(super) async fn metadata(ctx: &Ctx<'_>, name: &str, metric: &Metric) -> BTreeMap<String, String> {
    const ERROR: &str = "error";
    let prefixed = |text: &str| format!("failed to get metadata via plugin: {text}");
    // One that does not run is told as the measurement's error.
    let Ok(answer) = ctx.plugins.ask(name, "metadata", &members(ctx, metric)).await else {
        return BTreeMap::new();
    };
    if let Some(error) = said_error(&answer) {
        return crate::provider::entry(ERROR, prefixed(&error));
    }
    let told = answer.get("metadata").and_then(Json::as_object).into_iter().flatten();
    let texts = told.filter_map(|(key, text)| Some((key.clone(), http::shortened(text.as_str()?))));
    let mut texts: BTreeMap<String, String> = texts.collect();
    if let Some(error) = texts.get_mut(ERROR) {
        *error = prefixed(error);
    }
    texts
}

/// Has the plugin remove what all but the newest `limit` measurements left behind.
pub(super) async fn garbage_collect(
    ctx: &Ctx<'_>,
    name: &str,
    metric: &Metric,
    limit: usize,
) -> Result<(), String> {
    let members = json!({"metric": metric, "analysisRun": ctx.run, "limit": limit});
    let prefixed = |text: String| format!("failed to garbage collect via plugin: {text}");
    let answer =
        ctx.plugins.ask(name, "garbageCollect", &members).await.map_err(|failure| match failure {
            Failure::Start(reason) => not_started(&reason),
            Failure::Answer(reason) => prefixed(reason),
        })?;
    said_error(&answer).map_or(Ok(()), |error| Err(prefixed(error)))
}

fn members(ctx: &Ctx<'_>, metric: &Metric) -> Json {
    json!({"metric": metric, "analysisRun": ctx.run})
}

fn said_error(answer: &Json) -> Option<String> {
    let error = answer.get("error").and_then(Json::as_str).filter(|error| !error.is_empty());
    error.map(http::shortened)
}

fn capital(method: &str) -> String {
    let mut letters = method.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

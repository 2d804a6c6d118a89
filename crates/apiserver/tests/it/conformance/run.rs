//! Runs a case against a server.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{AsyncBufRead, AsyncBufReadExt, StreamExt};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use super::case::{Case, Step, difference};
use crate::client::request;

/// How long an event of a watch may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a case in a namespace of its own; the error says what is not as expected.
pub(crate) async fn case(client: &Client, namespace: &str, case: &Case) -> Result<(), String> {
    let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
    send(client, "POST", "/api/v1/namespaces", &[("content-type", "application/json")], body.to_string())
        .await?;
    let mut variables = BTreeMap::from([("ns".to_owned(), namespace.to_owned())]);
    for step in &case.steps {
        let step = substitute(step, &variables);
        let done = if step.watch.is_empty() {
            plain(client, &step, &mut variables).await
        } else {
            watch(client, &step).await
        };
        done.map_err(|why| format!("{}{}: {why}", step.request, step.watch))?;
    }
    Ok(())
}

async fn plain(client: &Client, step: &Step, variables: &mut BTreeMap<String, String>) -> Result<(), String> {
    let (method, path) = step.request.split_once(' ').ok_or("a request is a method and a path")?;
    let body = step.body.as_ref().map_or_else(|| step.text.clone(), Value::to_string);
    let content_type = if step.r#type.is_empty() { "application/json" } else { &step.r#type };
    let accept = if step.accept.is_empty() { "application/json" } else { &step.accept };
    let (code, warnings, text) =
        send(client, method, path, &[("content-type", content_type), ("accept", accept)], body).await?;
    if code != step.code.unwrap_or(200) {
        return Err(format!("status {code} instead of {}: {text}", step.code.unwrap_or(200)));
    }
    let answer: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if let Some(why) = difference(&step.expect, Some(&answer), "") {
        return Err(format!("{why} in {text}"));
    }
    let plain = text.replace("\\\"", "\"");
    if !text.contains(&step.expect_text) && !plain.contains(&step.expect_text) {
        return Err(format!("{:?} is not in {text}", step.expect_text));
    }
    if !warnings.replace("\\\"", "\"").contains(&step.warning) {
        return Err(format!("{:?} is not among the warnings {warnings:?}", step.warning));
    }
    for (name, pointer) in &step.save {
        let value = answer.pointer(pointer).and_then(Value::as_str).ok_or(format!("no text at {pointer}"))?;
        variables.insert(name.clone(), value.to_owned());
    }
    Ok(())
}

async fn watch(client: &Client, step: &Step) -> Result<(), String> {
    let accept = if step.accept.is_empty() { "application/json" } else { &step.accept };
    let request = request("GET", &step.watch, &[("accept", accept)], String::new());
    let mut lines = lines(client.request_stream(request).await.map_err(|why| why.to_string())?);
    let bookmarks = step.events.iter().any(|event| event["type"] == "BOOKMARK");
    for expected in &step.events {
        loop {
            let line = tokio::time::timeout(PATIENCE, lines.next()).await.map_err(|_| "no event came")?;
            let line = line.ok_or("the watch ended early")?.map_err(|why| why.to_string())?;
            let event: Value = serde_json::from_str(&line).map_err(|why| why.to_string())?;
            if event["type"] == "BOOKMARK" && !bookmarks {
                continue;
            }
            if let Some(why) = difference(expected, Some(&event), "") {
                return Err(format!("{why} in {line}"));
            }
            break;
        }
    }
    if step.ends {
        let end = tokio::time::timeout(PATIENCE, lines.next()).await.map_err(|_| "the watch does not end")?;
        if let Some(line) = end {
            return Err(format!("an event more: {line:?}"));
        }
    }
    Ok(())
}

fn lines(body: impl AsyncBufRead + Send + 'static) -> BoxStream<'static, std::io::Result<String>> {
    Box::pin(body).lines().boxed()
}

/// Sends a request: status, warnings and text of the answer.
pub(crate) async fn send(
    client: &Client,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Result<(u16, String, String), String> {
    let response = client
        .send(request(method, path, headers, body).map(Body::from))
        .await
        .map_err(|why| why.to_string())?;
    let code = response.status().as_u16();
    let warnings = response.headers().get_all("warning").iter().filter_map(|value| value.to_str().ok());
    let warnings = warnings.collect::<Vec<_>>().join("\n");
    let bytes = response.into_body().collect().await.map_err(|why| why.to_string())?.to_bytes();
    Ok((code, warnings, String::from_utf8_lossy(&bytes).into_owned()))
}

fn substitute(step: &Step, variables: &BTreeMap<String, String>) -> Step {
    let text = |text: &str| {
        variables.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value))
    };
    let value = |value: &Value| -> Value { serde_json::from_str(&text(&value.to_string())).unwrap() };
    Step {
        request: text(&step.request),
        watch: text(&step.watch),
        text: text(&step.text),
        body: step.body.as_ref().map(value),
        expect: value(&step.expect),
        events: step.events.iter().map(value).collect(),
        ..step.clone()
    }
}

//! A server that does not answer is given up at the deadline that the specification gives (spec analysis-04).
//!
//! Nobody waits for it here: the clock is stopped once a server has been asked and says no more, and then it jumps to
//! the deadline. While a connection is being made it runs, for a stopped one would jump then as well.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use aviary_metric_providers::{Clients, Ctx, PROVIDERS, Reading, Wait, read, resume};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use crate::hostile::{asked_with, questions};
use crate::{ctx, fault, metric, texts, variables};

/// A server that answers a few questions, and no further one.
struct Silent {
    address: String,
    /// Has a word for each question that it leaves without an answer.
    asked: UnboundedReceiver<()>,
}

impl Silent {
    /// One that gives these answers, each once, and then says only `last`.
    async fn after(answers: &[String], last: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(VecDeque::from(answers.to_vec())));
        let (tell, asked) = unbounded_channel();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(socket, answers.clone(), last, tell.clone()));
            }
        });
        Self { address, asked }
    }
}

async fn serve(
    mut socket: TcpStream,
    answers: Arc<Mutex<VecDeque<String>>>,
    last: &'static str,
    tell: UnboundedSender<()>,
) {
    while is_asked(&mut socket).await {
        let answer = answers.lock().pop_front();
        let said = answer.as_deref().unwrap_or(last);
        // Whoever asked may have gone away.
        socket.write_all(said.as_bytes()).await.ok();
        if answer.is_none() {
            tell.send(()).ok();
        }
    }
}

/// Whether one more question comes, with all of its body.
async fn is_asked(socket: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = socket.read_u8().await else { return false };
        head.push(byte.to_ascii_lowercase());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    socket.read_exact(&mut vec![0; length.parse().unwrap()]).await.is_ok()
}

/// How long each question was waited for, and what is told in the end.
async fn given_up(
    clients: &Clients,
    provider: &str,
    config: Json,
    server: &mut Silent,
) -> (Vec<Duration>, String) {
    let Silent { address, asked } = server;
    let asking = async |ctx: Ctx<'_>| asked_with(ctx, provider, config, address).await;
    timed(clients, asked, asking).await
}

/// The same of whatever asks.
async fn timed(
    clients: &Clients,
    asked: &mut UnboundedReceiver<()>,
    asking: impl AsyncFnOnce(Ctx<'_>) -> Reading,
) -> (Vec<Duration>, String) {
    let times = Mutex::new(vec![Instant::now()]);
    // Called before a question is asked once more.
    let wait = |_| -> Wait {
        times.lock().push(Instant::now());
        tokio::time::resume();
        Box::pin(std::future::ready(()))
    };
    let mut asking = pin!(asking(Ctx { clients: clients.clone(), wait: &wait, ..ctx() }));
    let mut day = pin!(tokio::time::sleep(Duration::from_secs(24 * 3600)));
    let mut unanswered = 0;
    let reading = loop {
        tokio::select! {
            reading = &mut asking => break reading,
            Some(()) = asked.recv() => {
                unanswered += 1;
                tokio::time::pause();
            }
            () = &mut day => panic!("it waits without end"),
        }
    };
    let mut times = times.lock().clone();
    times.push(Instant::now());
    let text = fault(&reading);
    assert_eq!(unanswered, times.len() - 1, "{text}");
    tokio::time::resume();
    (times.windows(2).map(|both| both[1] - both[0]).collect(), text)
}

/// What is wrong, unless so many questions were given up, each after this time, and this is told.
fn wrong(what: &str, (waited, text): &(Vec<Duration>, String), seconds: u64, times: usize) -> Option<String> {
    let limit = Duration::from_secs(seconds);
    // What comes before a question, such as the connection, is done in no time, or in little.
    let is_in_time = waited.len() == times && waited.iter().all(|it| (limit..2 * limit).contains(it));
    let told = format!("no answer within {seconds}s: context deadline exceeded");
    let is_right = is_in_time && text.ends_with(&told);
    (!is_right).then(|| format!("{what}: after {waited:?}, not {times} times {limit:?}: {text}"))
}

/// The seconds that each of the questions of all providers may take, and how often it is asked.
const LIMITS: &[(&str, u64, usize)] = &[
    ("prometheus", 60, 1),
    ("kayenta", 15, 1),
    ("web", 60, 1),
    ("datadog", 60, 1),
    // The specification has none for it; ours is this.
    ("wavefront", 60, 1),
    ("newRelic", 30, 4),
    ("cloudWatch", 30, 3),
    ("graphite", 10, 1),
    ("influxdb", 20, 1),
    ("skywalking", 30, 1),
];

#[tokio::test]
async fn every_provider_gives_up_a_server_that_does_not_answer_at_its_deadline() {
    let (clients, mut found) = (Clients::default(), Vec::new());
    for last in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n["] {
        let mut server = Silent::after(&[], last).await;
        let questions = questions(&server.address);
        // Jobs and plugins are asked nothing over HTTP.
        assert_eq!((LIMITS.len(), LIMITS.len()), (questions.len(), PROVIDERS.len() - 2));
        for ((provider, config), (name, seconds, times)) in questions.into_iter().zip(LIMITS) {
            assert_eq!(provider, *name);
            let came = given_up(&clients, provider, config, &mut server).await;
            found.extend(wrong(&format!("{provider}, after {last:?}"), &came, *seconds, *times));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

fn answer(status: &str, body: &Json) -> String {
    let body = body.to_string();
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_metric_that_gives_no_deadline_has_one() {
    let (clients, mut found) = (Clients::default(), Vec::new());
    let mut server = Silent::after(&[], "").await;
    let address = server.address.clone();
    for (provider, config, seconds) in [
        ("prometheus", json!({"address": address, "query": "q"}), 30),
        ("web", json!({"url": address}), 10),
        ("web", json!({"url": address, "timeoutSeconds": -1}), 10),
        ("datadog", json!({"query": "q"}), 10),
    ] {
        let what = format!("{provider} {config}");
        let came = given_up(&clients, provider, config, &mut server).await;
        found.extend(wrong(&what, &came, seconds, 1));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn what_is_asked_before_or_after_another_question_has_a_deadline_as_well() {
    let (clients, mut found) = (Clients::default(), Vec::new());
    let token = || answer("200 OK", &json!({"access_token": "t"}));
    let oauth2 = json!({"tokenUrl": "ADDRESS", "clientId": "c", "clientSecret": "s"});
    let web = json!({"url": "ADDRESS", "timeoutSeconds": 7, "authentication": {"oauth2": oauth2}});
    let prometheus = json!({"address": "ADDRESS", "query": "q", "timeout": 8});
    let mut with_token = prometheus.clone();
    with_token["authentication"] = json!({"oauth2": oauth2});
    let kayenta = json!({"address": "ADDRESS", "canaryConfigName": "c", "threshold": {}, "scopes": []});
    let role = json!({"address": "ADDRESS/aps-workspaces/w", "query": "q",
        "authentication": {"sigv4": {"region": "r", "roleArn": "arn:aws:x"}}});
    for (what, provider, config, answers, seconds) in [
        ("a token", "web", &web, vec![], 7),
        ("after a token", "web", &web, vec![token()], 7),
        ("a token asked for twice", "web", &web, vec![answer("401 Unauthorized", &json!({}))], 7),
        ("a token", "prometheus", &with_token, vec![], 8),
        ("after a token", "prometheus", &with_token, vec![token()], 8),
        ("GET after POST", "prometheus", &prometheus, vec![answer("405 Method Not Allowed", &json!({}))], 8),
        ("a judgement", "kayenta", &kayenta, vec![answer("200 OK", &json!([{"name": "c", "id": "1"}]))], 15),
        ("keys of a role", "prometheus", &role, vec![], 10),
    ] {
        let mut server = Silent::after(&answers, "").await;
        let config = config.to_string().replace("ADDRESS", &server.address);
        let config = serde_json::from_str(&config).unwrap();
        let came = given_up(&clients, provider, config, &mut server).await;
        found.extend(wrong(&format!("{what}, {provider}"), &came, seconds, 1));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn a_judgement_that_is_looked_for_has_a_deadline_as_well() {
    let mut server = Silent::after(&[], "").await;
    let metric = metric("kayenta", json!({"address": server.address, "threshold": {}, "scopes": []}));
    let looked = async |ctx: Ctx<'_>| resume(&ctx, &metric, &texts(&[("canaryExecutionId", "e")])).await;
    let came = timed(&Clients::default(), &mut server.asked, looked).await;
    assert_eq!(wrong("kayenta", &came, 15, 1), None);
}

#[tokio::test]
async fn keys_that_a_machine_hands_out_are_waited_for_no_longer_than_their_deadline() {
    let (clients, mut found) = (Clients::default(), Vec::new());
    let metric = metric("cloudWatch", json!({"metricDataQueries": []}));
    let (container, instance) = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    let text = || answer("200 OK", &json!("role-or-token"));
    for (what, service, answers) in [
        ("a pod's keys", container, vec![]),
        ("an instance's token", instance, vec![]),
        ("its role", instance, vec![text()]),
        ("its keys", instance, vec![text(), text()]),
    ] {
        let mut server = Silent::after(&answers, "").await;
        let environment = variables(&[("AWS_REGION", "r"), (service, server.address.as_str())]);
        let asking = async |ctx: Ctx<'_>| read(&Ctx { environment: &environment, ..ctx }, &metric).await;
        found.extend(wrong(what, &timed(&clients, &mut server.asked, asking).await, 10, 1));
    }
    assert!(found.is_empty(), "{found:#?}");
}

//! What many long answers at the same time cost: the most that this program had in memory, as its machine counts it.
//!
//! That includes everything that runs beside it, so the part that asks is this program again, in a process of its own.

use std::process::Command;

use aviary_metric_providers::{Clients, Ctx, MAX_BODY, read};
use serde_json::json;
use tokio::task::JoinSet;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ctx, metric, skipped};

const URL: &str = "AVIARY_TEST_MEMORY";
/// Questions at the same time.
const QUESTIONS: usize = 64;

/// The most memory that this process has had, in MiB; none where the machine does not tell.
fn most() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? >> 10)
}

/// The part that asks, in a process of its own: it says by how much its memory grew.
#[tokio::test]
async fn asks_for_much_at_the_same_time() {
    let Ok(url) = std::env::var(URL) else { return };
    let clients = Clients::default();
    let ask = |path: &str| {
        let (url, clients) = (format!("{url}{path}"), clients.clone());
        async move {
            let config = json!({"url": url, "timeoutSeconds": 60, "jsonPath": "{$[0]}"});
            read(&Ctx { clients, ..ctx() }, &metric("web", config)).await.outcome
        }
    };
    // Clients and roots of trust are read first.
    ask("/short").await.unwrap();
    let before = most();
    let mut asked: JoinSet<_> = (0..QUESTIONS).map(|at| ask(["/objects", "/points"][at % 2])).collect();
    let (mut read, mut refused) = (0, 0);
    while let Some(outcome) = asked.join_next().await {
        match outcome.unwrap() {
            Ok(value) => read += usize::from(value.unwrap().text() == "[1700000000.123,\"0.9876543210\"]"),
            Err(text) => {
                refused += usize::from(text.contains(" MiB are the most") && text.contains("return less"));
            }
        }
    }
    assert_eq!((read, refused), (QUESTIONS / 2, QUESTIONS / 2));
    let grew =
        most().zip(before).map_or("nobody knows".to_owned(), |(most, before)| (most - before).to_string());
    println!("<<{grew}>>");
}

#[tokio::test]
async fn however_many_long_answers_come_at_the_same_time_memory_has_a_bound() {
    let server = MockServer::start().await;
    let list = |item: &str, bytes: usize| format!("[{}]", vec![item; bytes / (item.len() + 1)].join(","));
    // The first takes eighty times its length; the second is about as much as one may be.
    for (at, body) in [
        ("/short", "[1]".to_owned()),
        ("/objects", list("{\"a\":1}", MAX_BODY - 2)),
        ("/points", list("[1700000000.123,\"0.9876543210\"]", 1_350_000)),
    ] {
        Mock::given(path(at))
            .respond_with(ResponseTemplate::new(200).set_body_string(body))
            .mount(&server)
            .await;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "memory::asks_for_much_at_the_same_time", "--nocapture"]).env(URL, server.uri());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let said = text.split_once("<<").and_then(|(_, rest)| rest.split_once(">>")).map(|(said, _)| said);
    match said.unwrap_or_else(|| panic!("{text}")).parse::<u64>() {
        Ok(grew) => {
            println!("{QUESTIONS} long answers: {grew} MiB more");
            assert!(grew <= 100, "{grew} MiB more");
        }
        Err(_) => skipped("a machine that tells a process's most memory"),
    }
}

//! Refusals of metric systems, and where they send a question on to.

use super::providers::PROVIDERS;
use super::theatre::{Said, on_stage};
use super::{Target, choice_and_text, row, with_choice};

pub(super) const TARGET: Target = Target {
    name: "refusals",
    about: "refusals, redirects and headers of every metric provider's other side",
    run,
    seeds: || {
        let answers = (0..).zip(STATUSES).map(|(status, _)| [&[status], SEED.as_bytes()].concat());
        let rows = (0..).zip(PROVIDERS).zip(answers.collect::<Vec<_>>().into_iter().cycle());
        rows.map(|((first, _), rest)| with_choice(first, &rest)).collect()
    },
};

const SEED: &str = "/elsewhere\n{\"error\":\"bad_data\",\"errors\":[\"no\"],\"message\":\"no\"}";

/// What a refusal may begin with; those of 300 and more say where to ask instead.
const STATUSES: &[&str] = &[
    "400 Bad Request",
    "401 Unauthorized",
    "403 Forbidden",
    "404 Not Found",
    "422 Unprocessable Entity",
    "429 Too Many Requests",
    "500 Internal Server Error",
    "503 Service Unavailable",
    "204 No Content",
    "206 Partial Content",
    "301 Moved Permanently",
    "303 See Other",
    "307 Temporary Redirect",
    "308 Permanent Redirect",
];

/// The first byte chooses the provider, the second the status, and a line says what the headers have.
fn run(data: &[u8]) {
    let (first, text) = choice_and_text(data);
    let (second, text) = choice_and_text(text.as_bytes());
    let (Some(provider), Some(status)) = (row(PROVIDERS, first), row(STATUSES, second)) else { return };
    let (header, body) = text.split_once('\n').unwrap_or_default();
    on_stage(|theatre| {
        let Some((metric, body)) = provider.asking(theatre.address(), body) else { return };
        theatre.play(&metric, provider.keys, Said { status, headers: headers(header), body: body.into() });
    });
}

/// The same text wherever a reader looks. A redirect stays on the server: whatever else it names would be asked.
fn headers(text: &str) -> String {
    let text: String = text.chars().filter(|char| !char.is_ascii_control()).collect();
    let path = text.trim_start_matches(['/', '\\']);
    format!(
        "location: /{path}\r\ncontent-type: {text}\r\nx-influxdb-error: {text}\r\nx-amzn-errortype: {text}\r\n\
         retry-after: {text}\r\nwww-authenticate: {text}\r\n"
    )
}

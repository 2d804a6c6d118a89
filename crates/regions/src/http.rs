//! A region behind an HTTP address.

mod client;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::tls::TlsInfo;
use reqwest::{Client, Method, Response, Url};
use tokio::time::{Instant, sleep};

use crate::check::{Check, Reply};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::latency::LatencyCheck;
use crate::region::{Region, Target};
use crate::report::{CheckReport, Report};

/// How much of a body is read: an answer is hostile until it is parsed.
const BODY_LIMIT: usize = 1 << 20;

/// A region behind an HTTP address.
#[derive(Clone, Debug)]
pub struct HttpRegion {
    name: String,
    address: String,
    base: Url,
    client: Client,
}

impl HttpRegion {
    /// The region `name`, whose service answers at `endpoint`. Its file of authorities is read here.
    pub fn new(name: impl Into<String>, endpoint: &Endpoint) -> Result<Self, Error> {
        let (name, address) = (name.into(), endpoint.address.as_str());
        let field = format!("regions.{name}");
        let remedy = "write an address such as https://api.example.com";
        let base = Url::parse(address).map_err(|error| {
            Error::config(field.clone(), format!("{address:?} is no URL ({error})"), remedy)
        })?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(Error::config(field, format!("{address:?} is not an HTTP address"), remedy));
        }
        let client = client::build(endpoint, &field)?;
        Ok(Self { name, address: address.trim_end_matches('/').to_owned(), base, client })
    }

    async fn run(&self, check: &Check) -> CheckReport {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut report = self.probe(check, attempt).await;
            if report.failure.is_none()
                && let Some(latency) = &check.latency
            {
                report = self.repeat(check, latency, report).await;
            }
            if report.failure.is_none() || attempt >= check.attempts {
                return report;
            }
            sleep(check.retry_delay.unwrap_or_default()).await;
        }
    }

    async fn probe(&self, check: &Check, attempts: u32) -> CheckReport {
        let name = check.name.clone();
        match self.ask(check).await {
            Ok(reply) => CheckReport {
                name,
                attempts,
                status: Some(reply.status),
                latency: Some(reply.latency),
                version: check.served_version(&reply),
                failure: check.failure(&reply),
            },
            Err(reason) => CheckReport {
                name,
                attempts,
                status: None,
                latency: None,
                version: None,
                failure: Some(reason),
            },
        }
    }

    /// The probes after the first one, and the quantile over all of them. One that does not hold ends it.
    async fn repeat(&self, check: &Check, latency: &LatencyCheck, first: CheckReport) -> CheckReport {
        let mut measured: Vec<Duration> = first.latency.into_iter().collect();
        let mut last = first;
        for _ in 1..latency.probes {
            last = self.probe(check, last.attempts).await;
            if last.failure.is_some() {
                return last;
            }
            measured.extend(last.latency);
        }
        let quantile = latency.of(&measured);
        CheckReport {
            latency: quantile,
            failure: quantile.and_then(|quantile| latency.failure(quantile)),
            ..last
        }
    }

    async fn ask(&self, check: &Check) -> Result<Reply, String> {
        let url = self.base.join(&check.path).map_err(|error| error.to_string())?;
        let method = Method::from_bytes(check.method.as_bytes()).map_err(|error| error.to_string())?;
        let headers = header_map(&check.headers)?;
        let timeout = check.timeout.unwrap_or(Duration::from_secs(5));
        let began = Instant::now();
        let request = self.client.request(method, url).headers(headers).timeout(timeout);
        let response = request.send().await.map_err(|error| reason(&error))?;
        let status = response.status().as_u16();
        let certificate_valid_for = certificate_valid_for(&response);
        let headers = response.headers().iter();
        let headers: BTreeMap<String, String> = headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            body.extend_from_slice(&chunk.map_err(|error| reason(&error))?);
            if body.len() > BODY_LIMIT {
                return Err(format!("the body is larger than {BODY_LIMIT} bytes"));
            }
        }
        let latency = began.elapsed();
        let addresses = if check.dns.is_some() { self.addresses(timeout).await? } else { Vec::new() };
        Ok(Reply { status, headers, body, latency, certificate_valid_for, addresses })
    }

    /// What the name of the address resolves to here, also when the checks connect elsewhere.
    async fn addresses(&self, timeout: Duration) -> Result<Vec<IpAddr>, String> {
        // Brackets are the URL's; a resolver knows none.
        let host = self.base.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = self.base.port_or_known_default().unwrap_or_default();
        let looked = tokio::time::timeout(timeout, tokio::net::lookup_host((host, port))).await;
        let found = looked.map_err(|_| format!("the name {host:?} was not resolved in time"))?;
        let found = found.map_err(|error| format!("the name {host:?} cannot be resolved: {error}"))?;
        let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        Ok(addresses)
    }
}

/// How long the certificate is valid from now on; nothing without TLS.
fn certificate_valid_for(response: &Response) -> Option<Duration> {
    let der = response.extensions().get::<TlsInfo>()?.peer_certificate()?;
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let end = Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?;
    Some(end.duration_since(Timestamp::now()).try_into().unwrap_or_default())
}

/// The innermost cause says what happened ("connection refused"); the outer ones repeat the URL.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if error.is_timeout() { "no answer in time".to_owned() } else { cause.to_string() }
}

#[async_trait]
impl Region for HttpRegion {
    fn name(&self) -> &str {
        &self.name
    }

    fn address(&self) -> &str {
        &self.address
    }

    async fn report(&self, target: &Target) -> Result<Report, Error> {
        let mut checks = vec![];
        for check in &target.checks {
            checks.push(self.run(check).await);
        }
        Ok(Report { checks })
    }
}

fn header_map(headers: &BTreeMap<String, String>) -> Result<HeaderMap, String> {
    let parse = |(name, value): (&String, &String)| {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header name"))?;
        // The value may be a credential, so it is not repeated.
        let value =
            HeaderValue::from_str(value).map_err(|_| format!("the value of header {name} is not allowed"))?;
        Ok((name, value))
    };
    headers.iter().map(parse).collect()
}

//! Readiness probes, asked over HTTP as a kubelet asks them.

use std::net::SocketAddr;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use k8s_openapi::api::core::v1::{Container, HTTPGetAction, Pod};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use tokio::time::sleep;

use super::report::Verdict;
use super::{Shared, container};
use crate::get::Getter;

/// The readiness of one pod.
pub(super) struct Probe {
    getter: Getter,
    address: SocketAddr,
    asks: Asks,
    /// Before the next question.
    wait: Duration,
    period: Duration,
    timeout: Duration,
    successes_needed: i32,
    failures_needed: i32,
    ready: bool,
    /// Successes in a row while not ready, failures in a row while ready.
    streak: i32,
}

/// What is asked.
enum Asks {
    /// Nothing: without a probe of a kind that is understood here, a pod that runs is ready.
    Nothing,
    /// An HTTP path.
    Http { path: String, headers: Vec<(HeaderName, HeaderValue)> },
    /// A port at which nothing listens.
    ClosedPort(String),
}

impl Probe {
    pub(super) fn of(pod: &Pod, address: SocketAddr, shared: &Shared) -> Self {
        let main = container::main(pod);
        let probe = main.and_then(|main| main.readiness_probe.clone()).unwrap_or_default();
        let seconds = |written: Option<i32>, default: i32| {
            Duration::from_secs(u64::try_from(written.unwrap_or(default)).unwrap_or_default())
        };
        let pace = shared.config.pace;
        let asks = match (&probe.http_get, main) {
            (Some(http), Some(main)) => Asks::http(http, main),
            _ => Asks::Nothing,
        };
        Self {
            getter: shared.getter.clone(),
            address,
            asks,
            wait: pace.real(seconds(probe.initial_delay_seconds, 0)),
            period: pace.real(seconds(probe.period_seconds, 10)).max(Duration::from_millis(10)),
            // How long an answer takes does not shrink with the pace.
            timeout: seconds(probe.timeout_seconds, 1).max(Duration::from_secs(1)),
            successes_needed: probe.success_threshold.unwrap_or(1),
            failures_needed: probe.failure_threshold.unwrap_or(3),
            ready: false,
            streak: 0,
        }
    }

    /// Asks until the pod is no longer what it was, and tells what it is now.
    pub(super) async fn changed(&mut self) -> Verdict {
        loop {
            sleep(self.wait).await;
            self.wait = self.period;
            let answer = self.ask().await;
            if answer.is_ok() == self.ready {
                self.streak = 0;
                continue;
            }
            self.streak += 1;
            let needed = if self.ready { self.failures_needed } else { self.successes_needed };
            if self.streak >= needed {
                self.ready = !self.ready;
                self.streak = 0;
                return match answer {
                    Ok(()) => Verdict::Ready,
                    Err(why) => Verdict::Unready(why),
                };
            }
        }
    }

    async fn ask(&self) -> Result<(), String> {
        match &self.asks {
            Asks::Nothing => Ok(()),
            Asks::ClosedPort(port) => Err(format!("no container listens on port {port}")),
            Asks::Http { path, headers } => {
                let (status, _) = self.getter.get(self.address, path, headers, self.timeout).await?;
                let holds = (200..400).contains(&status.as_u16());
                holds
                    .then_some(())
                    .ok_or_else(|| format!("HTTP probe failed with statuscode: {}", status.as_u16()))
            }
        }
    }
}

impl Asks {
    fn http(http: &HTTPGetAction, main: &Container) -> Self {
        let open = main.ports.iter().flatten().any(|port| match &http.port {
            IntOrString::Int(number) => port.container_port == *number,
            IntOrString::String(name) => port.name.as_ref() == Some(name),
        });
        if !open {
            return Self::ClosedPort(match &http.port {
                IntOrString::Int(number) => number.to_string(),
                IntOrString::String(name) => name.clone(),
            });
        }
        let headers = http.http_headers.iter().flatten().filter_map(|header| {
            Some((header.name.parse().ok()?, HeaderValue::from_str(&header.value).ok()?))
        });
        Self::Http { path: http.path.clone().unwrap_or_else(|| "/".to_owned()), headers: headers.collect() }
    }
}

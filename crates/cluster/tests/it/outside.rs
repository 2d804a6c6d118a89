//! What is outside of the cluster, as a test wants it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aviary_cluster::Outside;
use crd::Metric;
use metric_providers::{Ctx, Reading, Value};
use regions::{Report, Target};
use rollout::analysis::How;
use tokio::sync::watch;

/// What a metric reads: a vector of one number, or an error.
type Answer = Result<f64, String>;

/// Answers as it is told; clones tell the same one.
#[derive(Clone, Default)]
pub(crate) struct Played(Arc<watch::Sender<State>>);

#[derive(Default)]
struct State {
    answers: BTreeMap<String, Answer>,
    asked: Vec<Metric>,
    addresses: Vec<String>,
    checks: Vec<String>,
    failing_check: Option<String>,
    hanging: BTreeSet<String>,
    long: BTreeMap<String, usize>,
}

impl Played {
    /// From now on the metric `name` reads `answer`. Others read 0.
    pub(crate) fn metric(&self, name: &str, answer: Answer) {
        self.0.send_modify(|state| state.answers.extend([(name.to_owned(), answer)]));
    }

    /// From now on the metric `name` is never answered.
    pub(crate) fn hang(&self, name: &str) {
        self.0.send_modify(|state| state.hanging.extend([name.to_owned()]));
    }

    /// From now on the metric `name` reads a text of this many bytes.
    pub(crate) fn long(&self, name: &str, bytes: usize) {
        self.0.send_modify(|state| state.long.extend([(name.to_owned(), bytes)]));
    }

    /// From now on the checks of the region's endpoint fail for this reason.
    pub(crate) fn fail_checks(&self, reason: &str) {
        self.0.send_modify(|state| state.failing_check = Some(reason.to_owned()));
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Metric> {
        self.0.borrow().asked.clone()
    }

    /// Waits until `holds` is true of what was asked, for at most `limit` of virtual time.
    pub(crate) async fn until_asked(&self, limit: Duration, holds: impl Fn(&[Metric]) -> bool) {
        let mut changes = self.0.subscribe();
        let waiting = changes.wait_for(|state| holds(&state.asked));
        if tokio::time::timeout(limit, waiting).await.is_err() {
            let asked: Vec<_> = self.asked().into_iter().map(|metric| metric.name).collect();
            panic!("in vain: {asked:?} were asked");
        }
    }

    /// The addresses that metrics were given that name none.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.0.borrow().addresses.clone()
    }

    /// Addresses whose checks were run so far.
    pub(crate) fn checked(&self) -> Vec<String> {
        self.0.borrow().checks.clone()
    }
}

/// The counters of both arms of a metric `errors`: 100 requests a second each, one in a thousand fails at stable, and
/// this share at the canary.
fn counters(share: f64, now: jiff::Timestamp) -> Value {
    let total = 100.0 * now.as_second() as f64;
    let arm = |share: f64| serde_json::json!({"bad": (total * share).round(), "total": total});
    Value::Figures(serde_json::json!({"errors": {"canary": arm(share), "stable": arm(0.001)}}))
}

#[async_trait]
impl Outside for Played {
    async fn measure(&self, ctx: &Ctx<'_>, _how: &How, metric: &Metric) -> Reading {
        self.0.send_modify(|state| state.asked.push(metric.clone()));
        let hangs = self.0.borrow().hanging.contains(&metric.name);
        if hangs {
            std::future::pending::<()>().await;
        }
        let address = ctx.prometheus_address.map(str::to_owned);
        self.0.send_modify(|state| state.addresses.extend(address));
        let answer = self.0.borrow().answers.get(&metric.name).cloned().unwrap_or(Ok(0.0));
        let now = (ctx.clock)();
        let compares = metric.provider.get("plugin").is_some_and(|it| it.get("aviary/compare").is_some());
        let long = self.0.borrow().long.get(&metric.name).copied();
        let value = |number| {
            if let Some(bytes) = long {
                Value::Text("x".repeat(bytes))
            } else if compares {
                counters(number, now)
            } else {
                Value::Numbers(vec![number])
            }
        };
        Reading {
            outcome: answer.map(|number| Some(value(number))),
            metadata: BTreeMap::new(),
            about: BTreeMap::new(),
            resume_at: None,
            started: now,
            finished: now,
        }
    }

    async fn check(
        &self,
        _region: &str,
        endpoint: &regions::Endpoint,
        target: &Target,
    ) -> Result<Report, regions::Error> {
        self.0.send_modify(|state| state.checks.push(endpoint.address.clone()));
        let failure = self.0.borrow().failing_check.clone();
        let checks = target.checks.iter().map(|check| regions::CheckReport {
            name: check.name.clone(),
            attempts: 1,
            status: Some(200),
            latency: None,
            version: None,
            failure: failure.clone(),
        });
        Ok(Report { checks: checks.collect() })
    }
}

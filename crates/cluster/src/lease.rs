//! Leader election through a Lease, and the fence that every write passes.
//!
//! The algorithm is client-go's: a holder renews; others observe how long the record has not changed *by their own
//! clock*, so that clocks need not agree, and take over when it stood still for the lease's duration.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::clock::Clock;
use crate::settings::LeaseSettings;

/// Until when we may write. It is a deadline and not a flag: a process that was frozen while its lease ran out finds
/// the deadline passed when it wakes, before any other task of its own has run.
#[derive(Clone, Debug)]
pub(crate) struct Fence(watch::Receiver<Option<Instant>>);

impl Fence {
    /// A fence that is always open, for a controller without leader election.
    pub(crate) fn open() -> Self {
        // Never compared as a sum, so the far future need not be exact.
        let (_, receiver) = watch::channel(Some(Instant::now() + Duration::from_secs(86_400 * 365 * 30)));
        Self(receiver)
    }

    /// Whether we may write now.
    pub(crate) fn holds(&self) -> bool {
        self.0.borrow().is_some_and(|until| Instant::now() < until)
    }

    /// Waits until we may write.
    pub(crate) async fn wait(&mut self) {
        while !self.holds() {
            if self.0.changed().await.is_err() {
                // The elector is gone: nothing will open the fence any more.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until we may not write any more.
    pub(crate) async fn lost(&mut self) {
        loop {
            let until = *self.0.borrow_and_update();
            match until.filter(|until| Instant::now() < *until) {
                None => return,
                Some(until) => tokio::select! {
                    () = tokio::time::sleep_until(until) => {}
                    changed = self.0.changed() => if changed.is_err() { std::future::pending::<()>().await },
                },
            }
        }
    }
}

/// Competes for a lease.
pub(crate) struct Elector {
    api: Api<Lease>,
    settings: LeaseSettings,
    clock: Clock,
    fence: watch::Sender<Option<Instant>>,
    observed: Option<(LeaseSpec, Instant)>,
}

impl Elector {
    /// An elector and the fence that it opens and shuts.
    pub(crate) fn new(client: Client, settings: LeaseSettings, clock: Clock) -> (Self, Fence) {
        let (fence, receiver) = watch::channel(None);
        let api = Api::namespaced(client, &settings.namespace);
        (Self { api, settings, clock, fence, observed: None }, Fence(receiver))
    }

    /// Competes for ever.
    pub(crate) async fn run(mut self) {
        let mut failing = false;
        loop {
            let asked = Instant::now();
            match timeout(self.settings.renew_deadline, self.try_hold()).await {
                Ok(Ok(true)) => {
                    self.fence.send_replace(Some(asked + self.settings.renew_deadline));
                    failing = false;
                }
                Ok(Ok(false)) => {
                    self.fence.send_replace(None);
                    failing = false;
                }
                Ok(Err(error)) if !failing => {
                    failing = true;
                    let LeaseSettings { namespace, name, .. } = &self.settings;
                    tracing::warn!(%namespace, lease = %name, %error, "cannot renew the lease; trying again");
                }
                Ok(Err(_)) | Err(_) => {}
            }
            sleep(self.settings.retry_period).await;
        }
    }

    /// Gives the lease back, so that a successor need not wait for it to run out.
    pub(crate) async fn release(client: Client, settings: &LeaseSettings) -> Result<(), kube::Error> {
        let api: Api<Lease> = Api::namespaced(client, &settings.namespace);
        let Some(mut lease) = api.get_opt(&settings.name).await? else { return Ok(()) };
        let Some(spec) = &mut lease.spec else { return Ok(()) };
        if spec.holder_identity.as_deref() == Some(&settings.identity) {
            spec.holder_identity = Some(String::new());
            spec.lease_duration_seconds = Some(1);
            api.replace(&settings.name, &PostParams::default(), &lease).await?;
        }
        Ok(())
    }

    /// Creates, renews or takes over the lease. `Ok(false)`: somebody else holds it.
    async fn try_hold(&mut self) -> Result<bool, kube::Error> {
        let Some(mut lease) = self.api.get_opt(&self.settings.name).await? else {
            let lease = Lease { metadata: self.metadata(), spec: Some(self.spec(None)) };
            return won(self.api.create(&PostParams::default(), &lease).await);
        };
        let spec = lease.spec.take().unwrap_or_default();
        if !self.may_take(&spec) {
            return Ok(false);
        }
        lease.spec = Some(self.spec(Some(&spec)));
        // The resourceVersion in `lease` makes this a compare-and-swap.
        won(self.api.replace(&self.settings.name, &PostParams::default(), &lease).await)
    }

    fn may_take(&mut self, spec: &LeaseSpec) -> bool {
        let holder = spec.holder_identity.as_deref().unwrap_or_default();
        if holder.is_empty() || holder == self.settings.identity {
            return true;
        }
        match &self.observed {
            Some((known, since)) if known == spec => since.elapsed() > self.settings.duration,
            _ => {
                self.observed = Some((spec.clone(), Instant::now()));
                false
            }
        }
    }

    fn metadata(&self) -> ObjectMeta {
        ObjectMeta { name: Some(self.settings.name.clone()), ..ObjectMeta::default() }
    }

    fn spec(&self, before: Option<&LeaseSpec>) -> LeaseSpec {
        let now = Some(MicroTime(self.clock.now()));
        let ours = before.filter(|spec| spec.holder_identity.as_deref() == Some(&self.settings.identity));
        let transitions = before.map(|spec| spec.lease_transitions.unwrap_or(0));
        LeaseSpec {
            holder_identity: Some(self.settings.identity.clone()),
            lease_duration_seconds: i32::try_from(self.settings.duration.as_secs()).ok(),
            acquire_time: ours.map_or(now.clone(), |spec| spec.acquire_time.clone()),
            renew_time: now,
            lease_transitions: Some(match (transitions, ours) {
                (None, _) => 0,
                (Some(count), Some(_)) => count,
                (Some(count), None) => count + 1,
            }),
            ..LeaseSpec::default()
        }
    }
}

/// A conflict means that another elector was quicker: that is an answer, not an error.
fn won(result: Result<Lease, kube::Error>) -> Result<bool, kube::Error> {
    match result {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(false),
        Err(error) => Err(error),
    }
}

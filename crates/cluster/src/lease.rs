//! Leader election through a Lease, and the fence that every write passes.
//!
//! The algorithm is client-go's: a holder renews; others observe how long the record has not changed *by their own
//! clock*, so that clocks need not agree, and take over when it stood still for the lease's duration. A holder gives up
//! earlier than that: at its renew deadline, counted from before it asked for the renewal.
//!
//! # What the fence gives, and what no fence can give here
//!
//! - No write is *sent* after the deadline of the last renewal. Every client of a leader goes through
//!   [`Way`](crate::requests::Way), which looks at the fence after all waiting, at the last moment before the request is
//!   handed over, and takes back a request that still waits for its connection or its answer when the deadline comes.
//!   There is no other client, so no path can forget it.
//! - A process that was frozen (`SIGSTOP`, a starved node, a machine that slept) finds the deadline passed when it wakes:
//!   it is compared with the monotonic clock and, where the system has one, with the clock that runs on while the machine
//!   sleeps. A flag that a timer clears would still say yes.
//! - A request that is *under way* cannot be called back, and the API server knows no fencing tokens: it compares no
//!   write with the Lease. Between our deadline and the earliest takeover lie lease duration less renew deadline (five
//!   seconds by default); a request that the network delivers later than that reaches a server that follows another
//!   leader already.
//! - That is why writes also carry what they were decided upon: the resourceVersion of the object as it was observed for
//!   patches, the uid for deletions and evictions, `test` operations for routes; creations have names that are computed,
//!   so that a second one is refused. A late write of a former leader is then refused for every object that its successor
//!   has written since, and for every other object it is what the successor would have found, had it come in time.
//! - What stays possible: a late write to an object that nobody has touched since. The successor observes it and decides
//!   again, as after a crash of its predecessor (I11). Events carry no condition; a late one is one line too many.
//! - A virtual machine that is paused and does not learn of it counts no time on any clock. Then only the second line of
//!   defence holds, the conditions of the writes.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::clock::{Clock, since_boot};
use crate::settings::LeaseSettings;

/// Until when we may write. It is a moment and not a flag: a process that was frozen while its lease ran out finds the
/// moment passed when it wakes, before any other task of its own has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Deadline {
    /// On the monotonic clock.
    at: Instant,
    /// On the clock that runs on while the machine sleeps, where there is one.
    since_boot: Option<Duration>,
}

impl Deadline {
    /// `time` after a moment that was `now`, and `since_boot` on the other clock.
    fn after(time: Duration, now: Instant, since_boot: Option<Duration>) -> Self {
        Self { at: now + time, since_boot: since_boot.map(|now| now + time) }
    }

    fn is_ahead(self) -> bool {
        let slept_through = self.since_boot.zip(since_boot()).is_some_and(|(deadline, now)| deadline <= now);
        Instant::now() < self.at && !slept_through
    }
}

/// Whether we may write. Once its [`Elector`] is gone, nobody may.
#[derive(Clone, Debug)]
pub(crate) struct Fence(Option<watch::Receiver<Option<Deadline>>>);

impl Fence {
    /// A fence that is always open, for a controller without leader election.
    pub(crate) fn open() -> Self {
        Self(None)
    }

    /// Whether we may write now.
    pub(crate) fn holds(&self) -> bool {
        let Some(deadline) = &self.0 else { return true };
        deadline.has_changed().is_ok() && deadline.borrow().is_some_and(Deadline::is_ahead)
    }

    /// Waits until we may write.
    pub(crate) async fn wait(&mut self) {
        while !self.holds() {
            let Some(deadline) = &mut self.0 else { return };
            if deadline.changed().await.is_err() {
                // The elector is gone: nothing will open the fence any more.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until we may not write any more.
    pub(crate) async fn lost(&mut self) {
        let Some(deadline) = &mut self.0 else { return std::future::pending().await };
        loop {
            let until = *deadline.borrow_and_update();
            match until.filter(|until| until.is_ahead()) {
                None => return,
                Some(until) => tokio::select! {
                    () = tokio::time::sleep_until(until.at) => {}
                    changed = deadline.changed() => if changed.is_err() { return },
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
    fence: watch::Sender<Option<Deadline>>,
    observed: Option<(LeaseSpec, Instant)>,
}

impl Elector {
    /// An elector and the fence that it opens and shuts.
    pub(crate) fn new(client: Client, settings: LeaseSettings, clock: Clock) -> (Self, Fence) {
        let (fence, receiver) = watch::channel(None);
        let api = Api::namespaced(client, &settings.namespace);
        (Self { api, settings, clock, fence, observed: None }, Fence(Some(receiver)))
    }

    /// Competes for as long as what it holds does not run out.
    pub(crate) async fn run(mut self) {
        let mut failing = false;
        loop {
            if self.fence.borrow().is_some_and(|until| !until.is_ahead()) {
                // It was not renewed in time, were it because the machine slept: what we know may be old by now.
                return;
            }
            let asked = (Instant::now(), since_boot());
            match timeout(self.settings.renew_deadline, self.hold()).await {
                Ok(Ok(true)) => {
                    let deadline = Deadline::after(self.settings.renew_deadline, asked.0, asked.1);
                    self.fence.send_replace(Some(deadline));
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
    ///
    /// A conflict does not say that: somebody may have put a label onto the lease. It is looked at once more.
    async fn hold(&mut self) -> Result<bool, kube::Error> {
        let held = self.try_hold().await?;
        if held { Ok(true) } else { self.try_hold().await }
    }

    /// Like [`Elector::hold`]; `Ok(false)` may also be a conflict.
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
            // The holder counts on the duration that it wrote, which need not be ours.
            Some((known, since)) if known == spec => {
                since.elapsed() > self.settings.duration.max(lasts(spec))
            }
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
            lease_duration_seconds: i32::try_from(whole_seconds(self.settings.duration)).ok(),
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

/// How long its holder says that a lease lasts from each renewal on.
fn lasts(spec: &LeaseSpec) -> Duration {
    let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

/// A duration as leases tell it: in whole seconds, never shorter than it is.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// A conflict means that another elector was quicker: that is an answer, not an error.
fn won(result: Result<Lease, kube::Error>) -> Result<bool, kube::Error> {
    match result {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(false),
        Err(error) => Err(error),
    }
}

/// The other end of a fence, for tests.
#[cfg(test)]
pub(crate) struct Renewals(watch::Sender<Option<Deadline>>);

#[cfg(test)]
impl Renewals {
    /// The fence stands open for so long from now.
    pub(crate) fn renew(&self, time: Duration) {
        self.0.send_replace(Some(Deadline::after(time, Instant::now(), since_boot())));
    }
}

#[cfg(test)]
impl Fence {
    /// A fence that stands open for so long, and its other end.
    pub(crate) fn until(time: Duration) -> (Self, Renewals) {
        let (sender, receiver) = watch::channel(None);
        let renewals = Renewals(sender);
        renewals.renew(time);
        (Self(Some(receiver)), renewals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_deadline_passes_on_either_clock() {
        let boot = since_boot();
        let ahead =
            |since_boot| Deadline::after(Duration::from_secs(10), Instant::now(), since_boot).is_ahead();
        assert!(ahead(boot) && ahead(None));
        // The machine slept for an hour: the monotonic clock did not.
        let slept = boot.map(|now| now.saturating_sub(Duration::from_secs(3600)));
        // A machine that has just started cannot have slept for so long.
        assert_eq!(ahead(slept), boot.is_none_or(|boot| boot < Duration::from_secs(10)));
        let deadline = Deadline::after(Duration::from_secs(10), Instant::now(), boot);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(!deadline.is_ahead());
    }

    #[tokio::test(start_paused = true)]
    async fn a_fence_follows_its_renewals_and_is_lost_with_the_last() {
        let (mut fence, renewals) = Fence::until(Duration::from_secs(10));
        let began = Instant::now();
        tokio::time::advance(Duration::from_secs(8)).await;
        renewals.renew(Duration::from_secs(10));
        fence.lost().await;
        assert_eq!(began.elapsed().as_secs(), 18);
        assert!(!fence.holds());
        renewals.renew(Duration::from_secs(10));
        assert!(fence.holds());
        drop(renewals);
        fence.lost().await;
        assert!(!fence.holds());
    }

    #[tokio::test(start_paused = true)]
    async fn a_controller_without_election_may_always_write() {
        let mut fence = Fence::open();
        fence.wait().await;
        let lost = tokio::time::timeout(Duration::from_secs(86_400 * 365), fence.lost()).await;
        assert!(lost.is_err() && fence.holds());
    }
}

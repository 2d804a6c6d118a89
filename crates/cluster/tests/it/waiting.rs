//! Waiting, in virtual time (`start_paused`), for what a test is about. Each change is looked at when it is made, none is
//! polled for.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use world::World;

use crate::manifests::{NAMESPACE, ROLLOUT};
use crate::region::{LOOK, Region, is_promoted};

/// Waits until everything is done that can be done now: virtual time moves only once every task waits, either for later
/// or for something that will not come by itself. So there is no luck in what has not happened by then.
pub(crate) async fn settled() {
    // The server's own controllers may have asked to look again at once, which is after a millisecond.
    tokio::time::sleep(Duration::from_millis(10)).await;
}

impl Region {
    /// Waits until `find` finds something in the world, for at most `limit` of virtual time.
    pub(crate) async fn until_found<T>(
        &self,
        limit: Duration,
        find: impl Fn(&World) -> Option<T>,
    ) -> Option<T> {
        let waiting =
            self.server.until(|| std::future::ready(self.server.with_world(|world, _| find(world))));
        tokio::time::timeout(limit, waiting).await.ok()
    }

    /// Waits until `holds` is true of an object of a kind, for at most `limit` of virtual time; gives that object.
    pub(crate) async fn until_any(
        &self,
        group: &str,
        plural: &str,
        limit: Duration,
        holds: impl Fn(&Value) -> bool,
    ) -> Value {
        let any = |world: &World| world.objects(group, plural, "").find(|object| holds(object)).cloned();
        let found = self.until_found(limit, any).await.unwrap_or_else(|| {
            let all: Vec<_> =
                self.server.with_world(|world, _| world.objects(group, plural, "").cloned().collect());
            panic!("{}: in vain: {plural} {all:#?}", self.name)
        });
        Arc::unwrap_or_clone(found)
    }

    /// Waits until `holds` is true of one object, for at most `limit` of virtual time; gives the object.
    pub(crate) async fn until_object(
        &self,
        [group, plural, namespace, name]: [&str; 4],
        limit: Duration,
        holds: impl Fn(&Value) -> bool,
    ) -> Value {
        let object = |world: &World| world.object(group, plural, namespace, name).cloned();
        let found = self.until_found(limit, |world| object(world).filter(|object| holds(object))).await;
        let found = found.unwrap_or_else(|| {
            let object = self.object(group, plural, namespace, name).unwrap_or_default();
            let told = object.get("status").unwrap_or(&object);
            panic!("{}: in vain: {plural} {namespace}/{name} {told:#}", self.name)
        });
        Arc::unwrap_or_clone(found)
    }

    /// Waits until `holds` is true of the Rollout, for at most `limit` of virtual time; gives the Rollout.
    pub(crate) async fn until(
        &self,
        namespace: &str,
        name: &str,
        limit: Duration,
        holds: impl Fn(&Value) -> bool,
    ) -> Value {
        self.until_object(["argoproj.io", "rollouts", namespace, name], limit, holds).await
    }

    /// Waits until the worked example runs its newest version alone.
    pub(crate) async fn promoted(&self, limit: Duration) -> Value {
        self.until(NAMESPACE, ROLLOUT, limit, is_promoted).await
    }

    /// Waits until the worked example was brought back.
    pub(crate) async fn brought_back(&self, limit: Duration) -> Value {
        self.until(NAMESPACE, ROLLOUT, limit, |rollout| {
            rollout["status"]["abort"] == true && rollout["status"]["phase"] == "Degraded"
        })
        .await
    }

    /// Waits until the route has shown these weights of the canary, in this order, and no others.
    pub(crate) async fn showed(&self, weights: &[i64]) {
        let mut shown = self.weights.subscribe();
        // The gateway looks a moment later than the status is written.
        let waiting = shown.wait_for(|shown| shown.len() >= weights.len());
        // What it showed is compared, whether it came in time or not.
        let _late = tokio::time::timeout(LOOK * 10, waiting).await;
        assert_eq!(*self.weights.borrow(), weights, "{}", self.name);
    }
}

//! How traffic should be split.

use crd::{CanaryStep, SetHeaderRoute, SetMirrorRoute, WeightDestination};

/// How traffic should be split: all of it, not a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// Weight of the canary, 0 to `max_weight`.
    pub canary_weight: i32,
    /// What 100 % is.
    pub max_weight: i32,
    /// Service of the canary (by role, when two Services take turns).
    pub canary_service: String,
    /// Service of the stable version.
    pub stable_service: String,
    /// Pod-template hash of the canary; empty when there is none.
    pub canary_hash: String,
    /// Pod-template hash of the stable version; empty when there is none.
    pub stable_hash: String,
    /// Further destinations (experiments); their weights are taken from the stable version's share.
    pub additional: Vec<WeightDestination>,
    /// The managed routes that should exist; the others of the Rollout's `managedRoutes` are removed.
    pub managed_routes: ManagedRoutes,
}

impl Default for Intent {
    /// All traffic on the stable version, in percent.
    fn default() -> Self {
        Self {
            canary_weight: 0,
            max_weight: 100,
            canary_service: String::new(),
            stable_service: String::new(),
            canary_hash: String::new(),
            stable_hash: String::new(),
            additional: Vec::new(),
            managed_routes: ManagedRoutes::default(),
        }
    }
}

impl Intent {
    /// Weight of the stable version: what the others leave, never below 0.
    pub fn stable_weight(&self) -> i32 {
        let others: i32 = self.additional.iter().map(|destination| destination.weight).sum();
        (self.max_weight - self.canary_weight - others).max(0)
    }
}

/// Routes that steps created, in the order in which they were created.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ManagedRoutes {
    /// Requests with a header go to the canary.
    pub headers: Vec<SetHeaderRoute>,
    /// Requests are copied to the canary.
    pub mirrors: Vec<SetMirrorRoute>,
}

impl ManagedRoutes {
    /// What the first `done` steps left behind: a step with a match creates its route or replaces it, a step without
    /// one removes it.
    pub fn in_force(steps: &[CanaryStep], done: usize) -> Self {
        let mut routes = Self::default();
        for step in steps.iter().take(done) {
            if let Some(header) = &step.set_header_route {
                routes.remove(&header.name);
                if !header.matches.is_empty() {
                    routes.headers.push(header.clone());
                }
            }
            if let Some(mirror) = &step.set_mirror_route {
                routes.remove(&mirror.name);
                if !mirror.matches.is_empty() {
                    routes.mirrors.push(mirror.clone());
                }
            }
        }
        routes
    }

    fn remove(&mut self, name: &str) {
        self.headers.retain(|route| route.name != name);
        self.mirrors.retain(|route| route.name != name);
    }
}

//! Gateway API routes: weights are those of `backendRefs` (spec traffic-5 section 3).
//!
//! A split counts as real once the route carries the weights and every parent that reports a status has accepted
//! this generation of the route with its references resolved. A route without any parent status is believed by its
//! spec: some gateways report none.

mod config;
mod defaults;
mod managed;
mod observe;
mod patch;
mod rules;

use crd::{Kind, ObjectKey, Rollout};
use serde_json::Value;

use crate::{Edit, Intent, Invalid, Live, Router};
use config::{Config, Target};

/// Routes of the Gateway API.
#[derive(Clone, Copy, Debug)]
pub struct GatewayApi;

/// The kinds of routes, in the order in which they are edited.
static KINDS: [Kind; 4] = [
    Kind::HTTP_ROUTE,
    Kind::new("gateway.networking.k8s.io", "v1", "GRPCRoute", "grpcroutes"),
    Kind::new("gateway.networking.k8s.io", "v1alpha2", "TCPRoute", "tcproutes"),
    Kind::new("gateway.networking.k8s.io", "v1alpha2", "TLSRoute", "tlsroutes"),
];

/// The plugin name that existing Rollouts use, and ours.
const PLUGINS: [&str; 2] = ["argoproj-labs/gatewayAPI", "aviary/gateway-api"];

impl Router for GatewayApi {
    fn name(&self) -> &'static str {
        "GatewayAPI"
    }

    fn serves(&self) -> &'static [&'static str] {
        &PLUGINS
    }

    fn kinds(&self) -> &'static [Kind] {
        &KINDS
    }

    fn reads(&self, rollout: &Rollout) -> Vec<ObjectKey> {
        Config::of(rollout)
            .map_or_else(|_| Vec::new(), |config| config.targets.into_iter().map(|t| t.key).collect())
    }

    fn edits(&self, rollout: &Rollout, live: &Live, intent: &Intent) -> Result<Vec<Edit>, Invalid> {
        let config = Config::of(rollout)?;
        let mut edits = Vec::new();
        for target in &config.targets {
            let route = found(rollout, live, target)?;
            let wanted = rules::wanted(rollout, route, target, intent)?;
            let mut patch = patch::rules(route, &wanted);
            patch.extend(
                config.label.as_ref().and_then(|label| patch::label(route, label, intent.canary_weight)),
            );
            if !patch.is_empty() {
                edits.push(Edit { key: target.key.clone(), patch: Value::Array(patch) });
            }
        }
        Ok(edits)
    }

    fn verified(&self, rollout: &Rollout, live: &Live, intent: &Intent) -> Option<bool> {
        let Ok(config) = Config::of(rollout) else { return Some(false) };
        let holds = |target: &Target| {
            live.objects.get(&target.key).is_some_and(|route| {
                rules::wanted(rollout, route, target, intent)
                    .is_ok_and(|wanted| observe::holds(route, &wanted))
            })
        };
        Some(config.targets.iter().all(holds))
    }
}

fn found<'a>(rollout: &Rollout, live: &'a Live, target: &Target) -> Result<&'a Value, Invalid> {
    live.objects.get(&target.key).map(AsRef::as_ref).ok_or_else(|| Invalid {
        object: config::object(rollout),
        field: target.field.clone(),
        problem: format!("{} does not exist", target.key),
        remedy: "create the route, or correct its name".to_owned(),
    })
}

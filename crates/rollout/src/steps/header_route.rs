//! `setHeaderRoute`: done once the route was handed to the router.

use crd::{Canary, CanaryStep};
use serde_json::{Value, json};

use super::Step;
use crate::plan::{Plan, Split};
use crate::validation::{Found, routes};

pub(super) struct HeaderRoute;

impl Step for HeaderRoute {
    fn selected(&self, step: &CanaryStep) -> bool {
        step.set_header_route.is_some()
    }

    fn describe(&self, step: &CanaryStep) -> String {
        let name = step.set_header_route.as_ref().map_or("", |route| route.name.as_str());
        format!("setHeaderRoute: {name}")
    }

    fn completed(&self, plan: &Plan<'_>, _: i32, _: &CanaryStep) -> bool {
        plan.split == Split::Trusted
    }

    fn samples(&self) -> Vec<Value> {
        vec![json!({"setHeaderRoute": {"name": "header"}})]
    }

    fn check(&self, canary: &Canary, step: &CanaryStep, at: &str, found: &mut Found) {
        if let Some(route) = &step.set_header_route {
            routes::header(canary, route, &format!("{at}.setHeaderRoute"), found);
        }
    }
}

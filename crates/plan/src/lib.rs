//! What a release will be like before it is made: its time line, real weights, pods at peak, the requests that the
//! canary will see, and what its analyses can and cannot find out with them.
//!
//! For: answering, from the manifests alone, "how long does this take, how many users meet it, and would we notice?".
//!
//! Not for: what would happen if something went wrong (see `aviary-sim`), or whether the manifests are right (see
//! `aviary-lint`, which uses this crate).
//!
//! ```
//! use aviary_plan::{Assumptions, plan};
//!
//! let manifests = crd::yaml::from_documents("
//! apiVersion: argoproj.io/v1alpha1
//! kind: Rollout
//! metadata: {name: shop}
//! spec:
//!   replicas: 4
//!   selector: {matchLabels: {app: shop}}
//!   template:
//!     metadata: {labels: {app: shop}}
//!     spec: {containers: [{name: shop, image: shop:1}]}
//!   strategy: {canary: {steps: [{setWeight: 10}, {pause: {duration: 5m}}]}}
//! ")?;
//! let plan = plan(manifests, "default", "shop", &Assumptions { rate: 100.0, ..Assumptions::default() })?;
//! // No router: one of five pods.
//! assert_eq!(plan.steps[1].share, 0.2);
//! assert_eq!(plan.steps[1].requests.round(), 6_000.0);
//! assert_eq!(plan.peak_pods, 5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod analysis;
mod binomial;
mod chain;
mod compared;
mod judged;
mod planned;
mod power;

pub mod condition;
pub mod promql;
mod stages;

pub use analysis::MetricPlan;
pub use compared::Comparison;
pub use judged::{Judged, What, judged};
pub use planned::{Assumptions, Error, Plan, Step, Stuck, plan};
pub use power::{Test, abort_probability, detectable};

//! Rules over a bundle of manifests: what will not work as it reads, where, and what to do about it.
//!
//! For: finding before a release what would go wrong in it, offline and on unmodified Argo Rollouts manifests. A bundle
//! is everything that concerns one release: Rollouts, Services, routes, AnalysisTemplates, autoscalers, disruption
//! budgets, and also the pipeline's workflow files and Terraform.
//!
//! Not for: reading files (the caller brings their texts) or general advice on Kubernetes manifests.
//!
//! ```
//! use aviary_lint::{Severity, Source, check};
//!
//! let report = check(vec![Source::new("rollout.yaml", "
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
//! ")]);
//! let weights = report.findings.iter().find(|finding| finding.rule == "replica-weights").unwrap();
//! assert_eq!((weights.severity, weights.place.line), (Severity::Error, 11));
//! assert!(weights.message.contains("sends 20 %"), "{}", weights.message);
//! ```

mod analyses;
mod bundle;
mod compat;
mod finding;
mod format;
mod pages;
mod pipeline;
mod report;
mod rule;
mod rules;
mod scalar;
mod scan;
mod suppress;
mod terraform;

pub mod fix;

pub use bundle::Source;
pub use finding::{Edit, Finding, Place, Severity};
pub use format::{github, json, sarif};
pub use report::{Report, check};
pub use rule::{RULES, Rule};

pub use compat::{Compat, compat};

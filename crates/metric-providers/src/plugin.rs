//! Plugins: measurements by programs of the operator's choice (spec analysis-04, Plugin).
//!
//! `provider.plugin` has exactly one key, the plugin's name `<namespace>/<name>`, with an object that only the plugin
//! understands. A name in [`BUILT_INS`] is served in this process. Every other name is looked for in what the operator
//! has configured ([`PluginSettings`]): a local program, whose bytes must have the digest that the operator wrote down.
//!
//! # The contract with a program
//!
//! It is started once, kept, and asked one question at a time: a JSON object in a line on its standard input. It answers
//! each with a JSON object in a line on its standard output.
//!
//! | question | members | answer |
//! |---|---|---|
//! | every one | `id` (a number), `method` | the same `id` |
//! | `run` | `metric`, `analysisRun` | `measurement` |
//! | `resume`, `terminate` | and `measurement`, as it was stored | `measurement` |
//! | `garbageCollect` | `metric`, `analysisRun`, `limit` | nothing more |
//! | `metadata` | `metric`, `analysisRun` | `metadata`, an object of texts |
//! | `ping`, before each other question | | nothing more |
//!
//! Instead of what is asked for, an answer may have `error`, a text. A measurement is as in an AnalysisRun's status; the
//! program alone decides its `phase` and `value`. One with the phase `Running` and a `resumeAt` is gone on with later. A
//! program that is late, says too much, or says what is no answer is killed, and started again for the next question.
//! It gets no environment but what [`process`] names. What it writes to its standard error is told when it fails.
//!
//! # The peer's plugins
//!
//! Programs that were made for Argo Rollouts speak another language: HashiCorp's go-plugin over `net/rpc`. To host them,
//! unchanged, this needs: the handshake (the cookie `ARGO_ROLLOUTS_RPC_PLUGIN=metricprovider` in the environment, and a
//! line `1|1|unix|<socket>|netrpc|` to read); yamux over that socket, with streams for control, standard output and
//! errors; Go's gob encoding of the arguments of `Plugin.InitPlugin`, `Run`, `Resume`, `Terminate`, `GarbageCollect`,
//! `Type` and `GetMetadata`, with type tables of AnalysisRun and Metric; and the `Ping` and `Quit` of the control
//! service. A prototype with partial tables ran an unchanged sample plugin. It would be another kind of `Process`
//! here; what is around it (digest, deadlines, names, errors) would stay.

mod binary;
mod hosted;
mod process;
mod program;
mod settings;
mod wire;

use std::collections::BTreeMap;

use async_trait::async_trait;
use crd::Metric;
use serde_json::Value as Json;

use crate::{Answer, Ctx, Error, Fault, Provider, Wanted, compare};
use program::Program;

pub use hosted::Plugins;
pub use settings::{Limits, PluginSettings};

/// Plugins that are part of this program, by name. Each finds its configuration under its name in `provider.plugin`.
const BUILT_INS: BuiltIns = &[(compare::NAME, &compare::Compare)];

type BuiltIns = &'static [(&'static str, &'static dyn Provider)];

/// Leaves a metric to the plugin that it names.
pub(crate) struct Plugin;

#[async_trait]
impl Provider for Plugin {
    fn name(&self) -> &'static str {
        "plugin"
    }

    fn wanted(&self, metric: &Metric) -> Option<Wanted> {
        host(BUILT_INS, metric).wanted(metric)
    }

    async fn about(&self, ctx: &Ctx<'_>, metric: &Metric) -> BTreeMap<String, String> {
        host(BUILT_INS, metric).about(ctx, metric).await
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        host(BUILT_INS, metric).read(ctx, metric).await
    }

    async fn resume(
        &self,
        ctx: &Ctx<'_>,
        metric: &Metric,
        remembered: &BTreeMap<String, String>,
    ) -> Result<Answer, Error> {
        host(BUILT_INS, metric).resume(ctx, metric, remembered).await
    }

    async fn terminate(
        &self,
        ctx: &Ctx<'_>,
        metric: &Metric,
        remembered: &BTreeMap<String, String>,
    ) -> Result<Answer, Error> {
        host(BUILT_INS, metric).terminate(ctx, metric, remembered).await
    }

    async fn garbage_collect(&self, ctx: &Ctx<'_>, metric: &Metric, limit: usize) -> Result<(), Error> {
        host(BUILT_INS, metric).garbage_collect(ctx, metric, limit).await
    }
}

/// The one key of `provider.plugin`.
fn named(metric: &Metric) -> Result<&str, Fault> {
    let written = metric.provider.get("plugin").and_then(Json::as_object);
    let names: Vec<&String> = written.into_iter().flat_map(|plugins| plugins.keys()).collect();
    match names.as_slice() {
        [name] => Ok(name),
        [] => Err(Fault::Config("provider.plugin names no plugin".to_owned())),
        _ => Err(Fault::Config("provider.plugin names more than one plugin".to_owned())),
    }
}

/// Who serves the plugin that a metric names. What is no built-in, or is not named well, is left to [`Program`], which
/// says what is wrong.
fn host(table: BuiltIns, metric: &Metric) -> &'static dyn Provider {
    let name = named(metric).ok();
    let built_in = table.iter().find(|(known, _)| Some(*known) == name);
    built_in.map_or(&Program, |(_, provider)| *provider)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_built_in_is_found_by_its_name_before_any_program() {
        let metric = |provider: Json| -> Metric {
            serde_json::from_value(json!({"name": "m", "provider": {"plugin": provider}})).unwrap()
        };
        let table: BuiltIns = &[("aviary/compare", &crate::web::Web)];
        let found = |provider| host(table, &metric(provider)).name();
        assert_eq!(found(json!({"aviary/compare": {}})), "web");
        assert_eq!(found(json!({"other/compare": {}})), "plugin");
        assert_eq!(found(json!({"aviary/compare": {}, "other/x": {}})), "plugin");
    }
}

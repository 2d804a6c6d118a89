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
mod settings;
mod wire;

use std::collections::BTreeMap;

use async_trait::async_trait;
use crd::Metric;
use serde_json::Value as Json;

use crate::{Answer, Ctx, Error, Fault, Provider, Wanted, compare};
use wire::Question;

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
        built_in(BUILT_INS, metric)?.wanted(metric)
    }

    /// Asked for once: a metric that has a result has it in there.
    async fn about(&self, ctx: &Ctx<'_>, metric: &Metric) -> BTreeMap<String, String> {
        if let Some(built_in) = built_in(BUILT_INS, metric) {
            return built_in.about(ctx, metric).await;
        }
        let known =
            |run: &crd::AnalysisRun| run.status.metric_results.iter().any(|it| it.name == metric.name);
        match named(metric) {
            Ok(name) if !ctx.run.is_some_and(known) => wire::metadata(ctx, name, metric).await,
            _ => BTreeMap::new(),
        }
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        match built_in(BUILT_INS, metric) {
            Some(built_in) => built_in.read(ctx, metric).await,
            None => measured(ctx, metric, Question::Run).await,
        }
    }

    async fn resume(
        &self,
        ctx: &Ctx<'_>,
        metric: &Metric,
        remembered: &BTreeMap<String, String>,
    ) -> Result<Answer, Error> {
        match built_in(BUILT_INS, metric) {
            Some(built_in) => built_in.resume(ctx, metric, remembered).await,
            None => measured(ctx, metric, Question::Resume(remembered)).await,
        }
    }

    async fn terminate(
        &self,
        ctx: &Ctx<'_>,
        metric: &Metric,
        remembered: &BTreeMap<String, String>,
    ) -> Result<Answer, Error> {
        match built_in(BUILT_INS, metric) {
            Some(built_in) => built_in.terminate(ctx, metric, remembered).await,
            None => measured(ctx, metric, Question::Terminate(remembered)).await,
        }
    }

    async fn garbage_collect(&self, ctx: &Ctx<'_>, metric: &Metric, limit: usize) -> Result<(), Error> {
        if let Some(built_in) = built_in(BUILT_INS, metric) {
            return built_in.garbage_collect(ctx, metric, limit).await;
        }
        let fail = |fault| Error::new(metric, "plugin", None, fault);
        let name = named(metric).map_err(fail)?;
        wire::garbage_collect(ctx, name, metric, limit).await.map_err(|text| fail(Fault::Local(text)))
    }
}

async fn measured(ctx: &Ctx<'_>, metric: &Metric, question: Question<'_>) -> Result<Answer, Error> {
    let fail = |fault| Error::new(metric, "plugin", None, fault);
    let name = named(metric).map_err(fail)?;
    let remembered = question.remembered();
    let answer = wire::measurement(ctx, name, metric, question).await;
    answer.map_err(|text| fail(Fault::Local(text)).with(remembered))
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

fn built_in(table: BuiltIns, metric: &Metric) -> Option<&'static dyn Provider> {
    let name = named(metric).ok()?;
    table.iter().find(|(known, _)| *known == name).map(|(_, provider)| *provider)
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
        let found = |provider| built_in(table, &metric(provider)).map(Provider::name);
        assert_eq!(found(json!({"aviary/compare": {}})), Some("web"));
        assert_eq!(found(json!({"other/compare": {}})), None);
        assert_eq!(found(json!({"aviary/compare": {}, "other/x": {}})), None);
    }
}

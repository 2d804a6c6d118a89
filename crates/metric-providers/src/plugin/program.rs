//! A metric that a program of the operator's choice measures.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crd::Metric;

use super::named;
use super::wire::{self, Question};
use crate::{Answer, Ctx, Error, Fault, Provider};

/// Puts each question to the program that the metric names.
pub(super) struct Program;

#[async_trait]
impl Provider for Program {
    fn name(&self) -> &'static str {
        "plugin"
    }

    /// Asked for once: a metric that has a result has it in there.
    async fn about(&self, ctx: &Ctx<'_>, metric: &Metric) -> BTreeMap<String, String> {
        let known =
            |run: &crd::AnalysisRun| run.status.metric_results.iter().any(|it| it.name == metric.name);
        match named(metric) {
            Ok(name) if !ctx.run.is_some_and(known) => wire::metadata(ctx, name, metric).await,
            _ => BTreeMap::new(),
        }
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        measured(ctx, metric, Question::Run).await
    }

    async fn resume(
        &self,
        ctx: &Ctx<'_>,
        metric: &Metric,
        remembered: &BTreeMap<String, String>,
    ) -> Result<Answer, Error> {
        measured(ctx, metric, Question::Resume(remembered)).await
    }

    async fn terminate(
        &self,
        ctx: &Ctx<'_>,
        metric: &Metric,
        remembered: &BTreeMap<String, String>,
    ) -> Result<Answer, Error> {
        measured(ctx, metric, Question::Terminate(remembered)).await
    }

    async fn garbage_collect(&self, ctx: &Ctx<'_>, metric: &Metric, limit: usize) -> Result<(), Error> {
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

//! A Job of the cluster as a measurement: what becomes of it is the verdict (spec analysis-04, Job).
//!
//! This crate knows no cluster: [`Jobs`] is what it needs of one. What is decided here is what a Job is named and how it
//! is marked, when it is looked at again, and what its conditions and pods mean.

mod manifest;
mod seam;
mod verdict;

use std::collections::BTreeMap;

use async_trait::async_trait;
use crd::{AnalysisPhase, AnalysisRun, Metric};

use crate::{Answer, Ctx, Error, Fault, Provider, Value, Verdict, provider};
use manifest::{Config, Owner};
pub use seam::{JobState, Jobs, JobsError, METRIC_NAME, PodState, Waiting};

const NAME: &str = "job-name";
const NAMESPACE: &str = "job-namespace";
/// Where Jobs run instead of in the run's namespace.
const JOB_NAMESPACE: &str = "ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE";

/// Runs a Job for each measurement.
pub(crate) struct Job;

/// What a measurement by Job needs of the controller.
struct Cluster<'c> {
    jobs: &'c dyn Jobs,
    run: &'c AnalysisRun,
}

/// Where a measurement's Job is.
struct Place<'m> {
    name: &'m str,
    namespace: &'m str,
}

#[async_trait]
impl Provider for Job {
    fn name(&self) -> &'static str {
        "job"
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        begin(ctx, metric).await.map_err(|fault| Error::new(metric, self.name(), None, fault))
    }

    async fn resume(
        &self,
        ctx: &Ctx<'_>,
        metric: &Metric,
        remembered: &BTreeMap<String, String>,
    ) -> Result<Answer, Error> {
        let looked = look(ctx, remembered).await;
        let fail = |fault| Error::new(metric, self.name(), None, fault).with(remembered.clone());
        looked.map(|answer| Answer { metadata: remembered.clone(), ..answer }).map_err(fail)
    }

    async fn terminate(
        &self,
        ctx: &Ctx<'_>,
        metric: &Metric,
        remembered: &BTreeMap<String, String>,
    ) -> Result<Answer, Error> {
        let fail = |fault| Error::new(metric, self.name(), None, fault).with(remembered.clone());
        let verdict = end(ctx, remembered).await.map_err(fail)?;
        Ok(Answer { metadata: remembered.clone(), ..Answer::from(Value::Verdict(verdict)) })
    }

    async fn garbage_collect(&self, ctx: &Ctx<'_>, metric: &Metric, limit: usize) -> Result<(), Error> {
        collect(ctx, limit).await.map_err(|fault| Error::new(metric, self.name(), None, fault))
    }
}

/// Creates the Job. It is looked at at once: what it says then is the first thing known of it.
async fn begin(ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Fault> {
    let Cluster { jobs, run } = cluster(ctx)?;
    let config: Config = provider::config(metric, "job")?;
    let elsewhere = ctx.variable(JOB_NAMESPACE);
    let namespace = elsewhere.as_deref().unwrap_or(&run.metadata.namespace);
    let owner =
        if jobs.elsewhere() || namespace != run.metadata.namespace { Owner::None } else { Owner::Run };
    let name = manifest::name(run, metric);
    let job = manifest::job(run, metric, &config, namespace, &name, owner);
    match jobs.create(&job).await {
        Ok(()) => {}
        Err(JobsError::Exists(said)) => {
            let found = jobs.get(namespace, &name).await.map_err(|error| Fault::Local(error.to_string()))?;
            if !is_ours(&found, run, metric, owner) {
                return Err(Fault::Local(said));
            }
        }
        Err(error) => return Err(Fault::Local(error.to_string())),
    }
    let metadata = [(NAME, name), (NAMESPACE, namespace.to_owned())];
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value)).into();
    Ok(Answer { value: None, metadata, resume_at: Some((ctx.clock)()) })
}

/// A Job of that name that is there already is ours if an earlier pass created it, which its owner and the metric that it
/// measures say. Where Jobs have no owner, its name says the run: the uid is in it.
fn is_ours(job: &JobState, run: &AnalysisRun, metric: &Metric, owner: Owner) -> bool {
    let of_run = owner == Owner::None || job.controller_uid.as_deref() == Some(run.metadata.uid.as_str());
    of_run && job.metric.as_deref() == Some(metric.name.as_str())
}

async fn look(ctx: &Ctx<'_>, remembered: &BTreeMap<String, String>) -> Result<Answer, Fault> {
    let Cluster { jobs, .. } = cluster(ctx)?;
    let place = Place::of(remembered)?;
    let failed = |error: JobsError| Fault::Local(error.to_string());
    let job = jobs.get(place.namespace, place.name).await.map_err(|error| match error {
        JobsError::NotFound => Fault::Local(format!("job.batch {:?} not found", place.name)),
        other => failed(other),
    })?;
    let mut found = job.ended().map(|phase| Verdict::new(phase, ""));
    if found.is_none() {
        found = verdict::of_pods(&jobs.pods(&job).await.map_err(failed)?);
    }
    Ok(match found {
        Some(verdict) => Answer::from(Value::Verdict(verdict)),
        None => Answer { resume_at: Some(verdict::again(ctx)), ..Answer::default() },
    })
}

/// Deletes the Job; one that is gone already is ended as well.
async fn end(ctx: &Ctx<'_>, remembered: &BTreeMap<String, String>) -> Result<Verdict, Fault> {
    let Cluster { jobs, .. } = cluster(ctx)?;
    let place = Place::of(remembered)?;
    match jobs.delete(place.namespace, place.name).await {
        Ok(()) | Err(JobsError::NotFound) => Ok(Verdict::new(AnalysisPhase::Inconclusive, "")),
        Err(error) => Err(Fault::Local(error.to_string())),
    }
}

/// Deletes the run's oldest Jobs. They are counted over all metrics, as the peer counts them.
async fn collect(ctx: &Ctx<'_>, limit: usize) -> Result<(), Fault> {
    let Cluster { jobs, run } = cluster(ctx)?;
    let failed = |error: JobsError| Fault::Local(error.to_string());
    let mut found = jobs.of_run(&run.metadata.uid).await.map_err(failed)?;
    found.sort_by(|one, other| (one.created, &one.name).cmp(&(other.created, &other.name)));
    let old = found.len().saturating_sub(limit);
    for job in found.iter().take(old) {
        match jobs.delete(&job.namespace, &job.name).await {
            Ok(()) | Err(JobsError::NotFound) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

fn cluster<'c>(ctx: &Ctx<'c>) -> Result<Cluster<'c>, Fault> {
    let missing = |what: &str| Fault::Local(format!("Jobs cannot be run from here: there is no {what}"));
    let jobs = ctx.jobs.ok_or_else(|| missing("cluster to run them on"))?;
    Ok(Cluster { jobs, run: ctx.run.ok_or_else(|| missing("run that they belong to"))? })
}

/// Namespace and name of the Job that a measurement waits for, given what it remembers.
pub fn job_of(remembered: &BTreeMap<String, String>) -> Option<(&str, &str)> {
    Some((remembered.get(NAMESPACE)?, remembered.get(NAME)?))
}

impl<'m> Place<'m> {
    fn of(remembered: &'m BTreeMap<String, String>) -> Result<Self, Fault> {
        let (namespace, name) =
            job_of(remembered).ok_or_else(|| Fault::Local("job metadata reference missing".to_owned()))?;
        Ok(Self { name, namespace })
    }
}

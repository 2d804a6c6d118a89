//! Regions that are verified and never deployed to.

use std::collections::BTreeSet;

use super::release_pipeline::{address, asks};
use crate::bundle::Bundle;
use crate::pipeline::Workflow;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    let mut verified = 0;
    for workflow in &bundle.workflows {
        let addresses = addresses(workflow);
        verified = verified.max(addresses.len());
        let deployed = deployed(workflow);
        if deployed.is_empty() || addresses.len() <= deployed.len() || has_matrix(workflow) {
            continue;
        }
        for job in workflow.jobs() {
            let first = job.commands().into_iter().find(|(_, command)| command.flag("--region").is_some());
            let Some((step, command)) = first else { continue };
            let message = format!(
                "{} addresses are verified and {} region is deployed to ({}): the others run the old version, and \
                 their checks pass",
                addresses.len(),
                deployed.len(),
                deployed.iter().cloned().collect::<Vec<_>>().join(", ")
            );
            let remedy = "deploy to every region, with a matrix over the regions";
            sink.anywhere(step.line(bundle, command.line), draft(message, remedy));
            break;
        }
    }
    if verified > 1 {
        providers(bundle, verified, sink);
    }
}

/// Distinct hosts that the workflow asks.
fn addresses(workflow: &Workflow) -> BTreeSet<String> {
    let mut hosts = BTreeSet::new();
    for job in workflow.jobs() {
        for (step, command) in job.commands() {
            if asks(&command)
                && let Some(address) = address(step, &command)
            {
                let host = address.split("://").nth(1).unwrap_or_default();
                hosts.insert(host.split('/').next().unwrap_or_default().to_owned());
            }
        }
    }
    hosts
}

fn deployed(workflow: &Workflow) -> BTreeSet<String> {
    let jobs = workflow.jobs();
    let commands = jobs.iter().flat_map(|job| job.commands());
    commands.filter_map(|(_, command)| command.flag("--region").map(str::to_owned)).collect()
}

fn has_matrix(workflow: &Workflow) -> bool {
    workflow.jobs().iter().any(|job| job.value.pointer("/strategy/matrix").is_some())
}

/// One provider makes one region.
fn providers(bundle: &Bundle, verified: usize, sink: &mut Sink<'_>) {
    for file in &bundle.terraform {
        let providers: Vec<_> =
            file.blocks.iter().filter(|block| block.kind == "provider" && block.label(0) == "aws").collect();
        let Some(provider) = providers.first().filter(|_| providers.len() < verified) else { continue };
        let region = provider.attribute("region").unwrap_or("its default");
        let message = format!(
            "the pipeline verifies {verified} regions, and there is one AWS provider (region {region}): one cluster is \
             made, and the other region has nothing to run on"
        );
        let remedy = "add a provider with an `alias` for each further region, and a module call with \
                      `providers = { aws = aws.<alias> }`";
        sink.anywhere(bundle.place(file.source, provider.position), draft(message, remedy));
    }
}

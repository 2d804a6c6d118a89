//! Where Rollouts use AnalysisTemplates, and which one is meant.

use crd::{AnalysisTemplateRef, Metric, RolloutAnalysis};

use crate::bundle::{Bundle, Object, RolloutView, TemplateView};
use plan::condition::Arguments;

/// A place in a Rollout where an analysis stands.
pub(crate) struct Use<'r> {
    /// JSON pointer of it.
    pub(crate) pointer: String,
    pub(crate) analysis: &'r RolloutAnalysis,
    /// Its templates. A name that was written into the wrong field, which is another rule's matter, counts here.
    pub(crate) templates: Vec<AnalysisTemplateRef>,
    /// The weight that the canary has then, if it is a canary.
    pub(crate) weight: Option<i32>,
    /// Whether the release waits until it ends.
    pub(crate) awaited: bool,
}

/// Every analysis of a Rollout, in the order in which they run.
pub(crate) fn uses<'r>(view: &'r RolloutView<'_>) -> Vec<Use<'r>> {
    let mut uses = Vec::new();
    let mut add = |pointer: String, analysis: &'r RolloutAnalysis, weight, awaited| {
        let templates = analysis.templates.iter().enumerate().map(|(index, reference)| {
            let mut reference = reference.clone();
            if reference.template_name.is_empty() {
                let written = view.object.value().pointer(&format!("{pointer}/templates/{index}/name"));
                let written = written.and_then(serde_json::Value::as_str).unwrap_or_default();
                written.clone_into(&mut reference.template_name);
            }
            reference
        });
        let templates = templates.collect();
        uses.push(Use { pointer, analysis, templates, weight, awaited });
    };
    if let Some(canary) = view.rollout.canary() {
        if let Some(background) = &canary.analysis {
            let weight = canary.steps.iter().find_map(|step| step.set_weight);
            add("/spec/strategy/canary/analysis".to_owned(), &background.analysis, weight, false);
        }
        let mut weight = 0;
        for (index, step) in canary.steps.iter().enumerate() {
            weight = step.set_weight.unwrap_or(weight);
            if let Some(analysis) = &step.analysis {
                let pointer = format!("/spec/strategy/canary/steps/{index}/analysis");
                add(pointer, analysis, Some(weight), true);
            }
        }
    }
    if let Some(blue_green) = view.rollout.blue_green() {
        for (field, analysis) in [
            ("prePromotionAnalysis", &blue_green.pre_promotion_analysis),
            ("postPromotionAnalysis", &blue_green.post_promotion_analysis),
        ] {
            if let Some(analysis) = analysis {
                let pointer = format!("/spec/strategy/blueGreen/{field}");
                add(pointer, analysis, None, true);
            }
        }
    }
    uses
}

/// The template that a reference in `from` means.
pub(crate) fn resolve<'b>(
    bundle: &'b Bundle,
    from: &Object,
    reference: &AnalysisTemplateRef,
) -> Option<TemplateView<'b>> {
    bundle.templates().find(|view| {
        view.cluster == reference.cluster_scope
            && view.object.name == reference.template_name
            && (view.cluster || view.object.beside(from))
    })
}

/// One metric of a template with where it stands.
pub(crate) struct MetricView<'b> {
    pub(crate) template: TemplateView<'b>,
    pub(crate) index: usize,
}

impl MetricView<'_> {
    pub(crate) fn metric(&self) -> Option<&Metric> {
        self.template.template.spec.metrics.get(self.index)
    }

    pub(crate) fn pointer(&self, field: &str) -> String {
        let tail = if field.is_empty() { String::new() } else { format!("/{field}") };
        format!("/spec/metrics/{}{tail}", self.index)
    }

    /// The pointer of the first of these fields that stands there, or of the metric.
    pub(crate) fn first_of(&self, fields: &[&str]) -> String {
        let found = fields.iter().map(|field| self.pointer(field));
        let mut found = found.filter(|pointer| self.template.object.value().pointer(pointer).is_some());
        found.next().unwrap_or_else(|| self.pointer(""))
    }

    /// What the arguments are when nobody gives others.
    pub(crate) fn defaults(&self) -> Arguments {
        let args = self.template.template.spec.args.iter();
        args.filter_map(|arg| Some((arg.name.clone(), arg.value.clone()?))).collect()
    }
}

/// Every metric of every template.
pub(crate) fn metrics(bundle: &Bundle) -> Vec<MetricView<'_>> {
    let mut all = Vec::new();
    for (index, template) in bundle.templates().enumerate() {
        for metric in 0..template.template.spec.metrics.len() {
            all.extend(bundle.templates().nth(index).map(|template| MetricView { template, index: metric }));
        }
    }
    all
}

/// A use of a template in a Rollout.
pub(crate) struct TemplateUse {
    /// Title of the Rollout.
    pub(crate) rollout: String,
    pub(crate) weight: Option<i32>,
    pub(crate) awaited: bool,
    /// The values that are given there.
    pub(crate) arguments: Arguments,
}

/// Every use of a template in the Rollouts of the bundle.
pub(crate) fn uses_of(bundle: &Bundle, template: &TemplateView<'_>) -> Vec<TemplateUse> {
    let mut found = Vec::new();
    for view in bundle.rollouts() {
        for one in uses(&view) {
            let named = one.templates.iter().any(|reference| {
                resolve(bundle, view.object, reference)
                    .is_some_and(|resolved| std::ptr::eq(resolved.object, template.object))
            });
            if named {
                let args = one.analysis.args.iter().filter(|arg| !arg.value.is_empty());
                found.push(TemplateUse {
                    rollout: view.object.title(),
                    weight: one.weight,
                    awaited: one.awaited,
                    arguments: args.map(|arg| (arg.name.clone(), arg.value.clone())).collect(),
                });
            }
        }
    }
    found
}

//! What the public controller's own `lint` says of the same files (spec cli-lint): the mistakes for which a Rollout
//! ends up `Degraded` with `InvalidSpec`, in the same order and the same words.

mod attribution;
mod ingress;
mod services;
mod virtual_service;

use crd::Rollout;
use crd::strict::{self, What};

use crate::bundle::{Bundle, Object, Source, Why};
use attribution::Attribution;

/// A mistake of which the public controller knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Index of the Rollout in the bundle.
    pub(crate) object: usize,
    /// Path of the field in the words of the public controller.
    pub(crate) field: String,
    /// What is wrong, in the shape of Kubernetes' field errors.
    pub(crate) detail: String,
}

/// The answer in the form of the public plugin: two streams and an exit code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compat {
    /// Every mistake, without its path.
    pub stdout: String,
    /// The first one, with its path.
    pub stderr: String,
    /// 0, or 1.
    pub exit: u8,
}

/// Answers for one file as `kubectl argo rollouts lint -f FILE` does.
///
/// Of the texts for files that cannot be read only those about fields are the same; the others name the same mistake.
///
/// ```
/// let answer = aviary_lint::compat("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {replicaz: 1}\n");
/// assert_eq!(answer.stderr, "Error: error unmarshaling JSON: while decoding JSON: json: unknown field \"replicaz\"\n");
/// assert_eq!(answer.exit, 1);
/// ```
pub fn compat(text: &str) -> Compat {
    let bundle = Bundle::read(vec![Source::new("", text)]);
    if let Some(refusal) = refusal(&bundle) {
        return Compat { stderr: format!("Error: {refusal}\n"), exit: 1, ..Compat::default() };
    }
    let mistakes = mistakes(&bundle);
    let Some(first) = mistakes.first() else { return Compat::default() };
    Compat {
        stdout: mistakes.iter().flat_map(|mistake| [mistake.detail.as_str(), "\n"]).collect(),
        stderr: format!("Error: {}: {}\n", first.field, first.detail),
        exit: 1,
    }
}

/// Why the file would not be looked at any further.
fn refusal(bundle: &Bundle) -> Option<String> {
    let decoding = |text: String| format!("error unmarshaling JSON: while decoding JSON: {text}");
    let unread = bundle.unread.first().map(|unread| match &unread.why {
        Why::Syntax(text) => format!("yaml: line {}: {text}", unread.position.line),
        Why::Template(text) => format!("yaml: line {}: invalid map key: {text}", unread.position.line),
        Why::NotAMapping => {
            decoding("json: cannot unmarshal string into Go value of type map[string]interface {}".to_owned())
        }
        Why::NoKind => decoding("Object 'Kind' is missing".to_owned()),
    });
    unread.or_else(|| bundle.objects.iter().find_map(undecodable).map(decoding))
}

/// Whether the public `lint` reads objects of this kind strictly.
fn read_strictly(object: &Object) -> bool {
    object.is("argoproj.io", "Rollout")
        || object.is("", "Service")
        || (object.is("networking.k8s.io", "Ingress") && object.api_version.ends_with("/v1"))
}

fn undecodable(object: &Object) -> Option<String> {
    if !read_strictly(object) {
        return None;
    }
    // Go's decoder does not miss what is not there.
    let misfits = strict::misfits(object.value());
    let misfit = misfits.into_iter().find(|misfit| !matches!(misfit.what, What::Missing(_)))?;
    let mut segments = misfit.pointer.split('/').skip(1);
    let name = misfit.pointer.rsplit('/').next().unwrap_or_default();
    Some(match misfit.what {
        What::UnknownField(_) => format!("json: unknown field \"{name}\""),
        What::WrongType { found, wanted } => {
            let path = segments.by_ref().collect::<Vec<_>>().join(".");
            let owner = misfit.owner;
            format!("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {wanted}")
        }
        What::BadTime => format!("parsing time \"{name}\""),
        What::Missing(_) => return None,
    })
}

/// Every mistake: Rollout by Rollout, first the spec, then Services, Ingresses and VirtualServices.
pub(crate) fn mistakes(bundle: &Bundle) -> Vec<Mistake> {
    let rollouts: Vec<(usize, Rollout)> = bundle
        .objects
        .iter()
        .enumerate()
        .filter(|(_, object)| object.is("argoproj.io", "Rollout"))
        .filter_map(|(index, object)| Some((index, object.typed()?)))
        .collect();
    let attribution = Attribution::of(bundle, &rollouts);
    let mut mistakes = Vec::new();
    for (object, rollout) in &rollouts {
        let mut add = |field: String, detail: String| {
            mistakes.push(Mistake { object: *object, field, detail });
        };
        for problem in rollout::problems(rollout) {
            add(problem.field, problem.detail);
        }
        services::check(bundle, &attribution, rollout, &mut add);
        ingress::check(bundle, &attribution, rollout, &mut add);
        virtual_service::check(bundle, &attribution, rollout, &mut add);
    }
    mistakes
}

fn invalid(value: &str, detail: &str) -> String {
    format!("Invalid value: {value:?}: {detail}")
}

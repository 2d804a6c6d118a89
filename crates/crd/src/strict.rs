//! What a strict reader would refuse in an object: fields that its type does not have, and values of another type.
//!
//! The API server drops unknown fields without a word, so a misspelt `setWeigth` makes a release without weights.

use serde_json::Value;

use crate::manifests::schema::{self, Table};

/// Something that does not fit the type of its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// JSON pointer of the value.
    pub pointer: String,
    /// Type of the object that holds it, such as `RolloutSpec`.
    pub owner: &'static str,
    /// What is wrong.
    pub what: What,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The type has no such field; these are the ones that it has.
    UnknownField(Vec<&'static str>),
    /// A value of this kind stands where one of that is wanted.
    WrongType {
        /// The kind that stands there: `string`, `number`, `bool`, `array` or `object`.
        found: &'static str,
        /// The wanted one, such as `int32`.
        wanted: &'static str,
    },
    /// Not a time in the form of RFC 3339.
    BadTime,
    /// A field that must be set is not.
    Missing(&'static str),
}

/// The kinds that can be read strictly: group, kind, type.
const KINDS: [(&str, &str, &str); 9] = [
    ("argoproj.io/v1alpha1", "Rollout", "Rollout"),
    ("argoproj.io/v1alpha1", "AnalysisTemplate", "AnalysisTemplate"),
    ("argoproj.io/v1alpha1", "ClusterAnalysisTemplate", "AnalysisTemplate"),
    ("argoproj.io/v1alpha1", "AnalysisRun", "AnalysisRun"),
    ("argoproj.io/v1alpha1", "Experiment", "Experiment"),
    ("v1", "Service", "Service"),
    ("networking.k8s.io/v1", "Ingress", "Ingress"),
    ("autoscaling/v2", "HorizontalPodAutoscaler", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget", "PodDisruptionBudget"),
];

/// Everything in `object` that its type has no place for, in the order in which it stands there. Of a kind that is not
/// known here nothing is said.
///
/// ```
/// use aviary_crd::strict::{What, misfits};
/// let found = misfits(&serde_json::json!({
///     "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
///     "spec": {"strategy": {"canary": {"steps": [{"setWeigth": 10}]}}},
/// }));
/// assert_eq!(found[0].pointer, "/spec/strategy/canary/steps/0/setWeigth");
/// assert!(matches!(&found[0].what, What::UnknownField(known) if known.contains(&"setWeight")));
/// ```
pub fn misfits(object: &Value) -> Vec<Misfit> {
    let text = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or_default();
    let kind =
        KINDS.iter().find(|(version, kind, _)| *version == text("apiVersion") && *kind == text("kind"));
    let Some((version, _, name)) = kind else { return Vec::new() };
    let core = schema::read(include_str!("strict/core.schema"));
    let custom = schema::table();
    let mut reader = Reader { core: &core, custom: &custom, found: Vec::new() };
    let scope = if version.starts_with("argoproj.io") { Scope::Custom } else { Scope::Core };
    reader.object(object, name, scope, &mut String::new());
    reader.found
}

/// Whose types are meant.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Custom,
    Core,
}

struct Reader<'a> {
    core: &'a Table,
    custom: &'a Table,
    found: Vec<Misfit>,
}

impl Reader<'_> {
    fn object(&mut self, value: &Value, name: &'static str, scope: Scope, pointer: &mut String) {
        // A pod template is Kubernetes' own, wherever it stands.
        let (name, scope) = match (name, scope) {
            ("PodTemplate", Scope::Custom) => ("PodTemplateSpec", Scope::Core),
            other => other,
        };
        let table = if scope == Scope::Core { self.core } else { self.custom };
        let Some(words) = table.get(name) else { return };
        let Some(members) = value.as_object() else {
            return self.wrong(value, name, "object", pointer);
        };
        let fields = || words.iter().filter(|word| !word.starts_with('+')).map(|word| field(word));
        let is_root = pointer.is_empty();
        for (key, member) in members {
            let kind = match fields().find(|field| field.name == key) {
                Some(field) => Some((field.kind, scope)),
                None if is_root && (key == "apiVersion" || key == "kind") => Some(("string", scope)),
                None if is_root && key == "metadata" => Some(("ObjectMeta", Scope::Core)),
                None => None,
            };
            below(pointer, key, |pointer| match kind {
                Some((kind, scope)) => self.typed(member, kind, name, scope, pointer),
                None => {
                    let known = fields().map(|field| field.name).collect();
                    self.report(name, What::UnknownField(known), pointer);
                }
            });
        }
        for missing in fields().filter(|field| field.required && !members.contains_key(field.name)) {
            self.report(name, What::Missing(missing.name), pointer);
        }
    }

    fn typed(
        &mut self,
        value: &Value,
        kind: &'static str,
        owner: &'static str,
        scope: Scope,
        at: &mut String,
    ) {
        if value.is_null() {
            return;
        }
        let kind = kind.trim_end_matches("+atomic");
        let kind = kind.split_once('=').map_or(kind, |(kind, _)| kind);
        let inside = |open, close| kind.strip_prefix(open)?.strip_suffix(close);
        if let Some(item) = inside("[", "]") {
            let Some(items) = value.as_array() else { return self.wrong(value, owner, "array", at) };
            for (index, one) in items.iter().enumerate() {
                below(at, &index.to_string(), |at| self.typed(one, item, owner, scope, at));
            }
            return;
        }
        if let Some(item) = inside("map<", ">") {
            let Some(members) = value.as_object() else { return self.wrong(value, owner, "object", at) };
            for (key, one) in members {
                below(at, key, |at| self.typed(one, item, owner, scope, at));
            }
            return;
        }
        let fits = match kind {
            // A boolean or a number where a text is wanted is taken as its text (spec cli-lint 2).
            "string" => !value.is_object() && !value.is_array(),
            "bool" => value.is_boolean(),
            "int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            "long" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "int-or-string" | "quantity" => value.is_number() || value.is_string(),
            "time" => return self.time(value, owner, at),
            "object" => true,
            "empty" => value.is_object(),
            words if words.contains('|') => value.is_string(),
            name => return self.object(value, name, scope, at),
        };
        if !fits {
            let wanted = match kind {
                "int" => "int32",
                "long" => "int64",
                "number" => "float64",
                "empty" => "object",
                other if other.contains('|') => "string",
                other => other,
            };
            self.wrong(value, owner, wanted, at);
        }
    }

    fn time(&mut self, value: &Value, owner: &'static str, at: &str) {
        match value.as_str() {
            None => self.wrong(value, owner, "time", at),
            Some(text) if text.parse::<jiff::Timestamp>().is_err() => self.report(owner, What::BadTime, at),
            Some(_) => {}
        }
    }

    fn wrong(&mut self, value: &Value, owner: &'static str, wanted: &'static str, at: &str) {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        self.report(owner, What::WrongType { found, wanted }, at);
    }

    fn report(&mut self, owner: &'static str, what: What, pointer: &str) {
        self.found.push(Misfit { pointer: pointer.to_owned(), owner, what });
    }
}

struct Field {
    name: &'static str,
    kind: &'static str,
    required: bool,
}

fn field(word: &'static str) -> Field {
    let (head, kind) = word.split_once(':').unwrap_or((word, "string"));
    let name = head.trim_end_matches('!');
    Field { name, kind, required: name != head }
}

fn below(pointer: &mut String, segment: &str, then: impl FnOnce(&mut String)) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
    then(pointer);
    pointer.truncate(length);
}

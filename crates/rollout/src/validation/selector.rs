//! The label selector.

use crd::{LabelSelector, LabelSelectorRequirement};

use super::{Found, Problem, json, quoted};

/// Finds what is wrong with it; `false` when it selects nothing that could be compared.
pub(super) fn check(selector: &LabelSelector, found: &mut Found) -> bool {
    let before = found.len();
    for (index, requirement) in selector.match_expressions.iter().enumerate() {
        self::requirement(requirement, &format!("spec.selector.matchExpressions[{index}]"), found);
    }
    if selector.is_empty() {
        found.push(Problem::invalid("spec.selector", "{}", "empty selector is invalid for deployment"));
        return false;
    }
    let compiles = found.len() == before;
    if !compiles {
        found.push(Problem::invalid("spec.selector", &json(selector), "invalid label selector"));
    }
    compiles
}

fn requirement(requirement: &LabelSelectorRequirement, at: &str, found: &mut Found) {
    let values = format!("{at}.values");
    match requirement.operator.as_str() {
        "In" | "NotIn" if requirement.values.is_empty() => {
            found.push(Problem::required(&values, "must be specified when `operator` is 'In' or 'NotIn'"));
        }
        "Exists" | "DoesNotExist" if !requirement.values.is_empty() => {
            let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            found.push(Problem::forbidden(&values, detail));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => {
            let detail = "not a valid selector operator";
            found.push(Problem::invalid(&format!("{at}.operator"), &quoted(other), detail));
        }
    }
}

//! `maxSurge` and `maxUnavailable` as numbers (spec rollout-fields 2.2).

use crd::{Canary, IntOrString};

use super::{share_down, share_up};

/// How many pods may be too many, and how many may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) surge: i32,
    pub(crate) unavailable: i32,
}

/// Any string is a percentage, with or without its sign; what is no number counts as 0 for both.
pub(crate) fn bounds(canary: &Canary, replicas: i32) -> Bounds {
    let default = IntOrString::String("25%".to_owned());
    let surge = resolve(canary.max_surge.as_ref().unwrap_or(&default), replicas, share_up);
    let unavailable = resolve(canary.max_unavailable.as_ref().unwrap_or(&default), replicas, share_down);
    let (Some(surge), Some(unavailable)) = (surge, unavailable) else { return Bounds::default() };
    // Both zero would mean that no pod may ever be replaced.
    let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
    Bounds { surge, unavailable: unavailable.min(replicas).max(0) }
}

/// `maxUnavailable` of a strategy that never has a pod too many.
pub(crate) fn unavailable(value: Option<&IntOrString>, replicas: i32) -> i32 {
    let default = IntOrString::String("25%".to_owned());
    resolve(value.unwrap_or(&default), replicas, share_down).unwrap_or(0).min(replicas).max(0)
}

fn resolve(value: &IntOrString, replicas: i32, round: fn(i32, i32, i32) -> i32) -> Option<i32> {
    let number = match value {
        IntOrString::Int(number) => *number,
        IntOrString::String(text) => {
            let percent = text.strip_suffix('%').unwrap_or(text).parse().ok()?;
            round(percent, replicas, 100)
        }
    };
    Some(number.max(0))
}

#[cfg(test)]
mod vectors {
    use serde::Deserialize;

    use super::*;
    use crate::testing::{self, Rows};

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Row {
        case: String,
        replicas: i32,
        #[serde(default)]
        blue_green: bool,
        #[serde(default)]
        max_surge: Option<IntOrString>,
        #[serde(default)]
        max_unavailable: Option<IntOrString>,
        surge: i32,
        unavailable: i32,
    }

    #[test]
    fn surge_rounds_up_and_unavailability_down() {
        let mut rows = Rows::default();
        let table: Vec<Row> = testing::read(include_str!("../../../../fixtures/rollout/bounds.yaml"));
        for Row { case, replicas, blue_green, max_surge, max_unavailable, surge, unavailable: wanted } in
            table
        {
            let found = if blue_green {
                Bounds { surge: 0, unavailable: unavailable(max_unavailable.as_ref(), replicas) }
            } else {
                bounds(&Canary { max_surge, max_unavailable, ..Canary::default() }, replicas)
            };
            rows.row(&case, found, Bounds { surge, unavailable: wanted });
        }
        rows.end();
    }
}

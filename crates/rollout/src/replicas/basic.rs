//! Without traffic routing the number of pods is the weight (spec rollout-canary 10.2).

use crd::ReplicaSet;

use super::{Bounds, Target, narrow};
use crate::sets;

/// Wanted and available pods of one ReplicaSet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) wanted: i32,
    pub(crate) available: i32,
    /// Those that are certainly available.
    pub(crate) sure: i32,
}

impl Size {
    pub(crate) fn of(set: &ReplicaSet) -> Self {
        Self { wanted: set.replicas(), available: set.status.available_replicas, sure: sets::sure(set) }
    }

    /// Pods that may be counted on while others are removed.
    fn usable(self, whether_available: Count) -> i32 {
        match whether_available {
            Count::Wanted => self.wanted,
            Count::Available => self.wanted.min(self.sure),
        }
    }
}

/// Which pods count.
#[derive(Clone, Copy)]
enum Count {
    Wanted,
    Available,
}

/// Everything that the sizes follow from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    pub(crate) replicas: i32,
    pub(crate) weight: i32,
    pub(crate) max: i32,
    pub(crate) bounds: Bounds,
    pub(crate) new: Option<Size>,
    pub(crate) stable: Option<Size>,
    pub(crate) new_is_stable: bool,
    /// Wanted pods of all other ReplicaSets.
    pub(crate) others: i32,
}

/// The achievable split nearest to `weight`, over `replicas` or one more pod, never without pods for a weight
/// between the ends (step A).
pub(crate) fn ideal(replicas: i32, weight: i32, max: i32, surge: i32) -> Target {
    let (replicas, weight, max) = (i64::from(replicas), i64::from(weight), i64::from(max.max(1)));
    let zero_ok = weight == 0 || weight == max || (replicas == 1 && surge == 0);
    let totals = [Some(replicas), (surge > 0).then_some(replicas + 1)];
    let mut best: Option<(i64, i64)> = None;
    for total in totals.into_iter().flatten().filter(|_| replicas > 0) {
        let up = (total * weight + max - 1).div_euclid(max);
        let down = (total * weight).div_euclid(max);
        let tied = (2 * total * weight).rem_euclid(2 * max) == max;
        let candidates = [(up, up < total || zero_ok), (down, !tied && (down != 0 || zero_ok))].into_iter();
        for (canary, _) in candidates.filter(|(_, allowed)| *allowed) {
            if best.is_none_or(|best| nearer((canary, total), best, weight, max)) {
                best = Some((canary, total));
            }
        }
    }
    let (canary, total) = best.unwrap_or((0, replicas));
    Target { canary: narrow(canary), stable: narrow(total - canary) }
}

/// Whether the first split is strictly nearer to `weight` than the second.
fn nearer(one: (i64, i64), other: (i64, i64), weight: i64, max: i64) -> bool {
    let error = |(canary, total): (i64, i64)| i128::from((canary * max - weight * total).abs());
    error(one) * i128::from(other.1) < error(other) * i128::from(one.1)
}

/// The sizes to go to now, within surge and unavailability (steps B to D).
pub(crate) fn target(now: &Situation) -> Target {
    let single = now.stable.is_none() || now.new_is_stable;
    let ideal = if single {
        Target { canary: now.replicas, stable: 0 }
    } else {
        ideal(now.replicas, now.weight, now.max, now.bounds.surge)
    };
    let wanted = |size: Option<Size>| size.map_or(0, |size| size.wanted);
    let mut stable = if single { 0 } else { wanted(now.stable) };
    let mut canary = wanted(now.new);
    let limit = now.replicas.saturating_add(now.bounds.surge);
    let mut budget = limit.saturating_sub(stable).saturating_sub(canary).saturating_sub(now.others);
    for (size, goal) in [(&mut stable, ideal.stable), (&mut canary, ideal.canary)] {
        let more = (goal - *size).min(budget).max(0);
        *size += more;
        budget -= more;
    }
    if now.others > 0 {
        return Target { canary, stable };
    }
    scale_down(now, ideal, Target { canary, stable }, limit)
}

fn scale_down(now: &Situation, ideal: Target, up: Target, limit: i32) -> Target {
    let min_available = now.replicas - now.bounds.unavailable;
    let increasing = now.new.is_none_or(|new| ideal.canary >= new.wanted);
    let usable = |size: Option<Size>, drains: bool| {
        size.map_or(0, |size| size.usable(if drains { Count::Wanted } else { Count::Available }))
    };
    // Pods that are going away count as wanted; pods that must carry on count only when they are available.
    let total = usable(now.new, !increasing).saturating_add(usable(now.stable, increasing));
    if total <= min_available {
        return up;
    }
    let spare = total - min_available;
    if increasing {
        let Some(stable) = now.stable.filter(|_| !now.new_is_stable) else { return up };
        let drained = drained(stable, ideal.stable, spare, up.stable);
        let (drain, adjust) = balance(now, (drained, now.stable), (up.canary, now.new), limit);
        Target { canary: adjust, stable: drain }
    } else {
        let Some(new) = now.new else { return up };
        let drained = drained(new, ideal.canary, spare, up.canary);
        let (drain, adjust) = balance(now, (drained, now.new), (up.stable, now.stable), limit);
        Target { canary: drain, stable: if now.new_is_stable { 0 } else { adjust } }
    }
}

fn drained(size: Size, goal: i32, spare: i32, otherwise: i32) -> i32 {
    if size.wanted > goal { goal.max(size.wanted - spare) } else { otherwise }
}

/// Keeps both sizes under the surge limit without losing more available pods than allowed.
fn balance(
    now: &Situation,
    (mut drain, draining): (i32, Option<Size>),
    (mut adjust, adjusting): (i32, Option<Size>),
    limit: i32,
) -> (i32, i32) {
    let (available, sure) = (
        |size: Option<Size>| size.map_or(0, |size| size.available),
        |size: Option<Size>| size.map_or(0, |size| size.sure),
    );
    let over = |adjust: i32, drain: i32| adjust.saturating_add(drain).saturating_sub(limit).max(0);
    adjust -= over(adjust, drain);
    let serving = sure(draining).min(drain).saturating_add(sure(adjusting).min(adjust));
    let lost = (available(adjusting) - adjust).max(0);
    let missing = (now.replicas - now.bounds.unavailable - serving).max(0);
    adjust += lost.min(missing);
    drain -= over(adjust, drain);
    (drain.max(0), adjust.max(0))
}

#[cfg(test)]
mod vectors {
    use serde::Deserialize;

    use super::*;
    use crate::replicas::bounds;
    use crate::testing::{self, Rows};

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Ideal {
        case: String,
        replicas: i32,
        weight: i32,
        surge: i32,
        canary: i32,
        stable: i32,
    }

    #[test]
    fn the_ideal_split_is_the_nearest_achievable_one() {
        let mut rows = Rows::default();
        let cases: Vec<Ideal> = testing::read(include_str!("../../../../fixtures/rollout/ideal.yaml"));
        for case in cases {
            let wanted = Target { canary: case.canary, stable: case.stable };
            rows.row(&case.case, ideal(case.replicas, case.weight, 100, case.surge), wanted);
        }
        rows.end();
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Row {
        case: String,
        replicas: i32,
        weight: i32,
        max_surge: crd::IntOrString,
        max_unavailable: crd::IntOrString,
        #[serde(default)]
        new: Option<(i32, i32)>,
        #[serde(default)]
        stable: Option<(i32, i32)>,
        #[serde(default)]
        new_is_stable: bool,
        #[serde(default)]
        others: i32,
        to: (i32, i32),
    }

    #[test]
    fn sizes_move_within_surge_and_unavailability() {
        let mut rows = Rows::default();
        let cases: Vec<Row> = testing::read(include_str!("../../../../fixtures/rollout/basic.yaml"));
        let size = |(wanted, available)| Size { wanted, available, sure: available };
        for case in cases {
            let canary = crd::Canary {
                max_surge: Some(case.max_surge),
                max_unavailable: Some(case.max_unavailable),
                ..crd::Canary::default()
            };
            let new = case.new.map(size);
            let situation = Situation {
                replicas: case.replicas,
                weight: case.weight,
                max: 100,
                bounds: bounds(&canary, case.replicas),
                new,
                stable: if case.new_is_stable { new } else { case.stable.map(size) },
                new_is_stable: case.new_is_stable,
                others: case.others,
            };
            rows.row(&case.case, target(&situation), Target { canary: case.to.0, stable: case.to.1 });
        }
        rows.end();
    }

    #[test]
    fn pods_that_must_carry_on_count_only_when_they_are_available() {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Row {
            case: String,
            wanted: i32,
            available: i32,
            #[serde(default)]
            ignore_available: bool,
            to: i32,
        }
        let mut rows = Rows::default();
        let cases: Vec<Row> = testing::read(include_str!("../../../../fixtures/rollout/usable.yaml"));
        for case in cases {
            let (wanted, available) = (case.wanted, case.available);
            let size = Size { wanted, available, sure: available };
            let which = if case.ignore_available { Count::Wanted } else { Count::Available };
            rows.row(&case.case, size.usable(which), case.to);
        }
        rows.end();
    }
}

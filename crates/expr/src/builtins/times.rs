//! `now`, `date`, `duration`, `timezone`.

use super::{Builtin, Call, Check, Given, Sort};
use crate::time::{Time, Zone, duration, parse};
use crate::types::Type;
use crate::value::Value;

pub(super) const TABLE: &[Builtin] = &[
    Builtin { name: "now", check: Check::Rule(takes_zone), run: |call| Ok(now(call)) },
    Builtin {
        name: "duration",
        check: Check::Signatures(&[(&[Sort::Text], Sort::Duration)]),
        run: |call| {
            // Each byte may begin a number or a unit.
            let length = call.text(0)?.len() as u64;
            call.budget.work(length * 4)?;
            duration::parse(call.text(0)?).map(Value::Duration)
        },
    },
    Builtin { name: "date", check: Check::Rule(takes_date), run: date },
    Builtin {
        name: "timezone",
        check: Check::Signatures(&[(&[Sort::Text], Sort::Zone)]),
        run: |call| Zone::named(call.text(0)?).map(Value::Zone),
    },
];

/// The layouts that a date without a layout may be in, tried in this order.
const LAYOUTS: [&str; 7] = [
    "2006-01-02",
    "15:04:05",
    "2006-01-02 15:04:05",
    "2006-01-02T15:04:05Z07:00",
    "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST",
    "Mon, 02 Jan 2006 15:04:05 MST",
];

fn takes_zone(types: &[Type]) -> Result<Type, String> {
    match types {
        [] | [Type::Zone] => Ok(Type::Time),
        other => Err(format!("invalid number of arguments (expected 0, got {})", other.len())),
    }
}

fn takes_date(types: &[Type]) -> Result<Type, String> {
    if types.is_empty() {
        return Err("invalid number of arguments (expected at least 1, got 0)".into());
    }
    let rest = if types.first() == Some(&Type::Zone) { types.len() - 1 } else { types.len() };
    if rest > 3 {
        return Err(format!("invalid number of arguments (expected at most 3, got {rest})"));
    }
    Ok(Type::Time)
}

fn now(call: &Call<'_>) -> Value {
    let zone = match call.arguments.first() {
        Some(Value::Zone(zone)) => zone.clone(),
        _ => Zone::utc(),
    };
    Value::Time(Time { at: call.now, zone })
}

fn date(call: &mut Call<'_>) -> Given {
    let (zone, first) = match call.argument(0) {
        Value::Zone(zone) => (zone.clone(), 1),
        _ => (Zone::utc(), 0),
    };
    // The layouts that a text does not fit tell it in their messages.
    for place in first..call.arguments.len() {
        call.read(place)?;
        call.budget.work(call.text(place)?.len() as u64)?;
    }
    let text = call.text(first)?;
    let parsed = match call.arguments.len() - first {
        1 => LAYOUTS
            .iter()
            .find_map(|layout| parse(text, layout, &zone).ok())
            .ok_or_else(|| format!("invalid date {text}")),
        2 => parse(text, call.text(first + 1)?, &zone),
        _ => {
            let zone = Zone::named(call.text(first + 2)?)?;
            parse(text, call.text(first + 1)?, &zone)
        }
    };
    parsed.map(Value::Time)
}

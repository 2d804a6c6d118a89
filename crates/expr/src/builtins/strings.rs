//! Functions on texts. Positions and lengths are in bytes, as Go's are; only `len` counts characters.

use super::{Builtin, Call, Check, Given, Sort};
use crate::environment::conversion;
use crate::eval::texts;
use crate::operate;
use crate::value::Value;

use Sort::{Anys, Bool, Int, Text, Texts};

const TO_TEXT: Check = Check::Signatures(&[(&[Text], Text)]);
const ONE_OR_TWO: Check = Check::Signatures(&[(&[Text], Text), (&[Text, Text], Text)]);
const TWO_OR_ONE: Check = Check::Signatures(&[(&[Text, Text], Text), (&[Text], Text)]);
const SPLITS: Check = Check::Signatures(&[(&[Text, Text], Texts), (&[Text, Text, Int], Texts)]);
const FINDS: Check = Check::Signatures(&[(&[Text, Text], Int)]);
const TESTS: Check = Check::Signatures(&[(&[Text, Text], Bool)]);

pub(super) const TABLE: &[Builtin] = &[
    Builtin { name: "trim", check: ONE_OR_TWO, run: trim },
    Builtin {
        name: "trimPrefix",
        check: TWO_OR_ONE,
        run: |call| strip(call, |s, part| s.strip_prefix(part)),
    },
    Builtin {
        name: "trimSuffix",
        check: TWO_OR_ONE,
        run: |call| strip(call, |s, part| s.strip_suffix(part)),
    },
    Builtin { name: "upper", check: TO_TEXT, run: |call| made(call, str::to_uppercase) },
    Builtin { name: "lower", check: TO_TEXT, run: |call| made(call, str::to_lowercase) },
    Builtin { name: "split", check: SPLITS, run: |call| split(call, false) },
    Builtin { name: "splitAfter", check: SPLITS, run: |call| split(call, true) },
    Builtin {
        name: "replace",
        check: Check::Signatures(&[(&[Text, Text, Text, Int], Text), (&[Text, Text, Text], Text)]),
        run: replace,
    },
    Builtin { name: "repeat", check: Check::Signatures(&[(&[Text, Int], Text)]), run: repeat },
    Builtin {
        name: "join",
        check: Check::Signatures(&[
            (&[Texts, Text], Text),
            (&[Anys, Text], Text),
            (&[Anys], Text),
            (&[Texts, Text], Text),
            (&[Texts], Text),
        ]),
        run: join,
    },
    Builtin { name: "indexOf", check: FINDS, run: |call| place(call, |s, part| s.find(part)) },
    Builtin { name: "lastIndexOf", check: FINDS, run: |call| place(call, |s, part| s.rfind(part)) },
    Builtin { name: "hasPrefix", check: TESTS, run: |call| test(call, |s, part| s.starts_with(part)) },
    Builtin { name: "hasSuffix", check: TESTS, run: |call| test(call, |s, part| s.ends_with(part)) },
];

fn trim(call: &mut Call<'_>) -> Given {
    call.read(0)?;
    if call.arguments.len() < 2 {
        return part(call, str::trim);
    }
    // Each character is looked for in the whole set.
    let looks = (call.text(0)?.len() as u64).saturating_mul(call.text(1)?.len() as u64);
    call.budget.work(looks / 16)?;
    let set = call.text(1)?.to_owned();
    part(call, |text| text.trim_matches(|c| set.contains(c)))
}

/// A part of the first argument; the text itself where that is all of it.
fn part(call: &mut Call<'_>, of: impl FnOnce(&str) -> &str) -> Given {
    let Value::Text(whole) = call.argument(0).clone() else { return call.text(0).map(Value::from) };
    let part = of(&whole);
    if part.len() == whole.len() {
        return Ok(Value::Text(whole));
    }
    call.budget.cut(part.len())?;
    Ok(Value::from(part))
}

fn strip(call: &mut Call<'_>, of: for<'t> fn(&'t str, &str) -> Option<&'t str>) -> Given {
    call.read(0)?;
    let affix = if call.arguments.len() == 2 { call.text(1)?.to_owned() } else { " ".to_owned() };
    part(call, |text| of(text, &affix).unwrap_or(text))
}

fn made(call: &mut Call<'_>, of: fn(&str) -> String) -> Given {
    call.read(0)?;
    let length = call.text(0)?.len() as u64;
    call.budget.make(length)?;
    let made = of(call.text(0)?);
    // Some letters are longer in the other case.
    call.budget.make((made.len() as u64).saturating_sub(length))?;
    Ok(Value::text(made))
}

fn place(call: &mut Call<'_>, of: fn(&str, &str) -> Option<usize>) -> Given {
    call.read(0)?;
    let found = of(call.text(0)?, call.text(1)?);
    Ok(Value::Int(found.map_or(-1, |place| place as i64)))
}

fn test(call: &mut Call<'_>, of: fn(&str, &str) -> bool) -> Given {
    call.read(0)?;
    Ok(Value::Bool(of(call.text(0)?, call.text(1)?)))
}

/// At most `limit` parts; an empty separator parts the characters.
fn parts<'t>(text: &'t str, separator: &str, limit: usize) -> Vec<&'t str> {
    if !separator.is_empty() {
        return text.splitn(limit, separator).collect();
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if parts.len() + 1 == limit {
            break;
        }
        let (first, after) = rest.split_at(c.len_utf8());
        parts.push(first);
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

fn split(call: &mut Call<'_>, keep: bool) -> Given {
    call.read(0)?;
    let limit = match call.arguments.get(2) {
        Some(limit) => usize::try_from(operate::to_int(limit)?).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let (text, separator) = (call.text(0)?, call.text(1)?);
    let most = if separator.is_empty() { text.chars().count() } else { text.matches(separator).count() + 1 };
    let (count, length) = (most.min(limit), text.len());
    call.budget.make(count as u64)?;
    call.budget.cut(length)?;
    let (text, separator) = (call.text(0)?.to_owned(), call.text(1)?.to_owned());
    let parts = if limit == 0 { Vec::new() } else { parts(&text, &separator, limit) };
    let count = parts.len();
    let kept = |(i, part): (usize, &str)| {
        let ends = if keep && i + 1 < count { &separator } else { "" };
        Value::text(format!("{part}{ends}"))
    };
    Ok(texts(parts.into_iter().enumerate().map(kept).collect()))
}

fn replace(call: &mut Call<'_>) -> Given {
    call.read(0)?;
    let limit = match call.arguments.get(3) {
        Some(limit) => usize::try_from(operate::to_int(limit)?).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let (text, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let count = text.matches(from).count().min(limit);
    let made = (text.len() as u64).saturating_add((count as u64).saturating_mul(to.len() as u64));
    call.budget.make(made)?;
    let (text, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
    Ok(Value::text(text.replacen(from, to, count)))
}

fn repeat(call: &mut Call<'_>) -> Given {
    let times = operate::to_int(call.argument(1))?;
    let length = call.text(0)?.len() as u64;
    let Ok(count) = usize::try_from(times) else {
        return Err(format!("invalid argument for repeat (expected positive integer, got {times})"));
    };
    call.budget.make(
        length.saturating_mul(count as u64).max(u64::from(times > 1_000_000) * crate::budget::MEMORY),
    )?;
    Ok(Value::text(call.text(0)?.repeat(count)))
}

fn join(call: &mut Call<'_>) -> Given {
    let glue = if call.arguments.len() == 2 { call.text(1)?.to_owned() } else { String::new() };
    let Value::List(list) = call.argument(0).clone() else {
        let given = call.argument(0);
        return Err(format!("invalid argument for join (type {})", given.go_type()));
    };
    let mut joined = String::new();
    for (i, item) in list.items().iter().enumerate() {
        let Value::Text(text) = item else { return Err(conversion(item, "string")) };
        call.budget.make((text.len() + glue.len()) as u64)?;
        if i > 0 {
            joined.push_str(&glue);
        }
        joined.push_str(text);
    }
    Ok(Value::text(joined))
}

//! Each object stands once, however many entries saw it: of a Rollout's objects few change from pass to pass.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What stands in the place of an object.
const REFERENCE: &str = "$object";
/// The members of the inputs that hold objects of the cluster.
const MEMBERS: [&str; 9] = [
    "rollout",
    "replicaSets",
    "sameName",
    "services",
    "analysisRuns",
    "experiments",
    "templates",
    "routes",
    "pods",
];

/// Moves the objects of the inputs into the pool and leaves references.
pub(crate) fn take(inputs: &mut Value, pool: &mut Vec<Value>) {
    for member in MEMBERS {
        if let Some(value) = inputs.get_mut(member) {
            take_from(value, pool);
        }
    }
}

fn take_from(value: &mut Value, pool: &mut Vec<Value>) {
    if value.get("metadata").is_some_and(Value::is_object) {
        let object = value.take();
        // What changed last is looked at first.
        let known = pool.iter().rposition(|known| *known == object);
        let index = known.unwrap_or_else(|| {
            pool.push(object);
            pool.len() - 1
        });
        *value = json!({ REFERENCE: index });
        return;
    }
    each(value, |inner| take_from(inner, pool));
}

/// Puts the objects of the pool in the places of their references.
pub(crate) fn put_back(inputs: &mut Value, pool: &[Value]) -> Result<(), String> {
    for member in MEMBERS {
        if let Some(value) = inputs.get_mut(member) {
            put_into(value, pool)?;
        }
    }
    Ok(())
}

fn put_into(value: &mut Value, pool: &[Value]) -> Result<(), String> {
    if let Some(index) = reference(value) {
        let object = pool.get(index).ok_or_else(|| format!("there is no object {index}"))?;
        *value = object.clone();
        return Ok(());
    }
    if value.get("metadata").is_some() {
        return Ok(());
    }
    let mut result = Ok(());
    each(value, |inner| {
        if result.is_ok() {
            result = put_into(inner, pool);
        }
    });
    result
}

/// Drops what nothing refers to, and numbers the rest anew.
pub(crate) fn sweep<'a>(pool: &mut Vec<Value>, inputs: impl Iterator<Item = &'a mut Value>) {
    let mut kept: Vec<Value> = Vec::new();
    let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
    for value in inputs {
        renumber(value, &mut |old| {
            *numbers.entry(old).or_insert_with(|| {
                kept.push(pool.get_mut(old).map(Value::take).unwrap_or_default());
                kept.len() - 1
            })
        });
    }
    *pool = kept;
}

fn renumber(value: &mut Value, number: &mut impl FnMut(usize) -> usize) {
    if let Some(index) = reference(value) {
        *value = json!({ REFERENCE: number(index) });
    } else {
        each(value, |inner| renumber(inner, number));
    }
}

fn reference(value: &Value) -> Option<usize> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    usize::try_from(fields.get(REFERENCE)?.as_u64()?).ok()
}

fn each(value: &mut Value, act: impl FnMut(&mut Value)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(act),
        Value::Object(fields) => fields.values_mut().for_each(act),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(version: u64) -> Value {
        json!({
            "rollout": {"metadata": {"name": "cart", "version": version}, "spec": {"template": {"metadata": {}}}},
            "replicaSets": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b", "version": version / 2}}],
            "sameName": null,
            "services": {"cart": {"metadata": {"name": "cart"}, "spec": {}}},
            "routes": [{"key": {"name": "r"}, "object": {"metadata": {"name": "r"}}}],
            "answers": [{"config": {"metadata": {"mine": true}}}],
        })
    }

    #[test]
    fn an_object_that_several_entries_saw_stands_once_and_comes_back_whole() {
        let mut pool = Vec::new();
        let mut all: Vec<Value> = (0..4).map(inputs).collect();
        for inputs in &mut all {
            take(inputs, &mut pool);
        }
        // Four states of the Rollout, two of `b`, and one each of `a`, the Service and the route.
        assert_eq!(pool.len(), 4 + 2 + 3);
        assert_eq!(all[3]["replicaSets"][0], json!({"$object": 1}));
        assert_eq!(all[3]["answers"], inputs(3)["answers"], "what is no object of the cluster stays");
        all.remove(0);
        sweep(&mut pool, all.iter_mut());
        assert_eq!(pool.len(), 3 + 2 + 3);
        for (at, mut found) in all.into_iter().enumerate() {
            put_back(&mut found, &pool).unwrap();
            assert_eq!(found, inputs(at as u64 + 1));
        }
        let mut torn = json!({"rollout": {"$object": 9}});
        assert_eq!(put_back(&mut torn, &pool).unwrap_err(), "there is no object 9");
    }
}

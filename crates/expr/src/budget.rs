//! What one run may use.

/// As the reference limits a run: items and bytes that the program makes.
pub(crate) const MEMORY: u64 = 1_000_000;

/// Our own limit, for the reference has none: nodes evaluated and items looked at.
const STEPS: u64 = 5_000_000;

/// How deep lists may lie in lists; JSON from a provider is at most 128 deep.
const DEPTH: u16 = 500;

/// Memory and steps left.
#[derive(Debug)]
pub(crate) struct Budget {
    memory: u64,
    steps: u64,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { memory: MEMORY, steps: STEPS }
    }

    /// Charges items or bytes that are about to be made.
    pub(crate) fn make(&mut self, amount: u64) -> Result<(), String> {
        if amount >= self.memory {
            return Err("memory budget exceeded".into());
        }
        self.memory -= amount;
        Ok(())
    }

    /// Charges work that is about to be done.
    pub(crate) fn work(&mut self, amount: u64) -> Result<(), String> {
        if amount >= self.steps {
            return Err("time budget exceeded".into());
        }
        self.steps -= amount;
        Ok(())
    }

    /// Charges a walk over everything inside `value`, however often it is shared.
    pub(crate) fn walk(&mut self, value: &crate::value::Value) -> Result<(), String> {
        use crate::value::Value;
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            match value {
                Value::Text(text) => self.work(1 + text.len() as u64 / 16)?,
                Value::List(list) => {
                    self.work(1 + list.items().len() as u64)?;
                    open.extend(list.items());
                }
                Value::Map(map) => {
                    self.work(1 + map.entries().len() as u64)?;
                    open.extend(map.entries().values());
                }
                _ => self.work(1)?,
            }
        }
        Ok(())
    }
}

/// A list or map that holds too many others within one another would exhaust the stack when it is dropped.
pub(crate) fn nest<'v>(items: impl IntoIterator<Item = &'v crate::value::Value>) -> Result<(), String> {
    if items.into_iter().any(|item| item.depth() >= DEPTH) {
        return Err("recursion depth exceeded".into());
    }
    Ok(())
}

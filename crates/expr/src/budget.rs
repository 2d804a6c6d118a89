//! What one run may use.

/// As the reference limits a run: items and bytes that the program makes.
pub(crate) const MEMORY: u64 = 1_000_000;

/// What the reference says when a program makes more.
pub(crate) const NO_MEMORY: &str = "memory budget exceeded";

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
            return Err(NO_MEMORY.into());
        }
        self.memory -= amount;
        Ok(())
    }

    /// Charges the bytes of a text that is a part of another one: as the reference shares them, they count as little as
    /// the item of a list does that takes as many bytes.
    pub(crate) fn cut(&mut self, bytes: usize) -> Result<(), String> {
        self.make(bytes as u64 / 32)
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

/// A text that is charged while it is written: what is too long is never there as a whole.
pub(crate) struct Writer<'b> {
    pub(crate) text: String,
    budget: &'b mut Budget,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(budget: &'b mut Budget) -> Self {
        Self { text: String::new(), budget }
    }
}

impl std::fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.budget.make(text.len() as u64).map_err(|_| std::fmt::Error)?;
        self.text.push_str(text);
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn a_text_that_is_charged_while_it_is_written_never_grows_beyond_the_budget() {
        let mut budget = Budget::new();
        let mut out = Writer::new(&mut budget);
        let piece = "x".repeat(300_000);
        let written = (0..10).take_while(|_| out.write_str(&piece).is_ok()).count();
        assert_eq!((written, out.text.len()), (3, 900_000));
    }
}

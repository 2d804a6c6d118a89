//! What came of the tests, and how long each took.

use std::fmt;
use std::time::Duration;

use parking_lot::Mutex;

/// The results so far.
#[derive(Default)]
pub(crate) struct Table(Mutex<Vec<Row>>);

struct Row {
    test: &'static str,
    result: &'static str,
    took: Duration,
}

impl Table {
    pub(crate) fn add(&self, test: &'static str, result: &'static str, took: Duration) {
        self.0.lock().push(Row { test, result, took });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = self.0.lock();
        rows.sort_by_key(|row| row.test);
        let width = rows.iter().map(|row| name(row.test).len()).max().unwrap_or_default();
        writeln!(f, "{:<width$}  result   seconds", "test")?;
        for Row { test, result, took } in rows.iter() {
            writeln!(f, "{:<width$}  {result:<7}  {:>7.1}", name(test), took.as_secs_f64())?;
        }
        Ok(())
    }
}

/// The test without the name of the program.
fn name(test: &str) -> &str {
    test.split_once("::").map_or(test, |(_, name)| name)
}

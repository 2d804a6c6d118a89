//! The figures that are aimed at (judge 6), and whether they are met.

use crate::table;

#[derive(Default)]
pub(crate) struct Gates {
    rows: Vec<(String, String, String, bool)>,
}

impl Gates {
    /// What, the aim, what was found, and whether that meets it.
    pub(crate) fn add(&mut self, what: &str, aim: &str, found: &str, met: bool) {
        self.rows.push((what.to_owned(), aim.to_owned(), found.to_owned(), met));
    }

    /// How many are not met.
    pub(crate) fn missed(&self) -> usize {
        self.rows.iter().filter(|(_, _, _, met)| !met).count()
    }

    pub(crate) fn print(&self) {
        let mut rows = vec![table::row(&["aim", "wanted", "found", "met"])];
        rows.extend(
            self.rows.iter().map(|(what, aim, found, met)| {
                table::row(&[what, aim, found, if *met { "yes" } else { "NO" }])
            }),
        );
        table::print("## Aims", &rows);
    }
}

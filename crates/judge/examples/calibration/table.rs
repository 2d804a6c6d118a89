//! Tables in Markdown.

/// Prints a title, then rows; the first row is the head.
pub(crate) fn print(title: &str, rows: &[Vec<String>]) {
    println!("\n{title}\n");
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    for (at, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                let width = width(column);
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            })
            .collect();
        println!("| {} |", cells.join(" | "));
        if at == 0 {
            let rules: Vec<String> = (0..columns)
                .map(|column| "-".repeat(width(column) + 1) + if column == 0 { "-" } else { ":" })
                .collect();
            println!("|{}|", rules.join("|"));
        }
    }
}

/// A row of anything that can be written.
pub(crate) fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

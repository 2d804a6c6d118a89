//! Columns as wide as their widest cell, two spaces apart. Escape sequences take no room.

/// Lays out rows; the last cell of each is not padded.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter(|row| column + 1 < row.len()).filter_map(|row| row.get(column));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let line = |row: &Vec<String>| -> String {
        let last = row.len().saturating_sub(1);
        let cells = row.iter().zip(&widths).enumerate();
        cells
            .map(|(at, (cell, wide))| if at == last { cell.clone() } else { padded(cell, wide + 2) })
            .collect()
    };
    rows.iter().map(|row| line(row) + "\n").collect()
}

/// The text, with spaces up to a width.
pub(crate) fn padded(text: &str, wide: usize) -> String {
    format!("{text}{}", " ".repeat(wide.saturating_sub(width(text))))
}

/// Characters that are seen.
pub(crate) fn width(text: &str) -> usize {
    let mut seen = 0;
    let mut in_escape = false;
    for c in text.chars() {
        match c {
            '\u{1b}' => in_escape = true,
            'm' if in_escape => in_escape = false,
            _ if in_escape => {}
            _ => seen += 1,
        }
    }
    seen
}

//! One file: a header, and lines of figures.

use std::collections::BTreeMap;

use super::columns::{Column, WEIGHT};
use crate::Error;

/// Figures by the time of the window's end, in milliseconds.
pub(super) type Rows = BTreeMap<i64, Vec<Cell>>;

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    Figure(f64),
    /// Nobody read anything.
    Blank,
    /// A counter was less than before: what went away may have counted for weeks.
    Fell,
}

impl Cell {
    pub(super) fn figure(self) -> Option<f64> {
        match self {
            Self::Figure(figure) => Some(figure),
            Self::Blank | Self::Fell => None,
        }
    }
}

/// All of a file.
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Rows,
    pub(super) weights: BTreeMap<i64, f64>,
}

impl Table {
    /// Reads the text of the file that is `shown` by this name.
    pub(super) fn read(shown: &str, text: &str) -> Result<Self, Error> {
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).has_headers(false).from_reader(text.as_bytes());
        let mut records = reader.records();
        let header = match records.next() {
            Some(header) => header.map_err(|error| broken(shown, &error))?,
            None => csv::StringRecord::new(),
        };
        let columns = columns(shown, &header)?;
        let mut table = Self { columns, rows: Rows::new(), weights: BTreeMap::new() };
        let mut lines = BTreeMap::new();
        for record in records {
            let record = record.map_err(|error| broken(shown, &error))?;
            let line = record.position().map_or(0, |position| line_of(text, position));
            let time =
                table.line(&header, &record).map_err(|why| Error::new(format!("{shown}:{line}: {why}")))?;
            if let Some(earlier) = lines.insert(time, line) {
                let time = record.get(0).unwrap_or_default();
                return Err(Error::new(format!(
                    "{shown}:{line}: line {earlier} has the time {time}, too; a window has one line: take one of them out"
                )));
            }
        }
        Ok(table)
    }

    /// Adds a line; its time.
    fn line(&mut self, header: &csv::StringRecord, record: &csv::StringRecord) -> Result<i64, String> {
        let text = record.get(0).unwrap_or_default();
        let time = millis(text).ok_or_else(|| {
            format!(
                "column `time`: `{text}` is neither seconds nor RFC 3339; write 1700000000 or 2024-01-31T12:00:00Z"
            )
        })?;
        let mut row = Vec::with_capacity(self.columns.len());
        for (name, text) in header.iter().zip(record).skip(1) {
            let cell = cell(text).ok_or_else(|| {
                format!(
                    "column `{name}`: `{text}` is no number; write one, or leave the cell blank where nothing was read"
                )
            })?;
            if name != WEIGHT {
                row.push(cell);
            } else if let Cell::Figure(weight) = cell {
                self.weights.insert(time, weight);
            }
        }
        self.rows.insert(time, row);
        Ok(time)
    }

    /// The rows with their figures in the order of these columns, each of which is there.
    pub(super) fn in_order_of(&self, columns: &[Column]) -> Rows {
        let places: Vec<Option<usize>> =
            columns.iter().map(|column| self.columns.iter().position(|own| own.same(column))).collect();
        let figure = |row: &[Cell], place: Option<usize>| place.and_then(|place| row.get(place).copied());
        let ordered = |row: &Vec<Cell>| {
            places.iter().map(|place| figure(row, *place).unwrap_or(Cell::Blank)).collect::<Vec<_>>()
        };
        self.rows.iter().map(|(time, row)| (*time, ordered(row))).collect()
    }
}

/// The reader tells where it looked for a record; lines without anything may come before it.
fn line_of(text: &str, position: &csv::Position) -> u64 {
    let from = usize::try_from(position.byte()).unwrap_or_default();
    let rest = text.as_bytes().get(from..).unwrap_or_default().iter();
    let empty = rest.take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
    position.line() + u64::try_from(empty).unwrap_or_default()
}

fn broken(shown: &str, error: &csv::Error) -> Error {
    let place = error.position().map_or(String::new(), |position| format!(":{}", position.line()));
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => Error::new(format!(
            "{shown}{place}: {len} cells, and the header has {expected_len} columns; give each column a cell, which may \
             be blank"
        )),
        _ => Error::new(format!("{shown}{place}: {error}")),
    }
}

fn columns(shown: &str, header: &csv::StringRecord) -> Result<Vec<Column>, Error> {
    match header.get(0) {
        Some("time") => {}
        None => {
            return Err(Error::new(format!(
                "{shown}: is empty; the first line names the columns, `time` first"
            )));
        }
        Some(other) => {
            let separated = header.len() == 1 && other.contains([';', '\t']);
            let remedy = if separated { "separate the columns by commas" } else { "name it so" };
            return Err(Error::new(format!(
                "{shown}:1: the first column must be `time`, not `{other}`; {remedy}"
            )));
        }
    }
    let twice = |title: &str| Error::new(format!("{shown}:1: the column `{title}` is there twice; keep one"));
    if header.iter().filter(|title| *title == WEIGHT).count() > 1 {
        return Err(twice(WEIGHT));
    }
    let mut columns: Vec<Column> = Vec::new();
    for title in header.iter().skip(1).filter(|title| *title != WEIGHT) {
        let column = Column::read(title).ok_or_else(|| {
            Error::new(format!(
                "{shown}:1: there is no column `{title}`; a column is bad, total, count, exposure, value or le_BOUND, after \
                 a metric's name, a [STRATUM] if there are some, and a dot"
            ))
        })?;
        if columns.iter().any(|known| known.same(&column)) {
            return Err(twice(title));
        }
        columns.push(column);
    }
    Ok(columns)
}

/// A finite number, or nothing.
fn cell(text: &str) -> Option<Cell> {
    if text.is_empty() {
        return Some(Cell::Blank);
    }
    text.parse::<f64>().ok().filter(|figure| figure.is_finite()).map(Cell::Figure)
}

fn millis(text: &str) -> Option<i64> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.abs() < 1e12)?;
    Some((seconds * 1000.0).round() as i64)
}

/// What was added to each counter in each window; gauges stay as they are. The first line begins the first window.
pub(super) fn differences(columns: &[Column], rows: Rows) -> Rows {
    let mut before: Option<Vec<Cell>> = None;
    let mut found = Rows::new();
    for (time, row) in rows {
        if let Some(before) = &before {
            let grown = columns.iter().zip(&row).zip(before).map(|((column, now), before)| {
                if column.what.counts() { grown(*before, *now) } else { *now }
            });
            found.insert(time, grown.collect());
        }
        before = Some(row);
    }
    found
}

fn grown(before: Cell, now: Cell) -> Cell {
    match (before, now) {
        (Cell::Figure(before), Cell::Figure(now)) if now < before => Cell::Fell,
        (Cell::Figure(before), Cell::Figure(now)) => Cell::Figure(now - before),
        // What was counted meanwhile is not of one window.
        _ => Cell::Blank,
    }
}

/// Lines from which figures that only grow are no chance.
const ENOUGH: usize = 5;

/// Whether every column of counts only grows, as counters do and counts of windows do not.
pub(super) fn look_like_counters(columns: &[Column], rows: &Rows) -> bool {
    let pairs = || rows.values().zip(rows.values().skip(1));
    let grows = |at: usize, column: &Column| {
        pairs().all(|(before, now)| match (before.get(at), now.get(at)) {
            (Some(Cell::Figure(before)), Some(Cell::Figure(now))) => {
                now > before || (now >= before && !column.what.counts_all())
            }
            _ => true,
        })
    };
    let mut counts = columns.iter().enumerate().filter(|(_, column)| column.what.counts()).peekable();
    rows.len() >= ENOUGH && counts.peek().is_some() && counts.all(|(at, column)| grows(at, column))
}

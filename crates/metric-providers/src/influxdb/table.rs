//! Annotated CSV: tables one after the other, each with its types and defaults above it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use csv::{ReaderBuilder, StringRecord};

use crate::http::MAX_BODY;
use crate::{Fault, Item};

/// Where the rows of a table have their value.
#[derive(Default)]
struct Layout {
    types: Vec<String>,
    defaults: Vec<String>,
    value: Column,
    /// Bytes of defaults that were put in.
    filled: usize,
}

/// The column `_value`.
#[derive(Clone, Copy, Default)]
enum Column {
    /// The header is still to come.
    #[default]
    Unknown,
    Absent,
    At(usize),
}

/// What a line is.
enum Line {
    /// It says something of those that follow.
    Head,
    Row(Item),
    /// It cannot be read, or says that there is no more.
    End,
    /// A long default was put in so often that it makes more than any body can have.
    TooLong,
}

/// The column `_value` of every row of every table. What cannot be read ends the list, as the peer has it.
pub(super) fn values(csv: &[u8]) -> Result<Vec<Item>, Fault> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv);
    let mut layout = Layout::default();
    let mut items = Vec::new();
    for record in reader.records() {
        match record.map_or(Line::End, |record| layout.read(&record)) {
            Line::Head => {}
            Line::Row(item) => items.push(item),
            Line::End => break,
            Line::TooLong => return Err(Fault::TooLong(MAX_BODY)),
        }
    }
    Ok(items)
}

impl Layout {
    fn read(&mut self, record: &StringRecord) -> Line {
        // Lines of one field are skipped, as the peer has it.
        if record.len() < 2 {
            return Line::Head;
        }
        let rest = || record.iter().skip(1).map(str::to_owned).collect();
        match record.get(0).unwrap_or_default() {
            "#datatype" => *self = Self { types: rest(), filled: self.filled, ..Self::default() },
            "#default" => self.defaults = rest(),
            text if text.starts_with('#') => {}
            _ => return self.row(record),
        }
        Line::Head
    }

    fn row(&mut self, record: &StringRecord) -> Line {
        // What is no table, such as a page for a person, would be a list of nulls.
        if record.len() != self.types.len() + 1 {
            return Line::End;
        }
        match self.value {
            // A table of errors ends the answer.
            Column::Unknown if record.get(1) == Some("error") => Line::End,
            Column::Unknown => {
                let found = record.iter().skip(1).position(|name| name == "_value");
                self.value = found.map_or(Column::Absent, Column::At);
                Line::Head
            }
            Column::Absent => Line::Row(Item::Nothing),
            Column::At(column) => {
                if record.get(column + 1) == Some("") {
                    self.filled += self.defaults.get(column).map_or(0, String::len);
                }
                if self.filled > MAX_BODY {
                    return Line::TooLong;
                }
                self.item(record, column).map_or(Line::End, Line::Row)
            }
        }
    }

    fn item(&self, record: &StringRecord, column: usize) -> Option<Item> {
        let written = record.get(column + 1)?;
        let default = self.defaults.get(column).map_or("", String::as_str);
        let text = if written.is_empty() { default } else { written };
        item(self.types.get(column)?, text)
    }
}

fn item(kind: &str, text: &str) -> Option<Item> {
    if text.is_empty() {
        return Some(Item::Nothing);
    }
    match kind {
        "string" => Some(Item::Text(text.to_owned())),
        "double" => text.parse().ok().map(Item::Number),
        "long" => text.parse().ok().map(Item::Integer),
        "unsignedLong" => text.parse().ok().map(Item::Unsigned),
        "boolean" => Some(Item::Bool(!text.eq_ignore_ascii_case("false"))),
        "duration" => duration(text).map(Item::Duration),
        "base64Binary" => BASE64_STANDARD.decode(text).ok().map(Item::Bytes),
        kind if kind.starts_with("dateTime") => text.parse().ok().map(Item::Time),
        _ => None,
    }
}

/// Nanoseconds.
fn duration(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let length = crd::duration::parse(text).ok()?;
    i64::try_from(length.as_nanos()).ok().map(|nanoseconds| sign * nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(csv: &[u8]) -> Vec<Item> {
        super::values(csv).unwrap()
    }

    fn table(kind: &str, rows: &[&str]) -> String {
        let head = format!(
            "#datatype,string,long,{kind},string\n#group,false,false,false,true\n#default,_result,,,\n\
             ,result,table,_value,host\n"
        );
        let rows: Vec<String> = rows.iter().map(|row| format!(",,0,{row},h\n")).collect();
        head + &rows.concat() + "\n"
    }

    #[test]
    fn each_type_is_read_as_its_own() {
        for (kind, text, expected) in [
            ("double", "6.6", Item::Number(6.6)),
            ("long", "-5", Item::Integer(-5)),
            ("unsignedLong", "18446744073709551615", Item::Unsigned(u64::MAX)),
            ("boolean", "False", Item::Bool(false)),
            ("boolean", "t", Item::Bool(true)),
            ("string", "\"a,\"\"b\"", Item::Text("a,\"b".to_owned())),
            ("dateTime:RFC3339", "2023-11-14T22:13:20Z", Item::Time("2023-11-14T22:13:20Z".parse().unwrap())),
            ("duration", "-1m30s", Item::Duration(-90_000_000_000)),
            ("base64Binary", "AQI=", Item::Bytes(vec![1, 2])),
            ("double", "", Item::Nothing),
        ] {
            assert_eq!(values(table(kind, &[text]).as_bytes()), [expected], "{kind}");
        }
    }

    #[test]
    fn tables_follow_each_other_and_defaults_fill_gaps() {
        let two = table("double", &["1", "2"]) + &table("long", &["3"]);
        assert_eq!(values(two.as_bytes()), [Item::Number(1.0), Item::Number(2.0), Item::Integer(3)]);
        let default = table("double", &[""]).replace("#default,_result,,,", "#default,_result,,7,");
        assert_eq!(values(default.as_bytes()), [Item::Number(7.0)]);
        let other = table("double", &["1"]).replace("_value", "_other");
        assert_eq!(values(other.as_bytes()), [Item::Nothing]);
    }

    #[test]
    fn what_cannot_be_read_ends_the_list() {
        let broken = table("double", &["1", "x", "3"]);
        assert_eq!(values(broken.as_bytes()), [Item::Number(1.0)]);
        let refused =
            "#datatype,string,string\n#group,true,true\n#default,,\n,error,reference\n,no such bucket,897\n";
        assert_eq!(values((table("double", &["1"]) + refused).as_bytes()), [Item::Number(1.0)]);
        assert_eq!(values(b""), []);
        assert_eq!(values(b"garbage,without\nany,table\n"), []);
        let longer = table("double", &["1", "2,h,more"]);
        assert_eq!(values(longer.as_bytes()), [Item::Number(1.0)]);
        assert_eq!(values(b"\xff\xfe,\n"), []);
    }

    #[test]
    fn a_default_that_makes_more_than_a_body_can_have_is_too_long() {
        let default = format!("#default,_result,,{},", "x".repeat(1 << 20));
        let rows = |count: usize| table("string", &vec![""; count]).replace("#default,_result,,,", &default);
        assert_eq!(values(rows(4).as_bytes()).len(), 4);
        assert_eq!(super::values(rows(5).as_bytes()), Err(Fault::TooLong(MAX_BODY)));
    }
}

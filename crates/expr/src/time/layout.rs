//! Go's layouts: a date is written as that of January 2, 15:04:05 2006, seven hours west of Greenwich, would be.

use std::sync::Arc;

use jiff::civil::{Date, DateTime, Time as Clock};
use jiff::tz::Offset;

use super::{Time, Zone};
use crate::value::Named;

/// What a piece of a layout stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    ShortYear,
    Month,
    Day,
    Hour,
    Hour12,
    Minute,
    Second,
    MonthName { short: bool },
    DayName { short: bool },
    Noon { upper: bool },
    ZoneName,
    Offset { zulu: bool, colon: bool },
    Fraction { digits: usize, fixed: bool },
}

/// The spellings, longest first where one begins another; the width is the least number of digits.
const SPELLINGS: [(&str, Part, usize); 29] = [
    ("2006", Part::Year, 4),
    ("January", Part::MonthName { short: false }, 0),
    ("Jan", Part::MonthName { short: true }, 0),
    ("Monday", Part::DayName { short: false }, 0),
    ("Mon", Part::DayName { short: true }, 0),
    ("MST", Part::ZoneName, 0),
    ("Z07:00", Part::Offset { zulu: true, colon: true }, 0),
    ("Z0700", Part::Offset { zulu: true, colon: false }, 0),
    ("-07:00", Part::Offset { zulu: false, colon: true }, 0),
    ("-0700", Part::Offset { zulu: false, colon: false }, 0),
    ("PM", Part::Noon { upper: true }, 0),
    ("pm", Part::Noon { upper: false }, 0),
    (".000000000", Part::Fraction { digits: 9, fixed: true }, 0),
    (".000000", Part::Fraction { digits: 6, fixed: true }, 0),
    (".000", Part::Fraction { digits: 3, fixed: true }, 0),
    (".999999999", Part::Fraction { digits: 9, fixed: false }, 0),
    (".999999", Part::Fraction { digits: 6, fixed: false }, 0),
    (".999", Part::Fraction { digits: 3, fixed: false }, 0),
    ("01", Part::Month, 2),
    ("02", Part::Day, 2),
    ("03", Part::Hour12, 2),
    ("04", Part::Minute, 2),
    ("05", Part::Second, 2),
    ("06", Part::ShortYear, 2),
    ("15", Part::Hour, 2),
    ("1", Part::Month, 1),
    ("2", Part::Day, 1),
    ("3", Part::Hour12, 1),
    ("4", Part::Minute, 1),
];

/// The part that `layout` begins with.
fn part(layout: &str) -> Option<(&'static str, Part, usize)> {
    if layout.starts_with('5') {
        return Some(("5", Part::Second, 1));
    }
    SPELLINGS.iter().find(|row| layout.starts_with(row.0)).copied()
}

/// Writes a time.
pub(crate) fn format(time: &Time, layout: &str) -> String {
    let civil = time.civil();
    let mut out = String::new();
    let mut rest = layout;
    while let Some(c) = rest.chars().next() {
        let written_length = if let Some((spelling, part, width)) = part(rest) {
            out.push_str(&written(part, width, civil, &time.zone));
            spelling.len()
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = rest.get(written_length..).unwrap_or_default();
    }
    out
}

fn written(part: Part, width: usize, civil: DateTime, zone: &Zone) -> String {
    let number = |n: i64| format!("{n:0width$}");
    let name = |named: Named, short: bool| -> String {
        named.to_string().chars().take(if short { 3 } else { usize::MAX }).collect()
    };
    match part {
        Part::Year => number(i64::from(civil.year())),
        Part::ShortYear => number(i64::from(civil.year().rem_euclid(100))),
        Part::Month => number(i64::from(civil.month())),
        Part::Day => number(i64::from(civil.day())),
        Part::Hour => number(i64::from(civil.hour())),
        Part::Hour12 => number(i64::from((civil.hour() + 11) % 12 + 1)),
        Part::Minute => number(i64::from(civil.minute())),
        Part::Second => number(i64::from(civil.second())),
        Part::MonthName { short } => name(Named::Month(civil.month() as u8), short),
        Part::DayName { short } => name(Named::Weekday(civil.weekday().to_sunday_zero_offset() as u8), short),
        Part::Noon { upper } => {
            let text = if civil.hour() < 12 { "AM" } else { "PM" };
            if upper { text.to_owned() } else { text.to_lowercase() }
        }
        Part::ZoneName if zone.name.is_empty() => offset(zone.offset, false),
        Part::ZoneName => zone.name.to_string(),
        Part::Offset { zulu: true, .. } if zone.offset == 0 => "Z".to_owned(),
        Part::Offset { colon, .. } => offset(zone.offset, colon),
        Part::Fraction { digits, fixed } => {
            let nanoseconds = format!("{:09}", civil.subsec_nanosecond());
            let digits: String = nanoseconds.chars().take(digits).collect();
            let digits = if fixed { digits.as_str() } else { digits.trim_end_matches('0') };
            if digits.is_empty() { String::new() } else { format!(".{digits}") }
        }
    }
}

fn offset(seconds: i32, colon: bool) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    let colon = if colon { ":" } else { "" };
    format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
}

/// What has been read so far.
struct Read {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    afternoon: Option<bool>,
    zone: Option<Zone>,
}

/// Reads a time written so; without a zone in the layout it is one of `zone`.
///
/// # Errors
/// Go's message for text that is not written so.
pub(crate) fn parse(text: &str, layout: &str, zone: &Zone) -> Result<Time, String> {
    let quoted = crate::go_text::quoted;
    let mut read = Read {
        year: 0,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        afternoon: None,
        zone: None,
    };
    let (mut rest, mut pattern) = (text, layout);
    let cannot = |rest: &str, pattern: &str| {
        let (text, layout, rest) = (quoted(text), quoted(layout), quoted(rest));
        format!("parsing time {text} as {layout}: cannot parse {rest} as {}", quoted(pattern))
    };
    while let Some(c) = pattern.chars().next() {
        let Some((spelling, part, width)) = part(pattern) else {
            rest = rest.strip_prefix(c).ok_or_else(|| cannot(rest, pattern))?;
            pattern = pattern.get(c.len_utf8()..).unwrap_or_default();
            continue;
        };
        pattern = pattern.get(spelling.len()..).unwrap_or_default();
        rest = read.part(part, width, rest).ok_or_else(|| cannot(rest, spelling))?;
        if matches!(part, Part::Second) && !matches!(pattern.chars().next(), Some('.' | ',')) {
            rest = read.fraction(rest);
        }
    }
    if !rest.is_empty() {
        let (text, rest) = (quoted(text), quoted(rest));
        return Err(format!("parsing time {text}: extra text: {rest}"));
    }
    read.time(zone).ok_or_else(|| format!("parsing time {}: day out of range", quoted(text)))
}

/// A number of `least` digits or one more, up to `most`.
fn number(text: &str, least: usize, most: usize) -> Option<(i32, &str)> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if digits < least {
        return None;
    }
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}

/// The first of these names that `text` begins with, and its place.
fn name(text: &str, short: bool, names: impl Iterator<Item = Named>) -> Option<(i8, &str)> {
    for (place, named) in names.enumerate() {
        let name: String = named.to_string().chars().take(if short { 3 } else { usize::MAX }).collect();
        if text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(&name)) {
            return Some((place as i8, text.get(name.len()..)?));
        }
    }
    None
}

impl Read {
    fn part<'t>(&mut self, part: Part, width: usize, text: &'t str) -> Option<&'t str> {
        let two = || number(text, width.max(1), 2);
        let within = |value: i32, low: i32, high: i32| (low..=high).contains(&value).then_some(value as i8);
        let rest = match part {
            Part::Year => {
                let (year, rest) = number(text, 4, 4)?;
                self.year = year as i16;
                rest
            }
            Part::ShortYear => {
                let (year, rest) = number(text, 2, 2)?;
                self.year = if year >= 69 { 1900 + year as i16 } else { 2000 + year as i16 };
                rest
            }
            Part::Month => {
                let (month, rest) = two()?;
                self.month = within(month, 1, 12)?;
                rest
            }
            Part::Day => {
                let (day, rest) = two()?;
                self.day = within(day, 1, 31)?;
                rest
            }
            Part::Hour => {
                let (hour, rest) = number(text, 1, 2)?;
                self.hour = within(hour, 0, 23)?;
                rest
            }
            Part::Hour12 => {
                let (hour, rest) = two()?;
                self.hour = within(hour, 0, 12)?;
                rest
            }
            Part::Minute => {
                let (minute, rest) = two()?;
                self.minute = within(minute, 0, 59)?;
                rest
            }
            Part::Second => {
                let (second, rest) = two()?;
                self.second = within(second, 0, 59)?;
                rest
            }
            Part::MonthName { short } => {
                let (place, rest) = name(text, short, (1..=12).map(Named::Month))?;
                self.month = place + 1;
                rest
            }
            Part::DayName { short } => name(text, short, (0..7).map(Named::Weekday))?.1,
            Part::Noon { .. } => {
                let half = text.get(..2)?.to_ascii_uppercase();
                self.afternoon = Some(match half.as_str() {
                    "AM" => false,
                    "PM" => true,
                    _ => return None,
                });
                text.get(2..)?
            }
            Part::ZoneName => self.zone_name(text)?,
            Part::Offset { zulu, colon } => self.offset(text, zulu, colon)?,
            Part::Fraction { .. } => self.fraction(text),
        };
        Some(rest)
    }

    /// Go reads a fraction after the seconds even if the layout has none.
    fn fraction<'t>(&mut self, text: &'t str) -> &'t str {
        let Some(digits) = text.strip_prefix(['.', ',']) else { return text };
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return text;
        }
        let (fraction, rest) = digits.split_at_checked(count).unwrap_or((digits, ""));
        let nine: String = fraction.chars().chain("000000000".chars()).take(9).collect();
        self.nanosecond = nine.parse().unwrap_or(0);
        rest
    }

    /// An abbreviation that is not known has no distance from UTC, as in Go.
    fn zone_name<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let length = text.bytes().take_while(u8::is_ascii_uppercase).count();
        if !(3..=5).contains(&length) {
            return None;
        }
        let (name, rest) = text.split_at_checked(length)?;
        self.zone = Some(Zone { name: Arc::from(name), offset: 0 });
        Some(rest)
    }

    fn offset<'t>(&mut self, text: &'t str, zulu: bool, colon: bool) -> Option<&'t str> {
        if let (true, Some(rest)) = (zulu, text.strip_prefix('Z')) {
            self.zone = Some(Zone::utc());
            return Some(rest);
        }
        let sign = match text.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (hours, rest) = number(text.get(1..)?, 2, 2)?;
        let rest = if colon { rest.strip_prefix(':')? } else { rest };
        let (minutes, rest) = number(rest, 2, 2)?;
        let offset = sign * (hours * 3600 + minutes * 60);
        let name = if offset == 0 { "UTC" } else { "" };
        self.zone = Some(Zone { name: Arc::from(name), offset });
        Some(rest)
    }

    fn time(self, zone: &Zone) -> Option<Time> {
        let hour = match (self.afternoon, self.hour) {
            (Some(true), hour) if hour < 12 => hour + 12,
            (Some(false), 12) => 0,
            (_, hour) => hour,
        };
        let date = Date::new(self.year, self.month, self.day).ok()?;
        let clock = Clock::new(hour, self.minute, self.second, self.nanosecond).ok()?;
        let zone = self.zone.unwrap_or_else(|| zone.clone());
        let at = Offset::from_seconds(zone.offset).ok()?.to_timestamp(date.to_datetime(clock)).ok()?;
        Some(Time { at, zone })
    }
}

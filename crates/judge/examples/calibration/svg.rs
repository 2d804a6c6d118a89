//! Charts as SVG, in colours that can be read on white and on dark pages.

use std::fmt::Write as _;

/// Between white and black, for words and lines.
const INK: &str = "#7d8590";
pub(crate) const BLUE: &str = "#3b82f6";
pub(crate) const GREEN: &str = "#2a9d6f";
pub(crate) const ORANGE: &str = "#e07b39";
pub(crate) const RED: &str = "#d9534f";
pub(crate) const PURPLE: &str = "#8f6fd8";
pub(crate) const GREY: &str = "#8b949e";

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 92.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 56.0;

/// An axis: its label, from where to where, and what stands at which value.
pub(crate) struct Axis {
    pub(crate) label: &'static str,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) log: bool,
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Where a value lies, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let at = |value: f64| if self.log { value.max(1e-300).ln() } else { value };
        ((at(value) - at(self.low)) / (at(self.high) - at(self.low))).clamp(0.0, 1.0)
    }
}

/// Names without the marks that they have in tables.
fn plain(name: &str) -> String {
    name.replace('`', "")
}

/// A chart that is drawn bit by bit.
pub(crate) struct Chart {
    x: Axis,
    y: Axis,
    body: String,
    legend: Vec<(String, &'static str, bool)>,
}

impl Chart {
    pub(crate) fn new(x: Axis, y: Axis) -> Self {
        Self { x, y, body: String::new(), legend: Vec::new() }
    }

    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let across = LEFT + self.x.place(x) * (WIDTH - LEFT - RIGHT);
        (across, HEIGHT - BOTTOM - self.y.place(y) * (HEIGHT - TOP - BOTTOM))
    }

    fn draw(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    /// A line through points; `name` goes into the legend.
    pub(crate) fn line(
        &mut self,
        name: Option<&str>,
        color: &'static str,
        points: &[(f64, f64)],
        dashed: bool,
    ) {
        let places: Vec<String> =
            points.iter().map(|point| self.at(*point)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let dash = if dashed { r#" stroke-dasharray="6 5""# } else { "" };
        self.draw(&format!(
            r#"<polyline points="{}" fill="none" stroke="{color}" stroke-width="2.2" stroke-linejoin="round"{dash}/>"#,
            places.join(" ")
        ));
        self.legend.extend(name.map(|name| (plain(name), color, dashed)));
    }

    /// Dots; `name` goes into the legend.
    pub(crate) fn dots(&mut self, name: Option<&str>, color: &'static str, points: &[(f64, f64)]) {
        for point in points {
            let (x, y) = self.at(*point);
            self.draw(&format!(
                r#"<circle cx="{x:.1}" cy="{y:.1}" r="4.5" fill="{color}" fill-opacity="0.85"/>"#
            ));
        }
        self.legend.extend(name.map(|name| (plain(name), color, false)));
    }

    /// A vertical bar between two values.
    pub(crate) fn bar(&mut self, color: &str, x: f64, low: f64, high: f64) {
        let ((x, y1), (_, y2)) = (self.at((x, low)), self.at((x, high)));
        self.draw(&format!(
            r#"<line x1="{x:.1}" y1="{y1:.1}" x2="{x:.1}" y2="{y2:.1}" stroke="{color}" stroke-width="1.6" stroke-opacity="0.7"/>"#
        ));
    }

    /// A level with its name below its left end.
    pub(crate) fn level_named_below(&mut self, y: f64, name: &str, color: &'static str) {
        self.level(y, "", color);
        self.words((self.x.low, y), (8.0, 16.0), "start", color, name);
    }

    /// An empty dot: nothing was found.
    pub(crate) fn hollow(&mut self, color: &str, point: (f64, f64)) {
        let (x, y) = self.at(point);
        self.draw(&format!(
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" fill="none" stroke="{color}" stroke-width="1.4"/>"#
        ));
    }

    /// A level with its name above its right end.
    pub(crate) fn level(&mut self, y: f64, name: &str, color: &str) {
        let ((left, at), (right, _)) = (self.at((self.x.low, y)), self.at((self.x.high, y)));
        self.draw(&format!(
            r#"<line x1="{left:.1}" y1="{at:.1}" x2="{right:.1}" y2="{at:.1}" stroke="{color}" stroke-width="1.4" stroke-dasharray="3 4"/>"#
        ));
        self.draw(&format!(
            r#"<text x="{:.1}" y="{:.1}" text-anchor="end" fill="{color}">{name}</text>"#,
            right - 4.0,
            at - 6.0
        ));
    }

    /// Words beside a point, shifted by so many pixels.
    pub(crate) fn words(
        &mut self,
        point: (f64, f64),
        shift: (f64, f64),
        anchor: &str,
        color: &str,
        words: &str,
    ) {
        let (x, y) = self.at(point);
        self.draw(&format!(
            r#"<text x="{:.1}" y="{:.1}" text-anchor="{anchor}" fill="{color}">{}</text>"#,
            x + shift.0,
            y + shift.1,
            plain(words)
        ));
    }

    /// The whole picture.
    pub(crate) fn finish(&self, title: &str) -> String {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"system-ui, -apple-system, \
             Segoe UI, Helvetica, Arial, sans-serif\" font-size=\"13\" role=\"img\">\n<title>{title}</title>\n"
        );
        let (right, low) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for (value, name) in &self.y.ticks {
            let (_, y) = self.at((self.x.low, *value));
            // Writing to a string cannot fail.
            let _ = writeln!(
                svg,
                r#"<line x1="{LEFT}" y1="{y:.1}" x2="{right}" y2="{y:.1}" stroke="{INK}" stroke-opacity="0.22"/>"#
            );
            let _ = writeln!(
                svg,
                r#"<text x="{}" y="{:.1}" text-anchor="end" fill="{INK}">{name}</text>"#,
                LEFT - 8.0,
                y + 4.5
            );
        }
        for (value, name) in &self.x.ticks {
            let (x, _) = self.at((*value, self.y.low));
            let _ = writeln!(
                svg,
                r#"<line x1="{x:.1}" y1="{low}" x2="{x:.1}" y2="{}" stroke="{INK}"/>"#,
                low + 5.0
            );
            let _ = writeln!(
                svg,
                r#"<text x="{x:.1}" y="{}" text-anchor="middle" fill="{INK}">{name}</text>"#,
                low + 20.0
            );
        }
        let _ = writeln!(svg, r#"<path d="M{LEFT} {TOP} V{low} H{right}" fill="none" stroke="{INK}"/>"#);
        let _ = writeln!(
            svg,
            r#"<text x="{:.1}" y="{}" text-anchor="middle" fill="{INK}">{}</text>"#,
            f64::midpoint(LEFT, right),
            HEIGHT - 12.0,
            self.x.label
        );
        let middle = f64::midpoint(TOP, low);
        let _ = writeln!(
            svg,
            r#"<text transform="translate(18 {middle:.1}) rotate(-90)" text-anchor="middle" fill="{INK}">{}</text>"#,
            self.y.label
        );
        svg.push_str(&self.body);
        self.key(&mut svg);
        svg.push_str("</svg>\n");
        svg
    }

    /// The legend, above the chart, in as many rows as it takes.
    fn key(&self, svg: &mut String) {
        let (mut x, mut y) = (LEFT, 18.0);
        for (name, color, dashed) in &self.legend {
            let wide = 34.0 + 7.0 * name.chars().count() as f64;
            if x + wide > WIDTH - RIGHT && x > LEFT {
                (x, y) = (LEFT, y + 19.0);
            }
            let dash = if *dashed { r#" stroke-dasharray="5 3""# } else { "" };
            let _ = writeln!(
                svg,
                r#"<line x1="{x}" y1="{y}" x2="{}" y2="{y}" stroke="{color}" stroke-width="4"{dash}/>"#,
                x + 18.0
            );
            let _ = writeln!(svg, r#"<text x="{}" y="{}" fill="{INK}">{name}</text>"#, x + 24.0, y + 4.5);
            x += wide + 12.0;
        }
    }
}

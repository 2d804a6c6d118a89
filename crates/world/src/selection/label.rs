//! Label selectors as text: `app=shop,tier in (web, api),!legacy`.

use serde_json::Value;

/// A label selector. All requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    /// Kubernetes compares as whole numbers here.
    Greater(i64),
    Less(i64),
}

impl LabelSelector {
    /// Reads the text form; the error says what was not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        split(text)
            .filter(|part| !part.trim().is_empty())
            .map(|part| requirement(part.trim()))
            .collect::<Result<_, _>>()
            .map(Self)
            .map_err(|why| format!("unable to parse requirement: {why}"))
    }

    /// Reads the object form (`matchLabels`, `matchExpressions`) or the bare map of a Service.
    pub fn from_object(selector: &Value) -> Self {
        let mut all = Vec::new();
        if let Some(labels) = selector.get("matchLabels").and_then(Value::as_object) {
            all.extend(labels.iter().map(equal));
        }
        for expression in crate::meta::items(selector, &["matchExpressions"]) {
            let values = || {
                let values = crate::meta::items(expression, &["values"]);
                values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            };
            let operator = match crate::meta::text(expression, &["operator"]) {
                "NotIn" => Operator::NotIn(values()),
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::Absent,
                _ => Operator::In(values()),
            };
            all.push(Requirement { key: crate::meta::text(expression, &["key"]).to_owned(), operator });
        }
        Self(all)
    }

    /// Whether it has no requirement at all: it matches everything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `labels` (a JSON map, or null) satisfy every requirement.
    pub fn matches(&self, labels: &Value) -> bool {
        self.0.iter().all(|requirement| requirement.matches(labels))
    }
}

impl std::fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, Requirement { key, operator }) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match operator {
                Operator::In(values) => match values.as_slice() {
                    [one] => write!(f, "{key}={one}")?,
                    many => write!(f, "{key} in ({})", many.join(","))?,
                },
                Operator::NotIn(values) => write!(f, "{key} notin ({})", values.join(","))?,
                Operator::Exists => f.write_str(key)?,
                Operator::Absent => write!(f, "!{key}")?,
                Operator::Greater(bound) => write!(f, "{key}>{bound}")?,
                Operator::Less(bound) => write!(f, "{key}<{bound}")?,
            }
        }
        Ok(())
    }
}

impl Requirement {
    fn matches(&self, labels: &Value) -> bool {
        let value = labels.get(&self.key).and_then(Value::as_str);
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.operator {
            Operator::In(values) => value.is_some_and(|value| values.iter().any(|one| one == value)),
            Operator::NotIn(values) => value.is_none_or(|value| values.iter().all(|one| one != value)),
            Operator::Exists => value.is_some(),
            Operator::Absent => value.is_none(),
            Operator::Greater(bound) => number().is_some_and(|number| number > *bound),
            Operator::Less(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

fn equal((key, value): (&String, &Value)) -> Requirement {
    let values = vec![value.as_str().unwrap_or_default().to_owned()];
    Requirement { key: key.clone(), operator: Operator::In(values) }
}

/// Splits at the commas that are not inside parentheses.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    })
}

fn requirement(text: &str) -> Result<Requirement, String> {
    let (key, operator) = if let Some(key) = text.strip_prefix('!') {
        (key, Operator::Absent)
    } else if let Some((key, rest)) = text.split_once('(') {
        set_based(key.trim(), rest, text)?
    } else if let Some((key, value)) = text.split_once("!=") {
        (key, Operator::NotIn(vec![value.trim().to_owned()]))
    } else if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        (key, Operator::In(vec![value.trim().to_owned()]))
    } else if let Some((key, bound)) = text.split_once('>') {
        (key, Operator::Greater(whole(bound)?))
    } else if let Some((key, bound)) = text.split_once('<') {
        (key, Operator::Less(whole(bound)?))
    } else {
        (text, Operator::Exists)
    };
    let key = key.trim();
    if key.is_empty() || key.contains(|c: char| c.is_whitespace() || "=!()<>".contains(c)) {
        return Err(format!("found '{text}', expected: a label key with an operator"));
    }
    if let Operator::In(values) | Operator::NotIn(values) = &operator {
        let strange = |c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c);
        if let Some(value) = values.iter().find(|value| value.contains(strange)) {
            return Err(format!(
                "values[0][{key}]: Invalid value: {value:?}: a valid label has other letters"
            ));
        }
    }
    Ok(Requirement { key: key.to_owned(), operator })
}

fn set_based<'a>(head: &'a str, rest: &str, text: &str) -> Result<(&'a str, Operator), String> {
    let values = rest.strip_suffix(')').ok_or_else(|| format!("found '{text}', expected: ',' or ')'"))?;
    let values = values.split(',').map(|value| value.trim().to_owned()).collect();
    let (key, word) = head.rsplit_once(char::is_whitespace).unwrap_or((head, ""));
    match word {
        "in" => Ok((key, Operator::In(values))),
        "notin" => Ok((key, Operator::NotIn(values))),
        other => Err(format!("found '{other}', expected: in, notin")),
    }
}

fn whole(bound: &str) -> Result<i64, String> {
    bound
        .trim()
        .parse()
        .map_err(|_| format!("values[0][{bound}]: for 'Gt', 'Lt' operators, the value must be an integer"))
}

//! A field of an object's metadata by the path that the downward API of Kubernetes knows it by.

use crd::{ObjectMeta, StringMap};

use crate::go;

/// Characters that the name part of a key may have.
const LONGEST_NAME: usize = 63;
const NAME: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                    alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                         and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
                         validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/// The value; of a whole map one `key="value"` a line.
///
/// # Errors
/// The path names nothing that the downward API has, in its words.
pub(crate) fn field(metadata: &ObjectMeta, path: &str) -> Result<String, String> {
    let subscripted = path.strip_suffix("']").and_then(|path| path.split_once("['"));
    if let Some((map, key)) = subscripted.filter(|(map, _)| !map.is_empty()) {
        let wrong = |why: String| format!("invalid key subscript in {path}: {why}");
        return match map {
            "metadata.labels" => {
                check_key(key).map_err(wrong)?;
                Ok(metadata.label(key).to_owned())
            }
            // Annotations had upper case before keys had rules.
            "metadata.annotations" => {
                check_key(&key.to_lowercase()).map_err(wrong)?;
                Ok(metadata.annotation(key).unwrap_or_default().to_owned())
            }
            _ => Err(format!("fieldPath {} does not support subscript", go::quoted(path))),
        };
    }
    match path {
        "metadata.name" => Ok(metadata.name.clone()),
        "metadata.namespace" => Ok(metadata.namespace.clone()),
        "metadata.uid" => Ok(metadata.uid.clone()),
        "metadata.labels" => Ok(lines(&metadata.labels)),
        "metadata.annotations" => Ok(lines(&metadata.annotations)),
        _ => Err(format!("unsupported fieldPath: {path}")),
    }
}

fn lines(map: &StringMap) -> String {
    let lines: Vec<String> = map.iter().map(|(key, value)| format!("{key}={}", go::quoted(value))).collect();
    lines.join("\n")
}

/// A key is a name, with a domain and a slash before it or not.
fn check_key(key: &str) -> Result<(), String> {
    let (prefix, name) = match key.split_once('/') {
        Some((_, name)) if name.contains('/') => {
            return Err(format!(
                "a qualified name {NAME} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ));
        }
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let mut wrong = Vec::new();
    match prefix {
        Some("") => wrong.push("prefix part must be non-empty".to_owned()),
        Some(prefix) if prefix.len() > 253 => {
            wrong.push("prefix part must be no more than 253 characters".to_owned());
        }
        Some(prefix) if !prefix.split('.').all(is_label) => wrong.push(format!("prefix part {SUBDOMAIN}")),
        _ => {}
    }
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if name.len() > LONGEST_NAME {
        wrong.push(format!("name part must be no more than {LONGEST_NAME} characters"));
    }
    if !is_name(name) {
        wrong.push(format!("name part {NAME}"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join(";")) }
}

fn is_label(text: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(good) && text.ends_with(good) && text.chars().all(|c| good(c) || c == '-')
}

fn is_name(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(good) && text.ends_with(good) && text.chars().all(|c| good(c) || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> ObjectMeta {
        crd::yaml::from_str(
            "
name: test
namespace: ns
uid: u
labels: {b: '2', a: 'say \"1\"'}
annotations: {rollout.argoproj.io/revision: '7', Upper/Case: x}
",
        )
        .unwrap()
    }

    #[test]
    fn a_path_gives_what_the_downward_api_gives() {
        let rows = [
            ("metadata.name", "test"),
            ("metadata.namespace", "ns"),
            ("metadata.uid", "u"),
            ("metadata.labels", "a=\"say \\\"1\\\"\"\nb=\"2\""),
            ("metadata.labels['b']", "2"),
            ("metadata.labels['none']", ""),
            ("metadata.annotations['rollout.argoproj.io/revision']", "7"),
            ("metadata.annotations['Upper/Case']", "x"),
        ];
        for (path, wanted) in rows {
            assert_eq!(field(&metadata(), path), Ok(wanted.to_owned()), "{path}");
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused_in_the_words_of_kubernetes() {
        let rows = [
            ("metadata.generation", "unsupported fieldPath: metadata.generation"),
            ("metadata.labels.app", "unsupported fieldPath: metadata.labels.app"),
            ("metadata.name['x']", "fieldPath \"metadata.name['x']\" does not support subscript"),
            (
                "metadata.labels['a b']",
                "invalid key subscript in metadata.labels['a b']: name part must consist of",
            ),
            (
                "metadata.labels['']",
                "invalid key subscript in metadata.labels['']: name part must be non-empty;name part",
            ),
            (
                "metadata.labels['Up/a']",
                "invalid key subscript in metadata.labels['Up/a']: prefix part a lowercase",
            ),
            (
                "metadata.labels['/a']",
                "invalid key subscript in metadata.labels['/a']: prefix part must be non-empty",
            ),
            (
                "metadata.annotations['a/b/c']",
                "invalid key subscript in metadata.annotations['a/b/c']: a qualified name",
            ),
        ];
        for (path, start) in rows {
            let found = field(&metadata(), path).unwrap_err();
            assert!(found.starts_with(start), "{path}: {found}");
        }
    }
}

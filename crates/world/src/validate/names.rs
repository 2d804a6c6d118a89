//! What names and label values may look like.

use serde_json::Value;

use crate::kinds::Kind;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
    '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
    alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for \
    validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1123: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and \
    must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
    '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex \
    used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// Why an object of this kind cannot have this name, in the server's words.
pub(crate) fn wrong_name(kind: &Kind, name: &str) -> Option<String> {
    let (longest, rule, holds): (usize, &str, bool) = match (&*kind.group, &*kind.plural) {
        // Their names hold colons.
        ("rbac.authorization.k8s.io", _) => return None,
        ("", "services") => {
            (63, LABEL_1035, is_label(name) && name.starts_with(|c: char| c.is_ascii_lowercase()))
        }
        ("", "namespaces") => (63, LABEL_1123, is_label(name)),
        _ => (253, SUBDOMAIN, name.split('.').all(is_label)),
    };
    if name.len() > longest {
        return Some(format!("must be no more than {longest} characters"));
    }
    (!holds).then(|| rule.to_owned())
}

/// Why this cannot be a label's value.
pub(crate) fn wrong_label_value(value: &Value) -> Option<String> {
    let Some(text) = value.as_str() else {
        return Some("a label's value is a string".to_owned());
    };
    if text.len() > 63 {
        return Some("must be no more than 63 bytes".to_owned());
    }
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (!(text.chars().all(inner) && has_plain_ends(text))).then(|| LABEL_VALUE.to_owned())
}

fn is_label(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.chars().all(inner) && has_plain_ends(name)
}

fn has_plain_ends(text: &str) -> bool {
    let plain = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    plain(text.chars().next()) && plain(text.chars().last())
}

//! What does not start says why, in one message, and exits 1 (2 for the command line itself).

use crate::process::command;

fn refused(arguments: &[&str]) -> (i32, String) {
    let output = command(arguments).env("RUST_LOG", "off").output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_flag_file_that_is_absent_or_wrong_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("flags.json");
    let path = file.to_str().unwrap();
    let start = ["--listen", "127.0.0.1:0", "--flags", path];
    let (code, message) = refused(&start);
    assert_eq!(code, 1);
    assert!(message.starts_with(&format!("rating-api: cannot read {path}: ")), "{message}");

    let text = r#"{"flags": {"writes": {"variants": {"on": true}, "defaultVariant": "off"}}}"#;
    std::fs::write(&file, text).unwrap();
    let (code, message) = refused(&start);
    assert_eq!(code, 1);
    assert_eq!(
        message,
        format!(
            "rating-api: {path}: the flag \"writes\" has no variant \"off\", which its defaultVariant names\n"
        )
    );
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, message) = refused(&["--listen", &address]);
    assert_eq!(code, 1);
    assert!(message.contains(&address) && message.lines().count() == 1, "{message}");
}

#[test]
fn a_share_of_faults_beyond_all_is_refused_with_its_flag() {
    let (code, message) = refused(&["--fault-errors", "1.5"]);
    assert_eq!(code, 2);
    assert!(message.contains("--fault-errors") && message.contains("1.5"), "{message}");
}

//! What keeps a demo from running, or from ending well, is said once: what, where, and what to do.

use crate::demo;

#[tokio::test]
async fn a_port_that_is_in_use_is_named_with_the_region_and_the_remedy() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    // The first port of all is that of the first region's API server.
    let first = port.min(65_000);
    assert_eq!(first, port, "the system gave a port at the very end");
    let output = demo::run(&format!("--release none --port {first}")).await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = format!("Error: region us-east-1: cannot listen on 127.0.0.1:{port} for the API server: ");
    assert!(said.starts_with(&expected), "{said}");
    assert!(said.contains("choose another port") && said.lines().count() == 1, "{said}");
}

#[tokio::test]
async fn a_word_that_no_flag_takes_is_refused_with_the_flag() {
    for (words, flag) in [
        ("--release best", "--release"),
        ("--prometheus localhost", "--prometheus"),
        ("--output xml", "--output"),
    ] {
        let output = demo::run(words).await;
        assert_eq!(output.status.code(), Some(1), "{words}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(flag), "{words}: {said}");
    }
}

#[tokio::test]
async fn a_prometheus_that_does_not_answer_aborts_the_release_and_is_named() {
    let nobody = demo::free_ports();
    let words = format!("--release good --pace 200 --prometheus http://127.0.0.1:{nobody}");
    let (report, exit) = demo::report(&words).await;
    assert_eq!((report["ok"].as_bool(), exit), (Some(false), 1), "{report:#}");
    let release = &report["releases"][0];
    assert_eq!(release["outcome"], "aborted", "{report:#}");
    for region in release["regions"].as_array().unwrap() {
        assert_eq!(region["clientErrors"], 0, "{region:#}");
        // Also in the region that only heard of it.
        let message = region["message"].as_str().unwrap();
        assert!(message.contains(&format!("http://127.0.0.1:{nobody}")), "{message}");
        assert!(message.contains("consecutiveErrorLimit (4)"), "{message}");
    }
}

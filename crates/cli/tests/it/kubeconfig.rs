//! Clusters that are named wrongly: the error says which file and what to do.

use aviary_cli::{Io, Target, run};

use crate::env;

async fn said(args: &[&str]) -> String {
    rustls::crypto::ring::default_provider().install_default().ok();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut io = Io { out: &mut out, err: &mut err };
    assert_eq!(run(args.iter().copied(), &env("aviary"), &mut io, Target::Configured).await, 1);
    String::from_utf8(err).unwrap()
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

const REMEDY: &str = "correct the file, or name another by --kubeconfig or $KUBECONFIG\n";

#[tokio::test]
async fn a_broken_kubeconfig_is_named_with_the_remedy() {
    let no_context = "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n";
    for text in ["{not yaml", no_context] {
        let file = file(text);
        let path = file.path().to_str().unwrap();
        let said = said(&["list", "rollouts", "--kubeconfig", path]).await;
        assert!(said.starts_with(&format!("Error: cannot use the kubeconfig {path}: ")), "{said}");
        assert!(said.ends_with(REMEDY), "{said}");
    }
    let said = said(&["list", "rollouts", "--kubeconfig", "/nowhere/config"]).await;
    assert!(said.starts_with("Error: cannot use the kubeconfig /nowhere/config: "), "{said}");
}

#[tokio::test]
async fn an_unknown_context_is_named() {
    let file = file(
        "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n\
         contexts: [{name: a, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {}}]\n",
    );
    let path = file.path().to_str().unwrap();
    let said = said(&["list", "rollouts", "--kubeconfig", path, "--context", "b"]).await;
    assert!(said.contains("context") && said.contains('b') && said.ends_with(REMEDY), "{said}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_with_the_remedy() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let file = file(&format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{{name: c, cluster: {{server: 'http://{free}'}}}}]\n\
         contexts: [{{name: a, context: {{cluster: c, user: u, namespace: shop}}}}]\nusers: [{{name: u, user: {{}}}}]\n",
    ));
    let said = said(&["pause", "cart", "--kubeconfig", file.path().to_str().unwrap()]).await;
    assert!(said.starts_with("Error: cannot reach the API server: "), "{said}");
    assert!(said.ends_with("check the address, the credentials and the network\n"), "{said}");
}

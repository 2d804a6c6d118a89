//! What each command says of itself, as golden files; `UPDATE=1` writes them anew.

use crate::server::{Manners, Server};
use crate::{called, env, words};

const COMMANDS: [&str; 41] = [
    "",
    "abort",
    "completion",
    "create",
    "create analysisrun",
    "demo",
    "explain",
    "explain rollout",
    "get",
    "get analysisrun",
    "get experiment",
    "get release",
    "get rollout",
    "history",
    "history rollout",
    "judge",
    "lint",
    "list",
    "list analysisruns",
    "list experiments",
    "list rollouts",
    "pause",
    "plan",
    "promote",
    "replay",
    "replay rollout",
    "restart",
    "retry",
    "retry experiment",
    "retry rollout",
    "set",
    "set image",
    "simulate",
    "status",
    "terminate",
    "terminate analysisrun",
    "terminate experiment",
    "test",
    "undo",
    "verify",
    "version",
];

/// The flags of every command stand only in the file of the program itself.
fn own(text: &str) -> &str {
    text.split("\nGlobal Flags:").next().unwrap()
}

#[tokio::test]
async fn help_is_as_agreed() {
    let directory = format!("{}/../../fixtures/cli/help", env!("CARGO_MANIFEST_DIR"));
    let server = Server::new(Vec::new(), Manners::default());
    for command in COMMANDS {
        let outcome = called(&env("aviary"), &words(&format!("{command} --help")), &server).await;
        assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""), "{command}");
        let name = if command.is_empty() { "aviary".to_owned() } else { command.replace(' ', "-") };
        let text = if command.is_empty() { outcome.stdout.as_str() } else { own(&outcome.stdout) };
        let path = format!("{directory}/{name}.txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(&path, text).unwrap();
        }
        let agreed = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, agreed, "{path}; if this is meant, run the test with UPDATE=1");
    }
}

#[tokio::test]
async fn help_shows_the_words_that_the_user_types() {
    let server = Server::new(Vec::new(), Manners::default());
    for (program, example) in [
        ("aviary", "aviary promote guestbook --full"),
        ("kubectl-aviary", "kubectl aviary promote guestbook --full"),
        ("kubectl-argo-rollouts", "kubectl argo rollouts promote guestbook --full"),
    ] {
        let outcome = called(&env(program), &words("promote -h"), &server).await;
        assert!(outcome.stdout.contains(&format!("  {example}\n")), "{}", outcome.stdout);
    }
}

/// A recorded case pins what the peer's name says.
#[tokio::test]
async fn list_names_all_that_it_lists_but_under_the_peers_name() {
    let server = Server::new(Vec::new(), Manners::default());
    for (program, usage) in [
        ("aviary", "  aviary list <rollout|experiment|analysisrun> [flags]"),
        ("kubectl-aviary", "  kubectl-aviary list <rollout|experiment|analysisrun> [flags]"),
        ("kubectl-argo-rollouts", "  kubectl-argo-rollouts list <rollout|experiment> [flags]"),
    ] {
        let outcome = called(&env(program), &words("list"), &server).await;
        assert!(outcome.stderr.lines().any(|line| line == usage), "{}", outcome.stderr);
    }
}

//! What is said of a command line that lacks something, and when nobody listens.

use std::io;

use aviary_cli::{Io, Target, run};

use crate::server::{Manners, Server};
use crate::{called, env, words};

fn nobody() -> Server {
    Server::new(Vec::new(), Manners::default())
}

#[tokio::test]
async fn what_is_missing_or_does_not_go_together_is_said_before_the_usage() {
    const MISSING: &str = "the following required arguments were not provided:\n  ";
    for (line, said, usage) in [
        ("judge canary.csv", format!("{MISSING}<STABLE_CSV>"), "judge CANARY_CSV STABLE_CSV [flags]"),
        (
            "judge a b --pass 50",
            format!("{MISSING}<--classic|--classic-config <FILE>>"),
            "judge CANARY_CSV STABLE_CSV [flags]",
        ),
        (
            "judge a b --classic-config f --direction increase",
            "the argument '--classic-config <FILE>' cannot be used with '--direction <DIRECTION>'".to_owned(),
            "judge CANARY_CSV STABLE_CSV [flags]",
        ),
        (
            "judge a b --classic --config f",
            "the argument '--classic' cannot be used with '--config <FILE>'".to_owned(),
            "judge CANARY_CSV STABLE_CSV [flags]",
        ),
        ("lint", format!("{MISSING}<PATH>..."), "lint PATH... [flags]"),
        ("plan", format!("{MISSING}<PATH>..."), "plan PATH... [flags]"),
        ("simulate", format!("{MISSING}<PATH>..."), "simulate PATH... [flags]"),
        (
            "get analysisrun",
            format!("{MISSING}<ANALYSISRUN_NAME>"),
            "get analysisrun ANALYSISRUN_NAME [flags]",
        ),
        (
            "terminate ar",
            format!("{MISSING}<ANALYSISRUN_NAME>..."),
            "terminate analysisrun ANALYSISRUN_NAME [flags]",
        ),
        (
            "retry experiment",
            format!("{MISSING}<EXPERIMENT_NAME>..."),
            "retry experiment EXPERIMENT_NAME [flags]",
        ),
        ("create", format!("{MISSING}--filename <FILE>"), "create [flags]"),
        ("promote a b", "unexpected argument 'b' found".to_owned(), "promote ROLLOUT_NAME [flags]"),
        (
            "set image cart web",
            "\"web\" is not of the form CONTAINER=IMAGE".to_owned(),
            "set image ROLLOUT_NAME CONTAINER=IMAGE [flags]",
        ),
        (
            "retry",
            "`retry` needs to know of what: rollout, experiment".to_owned(),
            "retry <rollout|experiment> RESOURCE_NAME [flags]",
        ),
        (
            "get foo",
            "unrecognized subcommand 'foo'".to_owned(),
            "get <rollout|experiment|analysisrun|release> RESOURCE_NAME [flags]",
        ),
    ] {
        let outcome = called(&env("aviary"), &words(line), &nobody()).await;
        let expected = format!("Error: {said}\n\nUsage:\n  aviary {usage}\n");
        assert!(outcome.exit == 1 && outcome.stderr.starts_with(&expected), "{line}: {}", outcome.stderr);
    }
}

#[tokio::test]
async fn under_the_public_plugins_name_its_commands_print_their_usage_alone() {
    let name = "kubectl-argo-rollouts";
    for line in ["pause", "terminate", "promote a b", "set image cart web", "create", "get rollouts", "lint"]
    {
        let outcome = called(&env(name), &words(line), &nobody()).await;
        assert!(outcome.exit == 1 && outcome.stderr.starts_with("Usage:\n"), "{line}: {}", outcome.stderr);
    }
    for line in ["judge a.csv", "get analysisrun", "plan"] {
        let outcome = called(&env(name), &words(line), &nobody()).await;
        let said = "Error: the following required arguments were not provided:\n";
        assert!(outcome.stderr.starts_with(said), "{line}: {}", outcome.stderr);
    }
}

/// A pipe whose other end is closed.
struct Closed;

impl io::Write for Closed {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[tokio::test]
async fn a_reader_who_has_seen_enough_is_told_nothing() {
    for line in
        ["lint --rules", "lint --explain route", "version", "--help", "judge --help", "completion bash"]
    {
        let (mut out, mut err) = (Closed, Vec::new());
        let mut io = Io { out: &mut out, err: &mut err };
        let exit = run(words(line), &env("aviary"), &mut io, Target::Configured).await;
        // As a shell tells of a program that was ended by SIGPIPE.
        assert_eq!((exit, String::from_utf8(err).unwrap().as_str()), (141, ""), "{line}");
    }
}

#[tokio::test]
async fn a_template_that_is_not_there_is_told_before_a_cluster_is_looked_for() {
    let mut env = env("aviary");
    let directory = tempfile::tempdir().unwrap();
    directory.path().clone_into(&mut env.directory);
    let line = "create analysisrun --from-file none.yaml --kubeconfig none.kubeconfig";
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut io = Io { out: &mut out, err: &mut err };
    let exit = run(words(line), &env, &mut io, Target::Configured).await;
    let said = String::from_utf8(err).unwrap();
    assert!(exit == 1 && said.contains("none.yaml") && !said.contains("kubeconfig"), "{said}");
}

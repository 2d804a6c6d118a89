//! Graphite itself: its web application over a file of its own format.

use std::path::Path;
use std::process::Command as Blocking;

use aviary_metric_providers::{Ctx, read};
use jiff::Timestamp;
use serde_json::json;
use tokio::process::{Child, Command};

use crate::{ctx, fault, metric, skipped, value};

/// What the application is told: all that it keeps is in one directory, and only the endpoint that we ask is served.
const SETTINGS: &str = "STORAGE_DIR = r'{directory}'\nCONF_DIR = STORAGE_DIR\nLOG_DIR = STORAGE_DIR\n\
                        WHISPER_DIR = STORAGE_DIR\nINDEX_FILE = STORAGE_DIR + '/index'\nSECRET_KEY = 'of a test'\n\
                        ALLOWED_HOSTS = ['*']\n\
                        DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}\n";

/// A file with 1.5 and 2.5 as the last two of its minutes, and nothing before.
const DATA: &str = "import sys, time, whisper\n\
                    path = sys.argv[1] + '/app.wsp'\n\
                    whisper.create(path, [(60, 60)])\n\
                    now = int(time.time())\n\
                    whisper.update(path, 1.5, now - 120)\nwhisper.update(path, 2.5, now - 60)\n";

async fn started(directory: &Path) -> Option<(Child, String)> {
    let found = Blocking::new("python3").args(["-c", "import django, graphite, whisper"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        skipped("Graphite for `python3` (Debian package `graphite-web`)");
        return None;
    }
    let settings = SETTINGS.replace("{directory}", directory.to_str().unwrap());
    std::fs::write(directory.join("settings_of_the_test.py"), settings).unwrap();
    let made = Blocking::new("python3").args(["-c", DATA]).arg(directory).status().unwrap();
    assert!(made.success());
    let free = super::free();
    let mut command = Command::new("python3");
    command.args(["-m", "wsgiref_of_the_test"]).arg(free.port().to_string());
    std::fs::write(directory.join("wsgiref_of_the_test.py"), SERVER).unwrap();
    command
        .env("PYTHONPATH", directory)
        .env("GRAPHITE_SETTINGS_MODULE", "settings_of_the_test")
        .env("DJANGO_SETTINGS_MODULE", "graphite.settings");
    let child = super::started(command, "serving").await;
    Some((child, format!("http://{free}")))
}

/// Serves the application.
const SERVER: &str = "import sys\n\
                      from wsgiref.simple_server import make_server\n\
                      from django.core.wsgi import get_wsgi_application\n\
                      server = make_server('127.0.0.1', int(sys.argv[1]), get_wsgi_application())\n\
                      print('serving', file=sys.stderr, flush=True)\n\
                      server.serve_forever()\n";

#[tokio::test]
async fn a_real_graphite_is_read_and_its_refusals_are_passed_on() {
    let directory = tempfile::tempdir().unwrap();
    let Some((_running, address)) = started(directory.path()).await else { return };
    let ctx = Ctx { clock: &Timestamp::now, ..ctx() };
    let asked = |query: &str| {
        let metric = metric("graphite", json!({"address": address, "query": query}));
        let ctx = ctx.clone();
        async move { read(&ctx, &metric).await }
    };
    assert_eq!(value(&asked("target=app&from=-5min").await).text(), "[1.500000,2.500000]");
    let scaled = asked("target=summarize(app, '1hour', 'sum', true)\n  &from=-1h").await;
    assert_eq!(value(&scaled).text(), "[4.000000]");
    assert_eq!(fault(&asked("target=absent&from=-5min").await), "no values found");
    assert!(fault(&asked("target=noSuchFunction(app)").await).starts_with("error response: "));
}

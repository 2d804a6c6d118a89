//! One table of the programs: what each is called, where it is built from, and at which version.

/// One program of the control plane.
#[derive(Debug, PartialEq, Eq)]
pub struct Program {
    /// File name of the program.
    pub name: &'static str,
    /// Go package that it is built from.
    pub package: &'static str,
    /// Directory under `xtask/control-plane` whose `go.mod` and `go.sum` pin the package.
    pub module: &'static str,
    /// The version built, without the `v`.
    pub version: &'static str,
    /// What a program found elsewhere must say to be taken instead, and the argument that makes it say so.
    pub(crate) identity: Option<(&'static [&'static str], &'static str)>,
}

const KUBERNETES: &str = "1.34.1";
const ETCD: &str = "3.6.4";
const KWOK: &str = "0.8.0";
const HELM: &str = "3.22.0";
const OPENTOFU: &str = "1.12.6";
const TFLINT: &str = "0.64.0";
const ACTIONLINT: &str = "1.7.12";
/// The last that is a Go program alone; it answers to the `/api/v2` of its successor.
const INFLUXDB: &str = "1.8.10";

/// Every program, in the order in which they are provided: the quickest to be useful first.
pub const PROGRAMS: &[Program] = &[
    Program {
        name: "kubectl",
        package: "k8s.io/kubernetes/cmd/kubectl",
        module: "kubernetes",
        version: KUBERNETES,
        identity: Some((&["version", "--client"], "v1.34.")),
    },
    Program {
        name: "kube-apiserver",
        package: "k8s.io/kubernetes/cmd/kube-apiserver",
        module: "kubernetes",
        version: KUBERNETES,
        identity: Some((&["--version"], "v1.34.")),
    },
    Program {
        name: "etcd",
        package: "go.etcd.io/etcd/server/v3",
        module: "etcd",
        version: ETCD,
        identity: Some((&["--version"], "etcd Version: 3.6.")),
    },
    Program {
        name: "kube-controller-manager",
        package: "k8s.io/kubernetes/cmd/kube-controller-manager",
        module: "kubernetes",
        version: KUBERNETES,
        identity: Some((&["--version"], "v1.34.")),
    },
    Program {
        name: "kube-scheduler",
        package: "k8s.io/kubernetes/cmd/kube-scheduler",
        module: "kubernetes",
        version: KUBERNETES,
        identity: Some((&["--version"], "v1.34.")),
    },
    Program {
        name: "kwok",
        package: "sigs.k8s.io/kwok/cmd/kwok",
        module: "kwok",
        version: KWOK,
        // A kwok built as a Go program does not know its own version.
        identity: None,
    },
];

/// Provided with `--helm`: the worked example's chart, pipeline and Terraform are checked with them, and the
/// provider of InfluxDB's queries.
pub(crate) const CHECKERS: &[Program] = &[
    Program {
        name: "helm",
        package: "helm.sh/helm/v3/cmd/helm",
        module: "helm",
        version: HELM,
        identity: Some((&["version", "--short"], "v3.")),
    },
    Program {
        name: "actionlint",
        package: "github.com/rhysd/actionlint/cmd/actionlint",
        module: "actionlint",
        version: ACTIONLINT,
        identity: Some((&["-version"], "1.7.")),
    },
    // Terraform where there is one; else OpenTofu, which can be built here, has its commands and reads the same files.
    Program {
        name: "terraform",
        package: "github.com/opentofu/opentofu/cmd/tofu",
        module: "opentofu",
        version: OPENTOFU,
        identity: Some((&["version", "-no-color"], "Terraform v1.")),
    },
    Program {
        name: "tflint",
        package: "github.com/terraform-linters/tflint",
        module: "tflint",
        version: TFLINT,
        identity: Some((&["--version"], "TFLint version 0.6")),
    },
    Program {
        name: "influxd",
        package: "github.com/influxdata/influxdb/cmd/influxd",
        module: "influxdb",
        version: INFLUXDB,
        // It does not know its own version either.
        identity: None,
    },
];

/// The versions in one word, for the name of the cache directory.
pub(crate) fn versions() -> String {
    format!("kubernetes-{KUBERNETES}-etcd-{ETCD}-kwok-{KWOK}")
}

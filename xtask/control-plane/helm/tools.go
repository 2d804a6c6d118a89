//go:build tools

// Package tools pins the helm that checks the charts.
package tools

import _ "helm.sh/helm/v3/cmd/helm"

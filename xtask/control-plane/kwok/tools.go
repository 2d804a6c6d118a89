//go:build tools

// Package tools pins kwok, which plays the nodes and the pods of the control plane of the tests.
package tools

import _ "sigs.k8s.io/kwok/cmd/kwok"

//go:build tools

// Package tools pins the etcd that the control plane of the tests stores its objects in.
package tools

import _ "go.etcd.io/etcd/server/v3"

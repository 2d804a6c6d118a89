//go:build tools

// Package tools pins the actionlint that checks the worked example's pipeline.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"

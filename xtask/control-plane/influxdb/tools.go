//go:build tools

// Package tools pins the InfluxDB that the provider of its queries is tested against.
package tools

import _ "github.com/influxdata/influxdb/cmd/influxd"

//go:build tools

// Package tools pins the Pulumi CLI and everything that it is built from: go.mod and go.sum beside this file.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"

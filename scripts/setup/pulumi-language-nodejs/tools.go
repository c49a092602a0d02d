//go:build tools

// Package tools pins the Node language host of the Pulumi CLI. SDK 3.66.0 is the last module release that contains it;
// newer CLIs run it (only resource hooks are missing, and this project uses none).
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"

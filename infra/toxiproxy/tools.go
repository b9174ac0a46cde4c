//go:build tools

// Package toxiproxy names the programs that build.sh compiles, so that go.mod and go.sum pin
// them and all they need by checksum. It holds no code of its own.
package toxiproxy

import (
	_ "github.com/Shopify/toxiproxy/v2/cmd/cli"
	_ "github.com/Shopify/toxiproxy/v2/cmd/server"
)

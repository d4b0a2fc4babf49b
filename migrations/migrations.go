// Package migrations embeds the numbered, append-only SQL of each dialect.
package migrations

import "embed"

// FS holds mysql/*.sql and sqlite/*.sql in goose's format.
//
//go:embed mysql/*.sql sqlite/*.sql
var FS embed.FS

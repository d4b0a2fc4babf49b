package main

import (
	"bytes"
	"fmt"
	"strings"

	"daohu/server/config"
	"daohu/server/fault"
)

const notice = "<!-- Written by `make gen`. Do not edit. -->\n"

// errorsPage is docs/errors.md.
func errorsPage(codes []fault.Spec) []byte {
	var b bytes.Buffer
	b.WriteString("# Errors\n" + notice + `
Every failure is ` + "`application/problem+json`" + ` (RFC 9457) with a real HTTP status:
` + "`type`" + ` (/errors/ and the code), ` + "`title`, `status`, `detail`" + ` (Chinese, to be shown as it is), ` + "`code`" + ` (stable, to be acted on),
` + "`fields`" + ` (name, code, detail), ` + "`requestId`, `retry`" + ` (seconds; also in Retry-After).
A path that exists under another method answers 405 with the code no-route.
In a sync answer the same codes stand in ` + "`results`" + `.

| code | status | sentence | meaning |
|---|---|---|---|
`)
	for _, s := range codes {
		fmt.Fprintf(&b, "| `%s` | %d | %s | %s |\n", s.Code, s.Status, cell(s.Detail), cell(s.Doc))
	}
	b.WriteString("\nCodes of a field: `required`, `too-long`, `not-allowed`, `unknown`, `server-set`, `format`, `range`.\n")
	return b.Bytes()
}

// settingsPage is docs/configuration.md.
func settingsPage(vars []config.Var) []byte {
	var b bytes.Buffer
	b.WriteString("# Configuration\n" + notice + `
All settings come from the environment. A setting that is wrong keeps the server from starting; all of them are named at once.
Secrets are never printed.

| name | default | meaning |
|---|---|---|
`)
	for _, v := range vars {
		def, doc := "", cell(v.Doc)
		if v.Default != "" {
			def = "`" + v.Default + "`"
		}
		if v.Secret {
			doc += " **Secret.**"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.Name, def, doc)
	}
	return b.Bytes()
}

// cell makes text fit into a cell of a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}

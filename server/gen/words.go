package main

import (
	"bytes"
	"fmt"
	"strings"

	"daohu/server/terms"
)

// profiles is miniprogram/src/data/terms.ts: what a phone says until the
// township's own words have arrived.
func profiles() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`// Written by "make gen" from the profiles in server/terms. Do not edit.

/** Everything that has a word of its own in each period of the policy. */
export type Term =
`)
	keys := terms.Keys()
	for i, k := range keys {
		end := ""
		if i == len(keys)-1 {
			end = ";"
		}
		fmt.Fprintf(&b, "  /** %s */\n  | %s%s\n", comment(k.Doc), quote(k.Name), end)
	}
	names := terms.Names()
	fmt.Fprintf(&b, `
export type Profile = %s;

/** The profile of a township that has chosen none. */
export const DEFAULT_PROFILE: Profile = %s;

export const TERMS: { readonly [P in Profile]: { readonly [T in Term]: string } } = {
`, strings.Join(quoted(names), " | "), quote(names[0]))
	for _, name := range names {
		d, err := terms.Named(name)
		if err != nil {
			return nil, err
		}
		p, err := terms.Parse(d.Body)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "  /** %s */\n  %s: {\n", comment(p.Title), quote(name))
		for _, k := range keys {
			fmt.Fprintf(&b, "    %s: %s,\n", k.Name, quote(p.Words[k.Name]))
		}
		b.WriteString("  },\n")
	}
	b.WriteString("};\n")
	return b.Bytes(), nil
}

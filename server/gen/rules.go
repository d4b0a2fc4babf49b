package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"daohu/server/activity"
	"daohu/server/calendar"
	"daohu/server/photo"
	"daohu/server/setting"
)

// rules writes the documents that hold where a township has none of its own
// and that the phone goes by without asking.
func rules() ([]byte, error) {
	visits, err := activity.Kinds(func() string { return "" })
	if err != nil {
		return nil, err
	}
	agreed, err := photo.ConsentKind()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("// Written by \"make gen\" from the settings that ship with the server. DO NOT EDIT.\n\n")
	b.WriteString("/** The documents that hold where a township has none of its own, by code. */\nexport const RULES: { readonly [code: string]: string } = {\n")
	for _, k := range append(visits, []setting.Kind{agreed, calendar.Kind()}...) {
		text, err := json.Marshal(string(k.Shipped[0].Body))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "  /** %s */\n  %s:\n    %s,\n", comment(k.Title), k.Code, text)
	}
	b.WriteString("};\n")
	return b.Bytes(), nil
}

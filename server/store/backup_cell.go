package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// coded is the form of bytes in a backup: base64, as encoding/json writes it.
type coded struct {
	B []byte `json:"b"`
}

// MarshalJSON writes the value by the kind of its column: the drivers give
// numbers and texts as bytes at times.
func (c cell) MarshalJSON() ([]byte, error) {
	var text string
	switch v := c.v.(type) {
	case nil:
		return []byte("null"), nil
	case int64:
		text = strconv.FormatInt(v, 10)
	case string:
		text = v
	case []byte:
		text = string(v)
	}
	switch {
	case c.kind == "int":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("store: a column of numbers holds something else: %w", err)
		}
		return strconv.AppendInt(nil, n, 10), nil
	case c.kind == "text" && utf8.ValidString(text):
		return json.Marshal(text)
	}
	return json.Marshal(coded{[]byte(text)})
}

// value is the reverse of MarshalJSON, as an argument of a statement.
func value(kind string, raw json.RawMessage) (any, error) {
	if string(raw) == "null" {
		return nil, nil
	}
	if len(raw) > 0 && raw[0] == '{' {
		var c coded
		err := json.Unmarshal(raw, &c)
		if kind == "text" {
			return string(c.B), err
		}
		if c.B == nil {
			c.B = []byte{} // no bytes are not NULL
		}
		return c.B, err
	}
	switch kind {
	case "int":
		return strconv.ParseInt(string(raw), 10, 64)
	case "text":
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	}
	return nil, fmt.Errorf("a value of kind %q is not of the right form", kind)
}

package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// maxDocument is how long a document of shipped or configured data may be.
const maxDocument = 256 << 10

// Document reads data that people write by hand (holidays, code lists) into a
// struct, strictly: a key the struct does not know, a key that stands twice in
// one object at any depth, something behind the end and more than 256 KB are
// errors.
func Document(raw []byte, into any) error {
	if len(raw) > maxDocument {
		return errors.New("the document is too large")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the document")
	}
	return once(bytes.TrimSpace(raw), 1)
}

// once refuses a key that stands twice: of two values under one key the second
// would silently win. raw is valid JSON.
func once(raw json.RawMessage, depth int) error {
	var inside []json.RawMessage
	switch {
	case depth > 20:
		return errors.New("the document is nested too deep")
	case raw[0] == '{':
		keys, err := Object(raw, 1000)
		if err != nil {
			return err
		}
		inside = slices.Collect(maps.Values(keys))
	case raw[0] == '[':
		if err := json.Unmarshal(raw, &inside); err != nil {
			return fmt.Errorf("not a list: %w", err)
		}
	}
	for _, v := range inside {
		if err := once(v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

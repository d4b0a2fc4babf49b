package form

import (
	"encoding/json"
	"errors"
	"fmt"

	"daohu/server/record"
)

// decodePaper reads the shape of a paper: which keys there are and what kind
// of value each holds. What the values mean is checked afterwards.
func decodePaper(body []byte) (*Paper, error) {
	var (
		p             Paper
		topics, items []json.RawMessage
	)
	err := object(body, target{"title": &p.Title, "topics": &topics, "items": &items})
	if err != nil {
		return nil, err
	}
	if len(topics) > MaxTopics || len(items) > MaxItems {
		return nil, errors.New("too many topics or items")
	}
	for i, raw := range topics {
		var t Topic
		if err := object(raw, target{"key": &t.Key, "name": &t.Name, "card": &t.Card}); err != nil {
			return nil, fmt.Errorf("topic %d: %w", i, err)
		}
		p.Topics = append(p.Topics, t)
	}
	for i, raw := range items {
		it, err := decodeItem(raw)
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
		p.Items = append(p.Items, it)
	}
	return &p, nil
}

func decodeItem(raw json.RawMessage) (Item, error) {
	var (
		it      Item
		options []json.RawMessage
	)
	err := object(raw, target{
		"key": &it.Key, "kind": &it.Kind, "label": &it.Label, "options": &options, "answer": &it.Answer,
		"points": &it.Points, "topic": &it.Topic, "required": &it.Required,
	})
	if err != nil {
		return it, err
	}
	if len(options) > MaxOptions {
		return it, errors.New("too many options")
	}
	for _, raw := range options {
		var o Option
		if err := object(raw, target{"key": &o.Key, "label": &o.Label}); err != nil {
			return it, err
		}
		it.Options = append(it.Options, o)
	}
	return it, nil
}

// target says where the value of each allowed key goes.
type target map[string]any

// object reads one JSON object into to, refusing keys that are not in it,
// repeated keys and null, which would hide a forgotten value.
func object(raw json.RawMessage, to target) error {
	keys, err := record.Object(raw, len(to))
	if err != nil {
		return err
	}
	for key, value := range keys {
		into, ok := to[key]
		if !ok {
			return fmt.Errorf("unknown key %q", key)
		}
		if string(value) == "null" {
			return fmt.Errorf("key %q is null", key)
		}
		if err := json.Unmarshal(value, into); err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
	}
	return nil
}

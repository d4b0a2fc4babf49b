package form

import (
	"encoding/json"
	"fmt"

	"daohu/server/fault"
	"daohu/server/record"
)

// decodePaper reads the shape of a paper: which keys there are and what kind
// of value each holds. What the values mean is checked afterwards. The error
// is fault.BadRequest and names the place.
func decodePaper(body []byte) (*Paper, error) {
	var (
		p             Paper
		topics, items []json.RawMessage
	)
	err := object("", body, target{"title": &p.Title, "topics": &topics, "items": &items, "pass": &p.Pass})
	if err != nil {
		return nil, err
	}
	if len(topics) > MaxTopics {
		return nil, shape("topics", fmt.Sprintf("最多 %d 个主题。", MaxTopics), nil)
	}
	if len(items) > MaxItems {
		return nil, shape("items", fmt.Sprintf("最多 %d 道题。", MaxItems), nil)
	}
	for i, raw := range topics {
		var t Topic
		if err := object(fmt.Sprintf("topics.%d", i), raw, target{"key": &t.Key, "name": &t.Name, "card": &t.Card, "aware": &t.Aware}); err != nil {
			return nil, err
		}
		p.Topics = append(p.Topics, t)
	}
	for i, raw := range items {
		it, err := decodeItem(fmt.Sprintf("items.%d", i), raw)
		if err != nil {
			return nil, err
		}
		p.Items = append(p.Items, it)
	}
	return &p, nil
}

func decodeItem(at string, raw json.RawMessage) (Item, error) {
	var (
		it      Item
		options []json.RawMessage
	)
	err := object(at, raw, target{
		"key": &it.Key, "kind": &it.Kind, "label": &it.Label, "options": &options, "answer": &it.Answer,
		"points": &it.Points, "topic": &it.Topic, "required": &it.Required,
		"required_if": &it.RequiredIf, "visible_if": &it.VisibleIf, "met": &it.Met,
	})
	if err != nil {
		return it, err
	}
	if len(options) > MaxOptions {
		return it, shape(at+".options", fmt.Sprintf("最多 %d 个选项。", MaxOptions), nil)
	}
	for i, raw := range options {
		var o Option
		if err := object(fmt.Sprintf("%s.options.%d", at, i), raw, target{"key": &o.Key, "label": &o.Label}); err != nil {
			return it, err
		}
		it.Options = append(it.Options, o)
	}
	return it, nil
}

// shape is what is wrong with the shape of a paper at one place.
func shape(at, detail string, err error) error {
	return &fault.Error{Code: fault.BadRequest, Detail: "题目文件的格式不对。", Fields: []fault.Field{{Name: at, Code: "format", Detail: place(at) + detail}}, Err: err}
}

// target says where the value of each allowed key goes.
type target map[string]any

// object reads one JSON object into to, refusing keys that are not in it,
// repeated keys and null, which would hide a forgotten value.
func object(at string, raw json.RawMessage, to target) error {
	keys, err := record.Object(raw, len(to)+1)
	if err != nil {
		return shape(at, "要写成 {} 的样子，每一项只写一次，没有别的项。", err)
	}
	for key, value := range keys {
		name := key
		if at != "" {
			name = at + "." + key
		}
		into, ok := to[key]
		if !ok {
			return shape(at, fmt.Sprintf("没有“%s”这一项。", clip(key)), nil)
		}
		if string(value) == "null" {
			return shape(name, "这里不能是空的（null）。", nil)
		}
		if err := json.Unmarshal(value, into); err != nil {
			return shape(name, "内容的种类不对。", err)
		}
	}
	return nil
}

// clip shortens what is repeated in an error.
func clip(s string) string {
	if r := []rune(s); len(r) > maxName {
		return string(r[:maxName]) + "…"
	}
	return s
}

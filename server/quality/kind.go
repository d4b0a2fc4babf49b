package quality

import (
	"context"

	"daohu/server/setting"
)

// Code is the kind of setting that holds a township's own edition of the rules.
const Code = "quality"

// Kind declares it.
func Kind() setting.Kind {
	return setting.Kind{Code: Code, Title: "数据质量规则", Shipped: []setting.Document{{Name: "builtin", Title: "数据质量规则", Body: builtin}},
		Check: func(raw []byte) error { _, err := Parse(raw); return err }}
}

// Settings reads what holds in a township.
type Settings interface {
	Current(ctx context.Context, township, code string) ([]byte, error)
}

// Of is the edition that holds in a township.
func Of(ctx context.Context, s Settings, township string) (*Set, error) {
	raw, err := s.Current(ctx, township, Code)
	if err != nil {
		return nil, err
	}
	return Parse(raw)
}

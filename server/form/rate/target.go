package rate

import (
	"context"
	"encoding/json"

	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/setting"
)

// Code is the kind of setting that holds the target.
const Code = "awareness"

// Kind declares the setting. The 95 % are the township plan's
// ("政策知晓率达95%以上").
func Kind() setting.Kind {
	return setting.Kind{
		Code: Code, Title: "政策知晓率目标",
		Shipped: []setting.Document{{Name: "plan", Title: "95% 以上（乡镇计划）", Body: []byte(`{"target":95}`)}},
		Check: func(raw []byte) error {
			_, err := read(raw)
			return err
		},
	}
}

// read takes the target, whole percent.
func read(raw []byte) (int64, error) {
	bad := func(code, detail string) (int64, error) {
		return 0, fault.Bad(fault.Field{Name: "target", Code: code, Detail: detail})
	}
	keys, err := record.Object(raw, 1)
	if err != nil || keys["target"] == nil {
		return bad("format", "要写成 {\"target\": 95} 的样子，没有别的项。")
	}
	var n int64
	if json.Unmarshal(keys["target"], &n) != nil || n < 1 || n > 100 {
		return bad("range", "目标要在 1 到 100 之间，是百分之几。")
	}
	return n, nil
}

func (s *Service) target(ctx context.Context, township string) (int64, error) {
	raw, err := s.Targets.Current(ctx, township, Code)
	if err != nil {
		return 0, err
	}
	return read(raw)
}

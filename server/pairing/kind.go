package pairing

import "daohu/server/setting"

// Code is the kind of setting that holds a township's own Quota.
const Code = "quota"

// Kind declares it.
func Kind() setting.Kind {
	return setting.Kind{Code: Code, Title: "结对规则", Shipped: []setting.Document{{Name: "54321", Title: "54321（示例）", Body: builtin}},
		Check: func(raw []byte) error { _, err := ParseQuota(raw); return err }}
}

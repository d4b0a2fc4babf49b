package casework

import "daohu/server/setting"

// Code is the kind of setting that holds a township's own Book.
const Code = "cases"

// Kind declares it.
func Kind() setting.Kind {
	return setting.Kind{Code: Code, Title: "办理期限和问题类别", Shipped: []setting.Document{{Name: "builtin", Title: "默认", Body: builtin}},
		Check: func(raw []byte) error { _, err := ParseBook(raw); return err }}
}

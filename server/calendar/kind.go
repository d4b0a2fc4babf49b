package calendar

import "daohu/server/setting"

// Code is the kind of setting that holds a township's own holidays.
const Code = "calendar"

// Kind declares it.
func Kind() setting.Kind {
	return setting.Kind{Code: Code, Title: "节假日", Shipped: []setting.Document{{Name: "state-council", Title: "国务院办公厅节假日安排", Body: builtin}},
		Check: func(raw []byte) error { _, err := Parse(raw); return err }}
}

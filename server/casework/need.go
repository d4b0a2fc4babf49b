// Package casework is what waits to be settled: needs of households first.
package casework

import "daohu/server/record"

// Need is one difficulty of a household (需求), said by itself or found during
// a visit, and what was answered. Type is casework because case is a Go keyword.
type Need struct {
	record.Meta
	Text   string `json:"text" rec:"required,max=500" doc:"in the household's own words"`
	Kind   string `json:"kind" rec:"enum=看病|上学|住房|饮水|就业|产业|其他"`
	Visit  string `json:"visit" rec:"id" doc:"visit it was found in; empty = said otherwise"`
	Answer string `json:"answer" rec:"max=500" doc:"what was answered"`
	Closed string `json:"closed" rec:"online,day" doc:"day the township closed it; empty = open"`
}

// NeedType is the declaration of Need.
var NeedType = record.Of[Need]("need", record.Policy{
	Class: record.Merge, Readers: "HCVTKA", Creators: "HCVT",
	Doc: "One difficulty of a household and its answer.",
})

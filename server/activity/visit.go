// Package activity is what took place: home visits first.
package activity

import "daohu/server/record"

// Visit is one visit record (到户记录). Only household and date are required;
// check-in, place, people, text and photos are evidence the author may give
// (product.md rules 1 and 2).
type Visit struct {
	record.Meta
	Day       string      `json:"day" rec:"required,day" doc:"the day of the visit, Asia/Shanghai"`
	Stage     int64       `json:"stage" rec:"max=4" doc:"四访: 1 认门户, 2 出思路, 3 上措施, 4 见成效; 0 = none"`
	Text      string      `json:"text" rec:"max=2000"`
	Met       record.List `json:"met" rec:"max=20" doc:"names of the people met"`
	Needs     string      `json:"needs" rec:"max=500" doc:"needs found"`
	CheckinAt int64       `json:"checkinAt" doc:"到户签到: the phone's clock at the tap, Unix ms; 0 = not used"`
	Lat       int64       `json:"lat" rec:"personal,min=-90000000,max=90000000" doc:"micro-degrees; 0,0 = no place"`
	Lng       int64       `json:"lng" rec:"personal,min=-180000000,max=180000000" doc:"micro-degrees"`
	Accuracy  int64       `json:"accuracy" rec:"personal,max=100000" doc:"radius in metres"`
	Coord     string      `json:"coord" rec:"enum=wgs84|gcj02" doc:"which coordinate system the place is in"`
	State     string      `json:"state" rec:"server,enum=pending|approved|returned|rejected" doc:"moved by the workflow"`
	Words     string      `json:"words" rec:"server,max=200" doc:"the admin's words when returned or rejected"`
	Flags     record.List `json:"flags" rec:"server,kept,max=8,read=CVTA" doc:"late, double, clock, content: hints for the reviewer"`
	DeviceAt  int64       `json:"deviceAt" rec:"server,read=TA" doc:"the phone's clock when it was written, Unix ms"`
	WindowAt  int64       `json:"windowAt" rec:"server,read=TA" doc:"start of the provable window: when the state the author had seen was committed; it ends at arrival"`
	Burden    record.List `json:"burden" rec:"max=3,read=" doc:"seconds, taps and fields it took to write, counted by the phone; added to the township's totals and kept nowhere else"`
}

// VisitType is the declaration of Visit.
var VisitType = record.Of[Visit]("visit", record.Policy{
	Class: record.Author, Readers: "HCVTA", Creators: "CV", Workflow: true,
	Doc: "One visit record.",
	Check: func(r record.Record) []record.Problem {
		v := r.(*Visit)
		if (v.Lat != 0 || v.Lng != 0) && v.Coord == "" {
			return []record.Problem{{Name: "coord", Code: "required", Detail: "有位置就要说明是哪种坐标。"}}
		}
		return nil
	},
})

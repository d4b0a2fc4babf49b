package console

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"daohu/server/api"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/types"
)

func rightPages() []Page {
	sample := "/api/v1/records/datarequest?limit=1"
	return []Page{
		{Path: "/rights", Title: "资料请求", Menu: "/cases", Roles: "TKA", File: "rights", Show: showRights, Acts: map[string]Act{"record": recordRight}},
		{Path: "/rights/{id}", Title: "一条资料请求", Menu: "/cases", Roles: "TKA", File: "right", Sample: sample, Show: showRight, Acts: map[string]Act{"answer": answerRight, "erase": eraseRight}},
		{Path: "/rights/{id}/copy", Title: "个人资料副本", Menu: "/cases", Roles: "T", File: "rightcopy", Print: true, Sample: sample, Show: showRightCopy, Acts: map[string]Act{"print": printRight, "file": fileRight}},
	}
}

// Requests are what persons ask for about their own data, and the household a
// new one is written down for.
type Requests struct {
	Cases
	Of      House // "" = to be named in the form
	Members []Option
}

func showRights(v *View) (any, error) {
	shown, err := showCases(v, "datarequests")
	if err != nil {
		return nil, err
	}
	list, _ := shown.(*Cases)
	out := &Requests{Cases: *list}
	if id := v.Filter("household"); id != "" && v.Is("T") {
		if err := v.Get("/api/v1/records/household/"+url.PathEscape(id), nil, &out.Of); err != nil {
			return nil, err
		}
		members, err := every[Row](v, "/api/v1/records/member", url.Values{"household": {id}}, 5)
		if err != nil {
			return nil, err
		}
		out.Members = []Option{{Word: "整户"}}
		for _, m := range members {
			out.Members = append(out.Members, Option{Value: m.Text("id"), Word: m.Text("name")})
		}
	}
	return out, nil
}

// rightKind is what a request asks for.
func rightKind(kind string) string {
	return map[string]string{"copy": "要一份资料", "correction": "要更正", "erasure": "要抹去"}[kind]
}

func recordRight(v *View) (Done, error) {
	house := House{ID: v.Filter("household")}
	if house.ID == "" {
		var err error
		if house, err = v.theHouse("household"); err != nil {
			return Done{}, err
		}
	}
	var made struct{ ID string }
	err := v.Post("/api/v1/households/"+url.PathEscape(house.ID)+"/datarequests", Body("kind", v.Text("kind"), "asker", v.Text("asker"), "way", v.Text("way"), "member", v.Text("member"), "text", v.Text("text"), "day", v.Text("day")), &made)
	return Done{To: "/rights/" + made.ID, Say: "已记下。"}, err
}

// Right is one request.
type Right struct {
	Case
	Member string // whose data it is about; "" = the household's
	Own    bool   // whoever looks wrote it down
}

func showRight(v *View) (any, error) {
	shown, err := showCase(v, "datarequest")
	if err != nil {
		return nil, err
	}
	c, _ := shown.(*Case)
	out := &Right{Case: *c, Own: c.Row.Text("by") == v.Me.User}
	if id := c.Row.Text("member"); id != "" {
		var m Row
		if err := v.Get("/api/v1/records/member/"+url.PathEscape(id), nil, &m); err != nil {
			return nil, err
		}
		out.Member = m.Text("name")
	}
	return out, nil
}

func answerRight(v *View) (Done, error) {
	return Done{Say: "已办结。"}, v.Post(casePath(v, "datarequests", "answer"), withRev(v, "action", v.Text("action"), "answer", v.Text("answer")), nil)
}

func eraseRight(v *View) (Done, error) {
	return Done{Say: "已抹去，这一条办结了。"}, v.Post(casePath(v, "datarequests", "erase"), withRev(v, "reason", v.Text("reason")), nil)
}

// RightCopy is the paper a household is given: its own data, kind by kind.
type RightCopy struct {
	Row   Row
	House House
	Parts []CopyPart
	Looks []Look
	Note  api.SheetNote
}

// CopyPart is what is kept of one kind.
type CopyPart struct {
	Title string
	Rows  [][]Shown
}

func showRightCopy(v *View) (any, error) {
	out := &RightCopy{}
	if err := v.Get("/api/v1/records/datarequest/"+url.PathEscape(v.ID()), nil, &out.Row); err != nil {
		return nil, err
	}
	out.House = v.House(out.Row.Text("household"))
	return out, nil
}

// printRight has the API log the copy, and shows it as a page to be printed.
func printRight(v *View) (Done, error) {
	var got struct {
		Rows  map[string][]Row
		Looks []Look
		Note  api.SheetNote
	}
	if err := v.Post(casePath(v, "datarequests", "copy"), nil, &got); err != nil {
		return Done{}, err
	}
	shown, err := showRightCopy(v)
	if err != nil {
		return Done{}, err
	}
	out, _ := shown.(*RightCopy)
	out.Note, out.Looks = got.Note, got.Looks
	out.Note.Who = v.Me.Name
	for _, t := range types.All() {
		part := CopyPart{Title: typeWord(t.Name)}
		for _, r := range got.Rows[t.Name] {
			if line := copyLine(v, t, r); len(line) > 0 {
				part.Rows = append(part.Rows, line)
			}
		}
		if len(part.Rows) > 0 {
			out.Parts = append(out.Parts, part)
		}
	}
	return Done{Data: out}, nil
}

// copyLine is a row as people read it: what has a value, without the ids and
// hashes that mean nothing on paper.
func copyLine(v *View, t *record.Type, r Row) []Shown {
	var out []Shown
	for _, f := range t.Fields {
		if slices.Contains([]string{"id", "sha256", "area"}, f.Format) || f.Name == "" {
			continue
		}
		value := shownValue(f, r[f.Name])
		switch {
		case f.Format == "" && f.Kind == record.Int && len(f.Name) > 2 && f.Name[len(f.Name)-2:] == "At":
			value = clock(r.Int(f.Name))
		case f.Name == "amount" || f.Name == "given" || f.Name == "yieldAmount" || f.Name == "movedIn" || f.Name == "movedOut":
			value = yuan(r.Int(f.Name)) + " 元"
		case f.Name == "stage" && t.Name == "visit":
			value = stage(r.Int("stage"))
		case f.Name == "state" || len(f.Enum) > 0 && f.List == "":
			value = enumWord(t.Name, f.Name, value)
		}
		if value != "" && r[f.Name] != nil {
			out = append(out, Shown{Name: f.Name, Value: value})
		}
	}
	return out
}

// enumWord is a word that the program keeps in English, as people read it.
func enumWord(typ, field, value string) string {
	switch field {
	case "state":
		if value == "" {
			return ""
		}
		return chip(value).Word
	case "channel":
		return channel(value)
	case "arrived":
		return arrived(value)
	case "stage":
		return progress(value)
	case "answer", "agreement", "receipt", "verdict":
		if w := map[string]string{"given": "同意", "refused": "不同意", "withdrawn": "收回", "agreed": "同意", "objected": "不同意", "pass": "通过", "fail": "未通过"}[value]; w != "" {
			return w
		}
	}
	return value
}

// fileRight gives the same as a file that programs read.
func fileRight(v *View) (Done, error) {
	var raw json.RawMessage
	if err := v.Send(http.MethodPost, casePath(v, "datarequests", "copy"), nil, nil, nil, &raw); err != nil {
		return Done{}, err
	}
	var body bytes.Buffer
	if err := json.Indent(&body, raw, "", " "); err != nil {
		return Done{}, fault.Wrap(fault.Internal, err)
	}
	return Done{File: &Download{Name: "个人资料副本-" + v.Today() + ".json", Type: "application/json", Body: body.Bytes()}}, nil
}

package console

import "net/url"

func findingPages() []Page {
	return []Page{
		{Path: "/findings", Title: "审计发现", Menu: "/cases", Roles: "TKA", File: "findings", Show: showFindings, Acts: map[string]Act{"find": writeFinding}},
		{Path: "/findings/{id}", Title: "一条审计发现", Menu: "/cases", Roles: "TKA", File: "finding", Sample: "/api/v1/records/finding?limit=1",
			Show: func(v *View) (any, error) { return showCase(v, "finding") }, Acts: map[string]Act{"answer": answerFinding, "settle": settleFinding}},
	}
}

// Audits are findings: a list, and the record that an auditor came from to write one.
type Audits struct {
	Cases
	About, Row string // type and id; "" = she came from none
}

func showFindings(v *View) (any, error) {
	shown, err := showCases(v, "findings")
	if err != nil {
		return nil, err
	}
	list, _ := shown.(*Cases)
	return &Audits{Cases: *list, About: v.Filter("about"), Row: v.Filter("row")}, nil
}

// pageOf is the page of a record; of one without a page, its household's.
func pageOf(typ, id, house string) string {
	if name := map[string]string{"visit": "visits", "measure": "measures", "need": "needs", "issue": "issues", "complaint": "complaints", "household": "households", "fund": "funds", "datarequest": "rights"}[typ]; name != "" {
		return "/" + name + "/" + url.PathEscape(id)
	}
	return "/households/" + url.PathEscape(house)
}

// writeFinding is about the record of the address.
func writeFinding(v *View) (Done, error) {
	var made struct{ ID string }
	err := v.Post("/api/v1/findings", Body("about", v.Filter("about"), "row", v.Filter("row"), "severity", v.Text("severity"), "text", v.Text("text")), &made)
	return Done{To: "/findings/" + made.ID, Say: "已写下，镇里看得到。"}, err
}

func answerFinding(v *View) (Done, error) {
	return Done{Say: "已答复，审计看得到。"}, v.Post(casePath(v, "findings", "answer"), withRev(v, "answer", v.Text("answer")), nil)
}

func settleFinding(v *View) (Done, error) {
	say := map[string]string{"close": "已办结。", "return": "已退回，请镇里再答。"}[v.Text("action")]
	return Done{Say: say}, v.Post(casePath(v, "findings", "settle"), withRev(v, "action", v.Text("action"), "reason", v.Text("reason")), nil)
}

package console

import "net/url"

func noticePages() []Page {
	return []Page{
		{Path: "/notices", Title: "公示", Roles: "TKA", File: "notices", Show: showNotices,
			Acts: map[string]Act{"draft": draftNotice, "publish": publishNotice, "withdraw": withdrawNotice}},
	}
}

func showNotices(v *View) (any, error) { return v.listing("notice") }

// draftNotice lists households; the API masks them.
func draftNotice(v *View) (Done, error) {
	houses, err := v.meant("households")
	if err != nil {
		return Done{}, err
	}
	ids := keys(houses, func(h House) string { return h.ID })
	body := Body("kind", v.Text("kind"), "title", v.Text("title"), "text", v.Text("text"), "hotline", v.Text("hotline"))
	if len(ids) > 0 {
		body["households"] = ids
	}
	return Done{Say: "草稿已存。看清楚再发布。"}, v.Post("/api/v1/notices", body, nil)
}

func publishNotice(v *View) (Done, error) {
	return Done{Say: "已发布，到期自己撤下。"}, v.Post("/api/v1/notices/"+url.PathEscape(v.Text("key"))+"/publish", map[string]any{"rev": v.carried("rev"), "days": v.Whole("days")}, nil)
}

func withdrawNotice(v *View) (Done, error) {
	return Done{Say: "已撤下。"}, v.Post("/api/v1/notices/"+url.PathEscape(v.Text("key"))+"/withdraw", map[string]any{"rev": v.carried("rev"), "reason": v.Text("reason")}, nil)
}

// Listed are the households of a notice: village, masked name, people.
func (r Row) Listed() [][]any {
	rows, _ := r["rows"].([]any)
	var out [][]any
	for _, x := range rows {
		if line, ok := x.([]any); ok {
			out = append(out, line)
		}
	}
	return out
}

package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"slices"

	"daohu/server/activity"
	"daohu/server/api"
	"daohu/server/fault"
	"daohu/server/setting"
	"daohu/server/terms"
)

func settingPages() []Page {
	return []Page{
		{Path: "/settings", Title: "设置", Roles: "TKA", File: "settings", Show: showSettings,
			Acts: map[string]Act{"evidence": publishEvidence, "use": useSetting, "write": writeSetting, "restore": restoreSetting}},
	}
}

// Settings are the rules a township goes by, and one of them that is looked at.
type Settings struct {
	Town    bool
	Rows    []setting.Shown
	About   api.About
	One     *setting.Shown // nil = none is looked at
	Text    string         // its document, to be changed
	History []Row
	Policy  activity.Evidence // of the evidence policy
	Past    *Past             // an earlier edition that is looked at; nil = none
}

// Evidence reports whether the one looked at is the evidence policy.
func (s *Settings) Evidence() bool { return s.One.Code == activity.CodeEvidence }

// Choices are the documents that ship, as options.
func (s *Settings) Choices() []Option {
	var out []Option
	for _, c := range s.One.Shipped {
		out = append(out, Option{Value: c.Name, Word: c.Title})
	}
	return out
}

// ByChoice reports whether the one looked at is chosen among what ships first
// of all: the words of a programme.
func (s *Settings) ByChoice() bool { return s.One.Code == terms.Code }

func showSettings(v *View) (any, error) {
	out := &Settings{Town: v.Township != ""}
	if err := v.Get("/api/v1/about", nil, &out.About); err != nil || !out.Town {
		return out, err
	}
	if err := v.Get("/api/v1/settings", v.In(url.Values{}), out); err != nil {
		return nil, err
	}
	code := v.Filter("code")
	for i := range out.Rows {
		if out.Rows[i].Code == code {
			out.One = &out.Rows[i]
		}
	}
	if out.One == nil {
		return out, nil
	}
	var text bytes.Buffer
	if err := json.Indent(&text, out.One.Body, "", "  "); err != nil {
		return nil, err
	}
	out.Text = text.String()
	if out.Evidence() {
		if err := json.Unmarshal(out.One.Body, &out.Policy); err != nil {
			return nil, err
		}
	}
	editions, err := every[Row](v, "/api/v1/records/setting", v.In(url.Values{}), 10)
	for _, r := range editions {
		if r.Text("code") == code {
			out.History = append(out.History, r)
		}
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out.History, func(a, b Row) int { return cmp.Compare(b.Int("edition"), a.Int("edition")) })
	out.Past, err = out.past(v)
	return out, err
}

// publish puts an edition over the one that was seen.
func (v *View) publish(what ...any) (Done, error) {
	body := Body(append(what, "title", v.Text("title"))...)
	body["edition"], body["reason"] = v.carried("edition"), v.Text("reason")
	return Done{Say: "已发布新的一版。"}, v.Send("POST", "/api/v1/settings/"+url.PathEscape(v.Filter("code")), v.In(url.Values{}), body, nil, nil)
}

// publishEvidence is the evidence policy as a form.
func publishEvidence(v *View) (Done, error) {
	doc := Body("edition", v.carried("edition")+1, "policy", v.Text("policy"))
	if v.Text("policy") == "required" {
		doc["reason"], doc["until"] = v.Text("reason"), v.Text("until") // nothing is asked twice
	}
	return v.publish("body", doc)
}

func useSetting(v *View) (Done, error) { return v.publish("use", v.Text("use")) }

func writeSetting(v *View) (Done, error) {
	var doc map[string]any
	read := json.NewDecoder(bytes.NewReader([]byte(v.Text("body"))))
	read.UseNumber()
	if err := read.Decode(&doc); err != nil || doc == nil {
		return Done{}, fault.Bad(fault.Field{Name: "body", Code: "format", Detail: jsonFault(v.Text("body"))})
	}
	return v.publish("body", doc)
}

// policyWord is an evidence policy in words.
func policyWord(policy string) string {
	return map[string]string{"none": "不收位置和照片", "optional": "愿意就留", "either": "位置或照片，留一样", "required": "位置和照片都要"}[policy]
}

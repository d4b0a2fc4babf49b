package console

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"daohu/server/account/staff"
	"daohu/server/calendar"
	"daohu/server/household"
	"daohu/server/record"
)

// House is what pages name a household by.
type House struct {
	ID, Code, Head, Village, Place, State string
	Rev, People                           int64
}

// Name is what the household is called: its head; to those who do not see
// the name, its 户编号.
func (h House) Name() string {
	if strings.Trim(h.Head, "*") == "" {
		return cmp.Or(h.Code, h.ID)
	}
	return h.Head
}

// House is a household by id, asked for once a page; a failure leaves the id.
func (v *View) House(id string) House {
	if h, ok := v.houses[id]; ok {
		return h
	}
	h := House{ID: id}
	if err := v.Get("/api/v1/records/household/"+url.PathEscape(id), nil, &h); err != nil {
		h = House{ID: id}
	}
	if v.houses == nil {
		v.houses = map[string]House{}
	}
	v.houses[id] = h
	return h
}

// people are the users of the township who work there, by id, asked for once a
// page: cadres, village workers and admins. Roles that may not list users get
// none.
func (v *View) people() map[string]staff.User {
	if v.users != nil {
		return v.users
	}
	v.users = map[string]staff.User{}
	if !v.Is("TK") {
		return v.users
	}
	for _, role := range []string{"C", "V", "T"} {
		for after := ""; ; {
			var page Rows[staff.User]
			q := v.In(url.Values{"role": {role}, "limit": {"200"}})
			if after != "" {
				q.Set("after", after)
			}
			if err := v.Get("/api/v1/users", q, &page); err != nil {
				break
			}
			for _, u := range page.Rows {
				v.users[u.ID] = u
			}
			if after = page.Next; after == "" {
				break
			}
		}
	}
	return v.users
}

// Person is the name of a user of the township by id; "" when not told.
func (v *View) Person(id string) string { return v.people()[id].Name }

// Cadres are the cadres in use as options, by unit and name, empty word first.
func (v *View) Cadres(empty string) []Option { return v.staffOf("C", empty) }

// Writers are those who write visits, as Cadres.
func (v *View) Writers(empty string) []Option { return v.staffOf("CV", empty) }

func (v *View) staffOf(roles, empty string) []Option {
	var list []staff.User
	for _, u := range v.people() {
		if strings.Contains(roles, u.Role) && u.DisabledAt == 0 {
			list = append(list, u)
		}
	}
	slices.SortFunc(list, func(a, b staff.User) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Login, b.Login))
	})
	out := []Option{{Word: empty}}
	for _, u := range list {
		out = append(out, Option{Value: u.Login, Word: strings.TrimSpace(u.Unit + " " + u.Name)})
	}
	return out
}

// Today is the day of the programme's clock.
func (v *View) Today() string { return time.UnixMilli(v.Now).In(calendar.Zone()).Format(time.DateOnly) }

// every reads all pages of a list, most pages at most.
func every[T any](v *View, path string, query url.Values, most int) ([]T, error) {
	var all []T
	query.Set("limit", "200")
	for range most {
		var page Rows[T]
		if err := v.Get(path, query, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Rows...)
		if page.Next == "" {
			break
		}
		query.Set("after", page.Next)
	}
	return all, nil
}

// Tab is one of a group of pages.
type Tab struct {
	Path, Word string
	On         bool
}

// tabs are the groups of pages that show each other above their heading.
func tabs() [][]Tab {
	return [][]Tab{
		{{Path: "/", Word: "总览"}, {Path: "/compare", Word: "各乡镇对照"}},
		{{Path: "/households", Word: "名册"}, {Path: "/quality", Word: "要改的资料"}, {Path: "/quarantine", Word: "搁着的改动"}, {Path: "/quarantine/file", Word: "手机文件"}, {Path: "/reconcile", Word: "两边对账"}, {Path: "/areas", Word: "地区"}, {Path: "/lists", Word: "代码表"}},
		{{Path: "/visits", Word: "走访记录"}, {Path: "/due", Word: "本月要走访"}},
		{{Path: "/measures", Word: "措施"}, {Path: "/funds", Word: "资金"}},
		{{Path: "/cases", Word: "需求"}, {Path: "/complaints", Word: "投诉建议"}, {Path: "/issues", Word: "问题台账"}, {Path: "/rights", Word: "资料请求"}, {Path: "/findings", Word: "审计发现"}},
		{{Path: "/pairings", Word: "缺口与超配"}, {Path: "/pairings/households", Word: "按户看"}, {Path: "/pairings/cadres", Word: "按干部看"}, {Path: "/pairings/handover", Word: "交接"}, {Path: "/pairings/bulk", Word: "表格导入"}},
		{{Path: "/papers", Word: "题目"}, {Path: "/cards", Word: "口袋书"}, {Path: "/clips", Word: "录音"}, {Path: "/deliveries", Word: "发放"}},
		{{Path: "/users", Word: "用户"}, {Path: "/devices", Word: "手机"}, {Path: "/account", Word: "我的账号"}},
	}
}

// Tabs are the pages that belong with this one and are open to whoever looks.
func (v *View) Tabs() []Tab {
	for _, group := range tabs() {
		if !slices.ContainsFunc(group, func(t Tab) bool { return t.Path == v.Page.Path }) {
			continue
		}
		var out []Tab
		for _, t := range group {
			if t.On = t.Path == v.Page.Path; v.Allowed(t.Path) {
				out = append(out, t)
			}
		}
		return out
	}
	return nil
}

// shownValue is a field's value as people read it; "" = there is none.
func shownValue(f record.Field, value any) string {
	switch x := value.(type) {
	case nil:
		return ""
	case bool:
		if x {
			return "是"
		}
		return "否"
	case []any:
		var words []string
		for _, w := range x {
			words = append(words, fmt.Sprint(w))
		}
		return joined(words)
	case float64:
		return number(f, int64(x))
	case string:
		if f.Format == "day" {
			return day(x)
		}
		return x
	}
	return fmt.Sprint(value)
}

// number is a number of a field with its unit.
func number(f record.Field, i int64) string {
	if i == 0 {
		return ""
	}
	switch unitOf(f.Name) {
	case "fen":
		return yuan(i) + " 元"
	case "mu":
		return yuan(i) + " 亩" // 1/100 mu, as fen are 1/100 yuan
	case "":
		return strconv.FormatInt(i, 10)
	}
	return count(i) + " " + unitOf(f.Name)
}

// unitOf is what a number of a household or member is counted in.
func unitOf(field string) string {
	switch field {
	case "income", "wage", "business", "property", "transfer", "expense":
		return "fen"
	case "farmland", "forest", "returned", "orchard", "pasture", "pond":
		return "mu"
	case "houseArea":
		return "平方米"
	case "roadDist":
		return "米"
	case "workMonths":
		return "个月"
	}
	return ""
}

// asTyped is a value as it is typed again: yuan and mu have two digits.
func asTyped(f record.Field, value any) string {
	switch x := value.(type) {
	case float64:
		if unit := unitOf(f.Name); unit == "fen" || unit == "mu" {
			return strings.ReplaceAll(yuan(int64(x)), ",", "")
		}
		return strconv.FormatInt(int64(x), 10)
	case string:
		return x
	case []any:
		return shownValue(f, value)
	}
	return ""
}

// typeOf is the declaration of what a page can change field by field.
func typeOf(name string) *record.Type {
	switch name {
	case household.HouseholdType.Name:
		return household.HouseholdType
	case household.MemberType.Name:
		return household.MemberType
	}
	return nil
}

// carried reads a whole number that a form of ours carries along, such as a
// revision; 0 = it was tampered with, which the API refuses.
func (v *View) carried(name string) int64 {
	n, _ := strconv.ParseInt(v.Text(name), 10, 64)
	return n
}

// sortedKeys are the names of a row's fields, in their order.
func sortedKeys(r Row) []string { return slices.Sorted(maps.Keys(r)) }

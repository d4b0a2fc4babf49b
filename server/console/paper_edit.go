package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daohu/server/fault"
	"daohu/server/form"
	"daohu/server/form/logic"
)

// keep says that a condition which plain fields cannot say stays as it is.
const keep = "keep"

// How an answered paper is judged, as the form says it.
const (
	passPercent = "percent" // at least so many percent of the points
	passAll     = "all"     // a checklist whose every item is met and answered
)

// Editor is a paper as plain fields: what is typed, whether or not it would be
// taken. Its inputs have the names that the API gives faults by, such as
// items.2.label, so that each sentence finds its field. An item's place may
// change, its key never: answers and conditions name it.
type Editor struct {
	Title   string
	Topics  []EditTopic
	Items   []EditItem
	Pass    string // "" = nothing is passed or failed, passPercent, passAll, keep
	PassRaw string // the condition to keep
	Percent string // as typed
}

// EditTopic is one topic.
type EditTopic struct {
	Key, Name, Card string
	AwareRaw        string // kept as it is; "" = all right
}

// EditItem is one question.
type EditItem struct {
	Key, Kind, Label, Points, Topic string
	Required                        bool
	Options                         []EditOption
	Right                           []string // keys of the options that are right
	Answer                          string   // of yesno, number and date
	If, IfRaw                       string   // "" = always asked, item|answer, keep
	Met, MetRaw                     string   // "" = no say, an answer of its own, keep
	NeedRaw                         string   // required_if, kept as it is
}

// EditOption is one choice.
type EditOption struct{ Key, Label string }

// Chosen reports whether the item has options.
func (i EditItem) Chosen() bool {
	return i.Kind == string(form.Single) || i.Kind == string(form.Multiple)
}

// IsRight reports whether the option is ticked as right.
func (i EditItem) IsRight(key string) bool { return slices.Contains(i.Right, key) }

// newEditor is a paper with one topic and one question to begin with.
func newEditor() *Editor {
	e := &Editor{Topics: []EditTopic{{Key: "t1"}}}
	e.add(0)
	return e
}

// freeKey is the first key of a letter and a number that is not in use.
func freeKey(letter string, used []string) string {
	for n := 1; ; n++ {
		if k := letter + strconv.Itoa(n); !slices.Contains(used, k) {
			return k
		}
	}
}

func keys[T any](list []T, key func(T) string) []string {
	out := make([]string, 0, len(list))
	for _, x := range list {
		out = append(out, key(x))
	}
	return out
}

// add puts a new question at a place.
func (e *Editor) add(at int) {
	it := EditItem{Key: freeKey("q", keys(e.Items, func(i EditItem) string { return i.Key })), Kind: string(form.Single), Options: []EditOption{{Key: "o1"}, {Key: "o2"}}}
	if len(e.Topics) == 1 {
		it.Topic = e.Topics[0].Key
	}
	e.Items = slices.Insert(e.Items, min(at, len(e.Items)), it)
}

// editorOf is a kept paper as fields. A condition that they can say is taken
// apart, another is kept whole.
func editorOf(p form.Paper) *Editor {
	e := &Editor{Title: p.Title}
	for _, t := range p.Topics {
		e.Topics = append(e.Topics, EditTopic{t.Key, t.Name, t.Card, string(t.Aware)})
	}
	for _, it := range p.Items {
		x := EditItem{Key: it.Key, Kind: string(it.Kind), Label: it.Label, Topic: it.Topic, Points: digits(it.Points), Required: it.Required, NeedRaw: string(it.RequiredIf)}
		for _, o := range it.Options {
			x.Options = append(x.Options, EditOption(o))
		}
		x.Right, x.Answer = answersOf(it.Answer)
		e.Items = append(e.Items, x)
		n := len(e.Items) - 1
		e.Items[n].If, e.Items[n].IfRaw = taken(it.VisibleIf, e.Items[:n], func(i EditItem, a string) string { return i.Key + "|" + a })
		e.Items[n].Met, e.Items[n].MetRaw = taken(it.Met, e.Items[n:], func(_ EditItem, a string) string { return a })
	}
	e.Pass, e.PassRaw = "", string(p.Pass)
	switch percent, ok := strings.CutPrefix(canonical(p.Pass), `{">=":[{"var":"@percent"},`); {
	case len(p.Pass) == 0:
	case ok && strings.Trim(strings.TrimSuffix(percent, "]}"), "0123456789") == "":
		e.Pass, e.Percent = passPercent, strings.TrimSuffix(percent, "]}")
	case canonical(p.Pass) == canonical(allMet()):
		e.Pass = passAll
	default:
		e.Pass = keep
	}
	return e
}

// answersOf reads a right answer: the keys ticked and the value typed.
func answersOf(raw json.RawMessage) (right []string, typed string) {
	var s string
	switch {
	case len(raw) == 0:
	case json.Unmarshal(raw, &right) == nil:
	case json.Unmarshal(raw, &s) == nil:
		return []string{s}, s
	default:
		return nil, string(raw) // a number
	}
	return right, ""
}

// taken finds the answer of one of the items that a condition is about.
func taken(raw json.RawMessage, items []EditItem, name func(EditItem, string) string) (choice, whole string) {
	if len(raw) == 0 {
		return "", ""
	}
	for _, it := range items {
		for _, a := range it.answers() {
			if canonical(is(it, a.Key)) == canonical(raw) {
				return name(it, a.Key), string(raw)
			}
		}
	}
	return keep, string(raw)
}

// answers are what can be chosen as the answer to an item.
func (i EditItem) answers() []EditOption {
	if i.Kind == string(form.YesNo) {
		return []EditOption{{form.Yes, "是"}, {form.No, "不是"}}
	}
	if i.Chosen() {
		return i.Options
	}
	return nil
}

// is is the condition that an item is answered so.
func is(it EditItem, answer string) json.RawMessage {
	shape := `{"==":[{"var":%q},%q]}`
	if it.Kind == string(form.Multiple) {
		return json.RawMessage(fmt.Sprintf(`{"in":[%q,{"var":%q}]}`, answer, it.Key))
	}
	return json.RawMessage(fmt.Sprintf(shape, it.Key, answer))
}

func allMet() json.RawMessage {
	return json.RawMessage(`{"and":[{"==":[{"var":"@failing"},0]},{"==":[{"var":"@missing"},0]}]}`)
}

// canonical is a condition as the papers' own writer puts it; "" = it is none.
func canonical(raw json.RawMessage) string {
	x, err := logic.Parse(raw)
	if err != nil {
		return ""
	}
	return string(x.Encode())
}

// readEditor reads what was typed. Places are numbered without gaps.
func (v *View) readEditor() *Editor {
	e := &Editor{Title: v.Text("title"), Pass: v.Text("pass"), PassRaw: v.Text("passRaw"), Percent: v.Text("percent")}
	has := func(name string) bool { _, ok := v.form[name]; return ok }
	for i := 0; has(fmt.Sprintf("topics.%d.key", i)); i++ {
		of := func(name string) string { return v.Text(fmt.Sprintf("topics.%d.%s", i, name)) }
		e.Topics = append(e.Topics, EditTopic{of("key"), of("name"), of("card"), of("awareRaw")})
	}
	for i := 0; has(fmt.Sprintf("items.%d.key", i)); i++ {
		at := fmt.Sprintf("items.%d.", i)
		of := func(name string) string { return v.Text(at + name) }
		it := EditItem{Key: of("key"), Kind: of("kind"), Label: of("label"), Points: of("points"), Topic: of("topic"), Required: of("required") != "",
			Right: v.All(at + "right"), Answer: of("answer"), If: of("visible_if"), IfRaw: of("ifRaw"), Met: of("met"), MetRaw: of("metRaw"), NeedRaw: of("needRaw")}
		for n := 0; has(fmt.Sprintf("%soptions.%d.key", at, n)); n++ {
			it.Options = append(it.Options, EditOption{of(fmt.Sprintf("options.%d.key", n)), of(fmt.Sprintf("options.%d.label", n))})
		}
		e.Items = append(e.Items, it)
	}
	return e
}

// step does what a button of the form asks for, such as up.3; what names no
// place that is there does nothing.
func (e *Editor) step(name string) {
	what, at, _ := strings.Cut(name, ".")
	place, sub, _ := strings.Cut(at, ".")
	i, err := strconv.Atoi(place)
	if err != nil {
		i = -1
	}
	item := i >= 0 && i < len(e.Items)
	switch {
	case what == "add" && i >= 0:
		e.add(i)
	case what == "topic":
		e.Topics = append(e.Topics, EditTopic{Key: freeKey("t", keys(e.Topics, func(t EditTopic) string { return t.Key }))})
	case what == "drop-topic" && i >= 0 && i < len(e.Topics):
		e.Topics = slices.Delete(e.Topics, i, i+1)
	case !item:
	case what == "drop":
		e.Items = slices.Delete(e.Items, i, i+1)
	case what == "up" && i > 0:
		e.Items[i-1], e.Items[i] = e.Items[i], e.Items[i-1]
	case what == "down" && i+1 < len(e.Items):
		e.Items[i+1], e.Items[i] = e.Items[i], e.Items[i+1]
	case what == "option":
		it := &e.Items[i]
		it.Options = append(it.Options, EditOption{Key: freeKey("o", keys(it.Options, func(o EditOption) string { return o.Key }))})
	case what == "drop-option":
		if n, err := strconv.Atoi(sub); err == nil && n >= 0 && n < len(e.Items[i].Options) {
			e.Items[i].Options = slices.Delete(e.Items[i].Options, n, n+1)
		}
	}
}

// paper is what was typed as a paper; what cannot be read as the number or the
// one answer it must be is told by field, the rest judges the API.
func (e *Editor) paper() (form.Paper, []fault.Field) {
	p := form.Paper{Title: e.Title, Topics: []form.Topic{}}
	var bad []fault.Field
	say := func(name, detail string) { bad = append(bad, fault.Field{Name: name, Code: "format", Detail: detail}) }
	for _, t := range e.Topics {
		p.Topics = append(p.Topics, form.Topic{Key: t.Key, Name: t.Name, Card: t.Card, Aware: json.RawMessage(t.AwareRaw)})
	}
	for i, it := range e.Items {
		at := fmt.Sprintf("items.%d.", i)
		x := form.Item{Key: it.Key, Kind: form.Kind(it.Kind), Label: it.Label, Topic: it.Topic, Required: it.Required, RequiredIf: json.RawMessage(it.NeedRaw)}
		if it.Points != "" {
			n, err := strconv.ParseInt(it.Points, 10, 64)
			if x.Points = n; err != nil {
				say(at+"points", fmt.Sprintf("第 %d 题的分值要写整数。", i+1))
			}
		}
		if it.Chosen() {
			for _, o := range it.Options {
				x.Options = append(x.Options, form.Option(o))
			}
		}
		var wrong string
		if x.Answer, wrong = it.right(); wrong != "" {
			say(at+"answer", fmt.Sprintf("第 %d 题：%s", i+1, wrong))
		}
		x.VisibleIf, x.Met = e.condition(it.If, it.IfRaw, ""), e.condition(it.Met, it.MetRaw, it.Key)
		p.Items = append(p.Items, x)
	}
	switch e.Pass {
	case passPercent:
		n, err := strconv.Atoi(e.Percent)
		if err != nil || n < 1 || n > 100 {
			say("percent", "要写 1 到 100 的整数。")
		}
		p.Pass = json.RawMessage(fmt.Sprintf(`{">=":[{"var":"@percent"},%d]}`, n))
	case passAll:
		p.Pass = allMet()
	case keep:
		p.Pass = json.RawMessage(e.PassRaw)
	}
	return p, bad
}

// right is the right answer as a paper has it; wrong says why there is none.
func (i EditItem) right() (raw json.RawMessage, wrong string) {
	var value any
	switch ticked := slices.DeleteFunc(slices.Clone(i.Right), func(k string) bool {
		return !slices.ContainsFunc(i.Options, func(o EditOption) bool { return o.Key == k })
	}); {
	case i.Kind == string(form.Multiple) && len(ticked) > 0:
		value = ticked
	case i.Kind == string(form.Single) && len(ticked) > 1:
		return nil, "单选只能有一个对的。"
	case i.Kind == string(form.Single) && len(ticked) == 1:
		value = ticked[0]
	case i.Answer == "" || i.Chosen():
		return nil, ""
	case i.Kind == string(form.Number):
		n, err := strconv.ParseInt(i.Answer, 10, 64)
		if value = n; err != nil {
			return nil, "对的数字要写整数。"
		}
	case i.Kind == string(form.YesNo), i.Kind == string(form.Date):
		value = i.Answer
	default:
		return nil, ""
	}
	raw, _ = json.Marshal(value) // texts and numbers
	return raw, ""
}

// condition is a choice as a condition: one that names an item, or an answer of
// the item own, or what is kept.
func (e *Editor) condition(choice, raw, own string) json.RawMessage {
	switch choice {
	case "":
		return nil
	case keep:
		return json.RawMessage(raw)
	}
	key, answer := own, choice
	if own == "" {
		key, answer, _ = strings.Cut(choice, "|")
	}
	for _, it := range e.Items {
		if it.Key == key {
			return is(it, answer)
		}
	}
	return is(EditItem{Key: key}, answer) // the API says that it is not there
}

// Asked are the choices of when the item at a place is asked: after any answer
// to one before it.
func (e *Editor) Asked(at int) []Option {
	out := []Option{{Word: "每次都问"}}
	for i, it := range e.Items[:at] {
		for _, a := range it.answers() {
			out = append(out, Option{Value: it.Key + "|" + a.Key, Word: fmt.Sprintf("第 %d 题“%s”答“%s”才问", i+1, brief(it.Label), cmp.Or(a.Label, "（空的选项）"))})
		}
	}
	return withNow(out, e.Items[at].If, "原来的条件（在“高级”里改）", "要看的那道题不在前面了，请重选")
}

// Meets are the choices of when the item of a checklist is met.
func (e *Editor) Meets(at int) []Option {
	out := []Option{{Word: "这一项不算"}}
	for _, a := range e.Items[at].answers() {
		out = append(out, Option{Value: a.Key, Word: "答“" + cmp.Or(a.Label, "（空的选项）") + "”算达到"})
	}
	return withNow(out, e.Items[at].Met, "原来的条件（在“高级”里改）", "那个选项没有了，请重选")
}

// withNow adds what holds now, if it is none of the choices: nothing typed is
// lost by moving things about.
func withNow(list []Option, now, whole, gone string) []Option {
	switch {
	case now == keep:
		return append(list, Option{Value: keep, Word: whole})
	case slices.ContainsFunc(list, func(o Option) bool { return o.Value == now }):
		return list
	}
	return append(list, Option{Value: now, Word: gone})
}

// TopicOptions are the paper's topics, to choose from.
func (e *Editor) TopicOptions() []Option {
	out := []Option{{Word: "没有主题"}}
	for i, t := range e.Topics {
		out = append(out, Option{Value: t.Key, Word: cmp.Or(t.Name, fmt.Sprintf("第 %d 个主题", i+1))})
	}
	return out
}

// Verdicts are the ways to judge a paper of a kind.
func (e *Editor) Verdicts(kind string) []Option {
	out := []Option{{Word: "不判通过不通过"}, {Value: passPercent, Word: "得分够了就通过"}}
	if kind == "checklist" || e.Pass == passAll {
		out = append(out, Option{Value: passAll, Word: "每一项都达到才通过"})
	}
	return withNow(out, e.Pass, "原来的条件（在“高级”里改）", "")
}

// CardOptions are the township's published cards, to be explained again.
func (v *View) CardOptions() ([]Option, error) {
	rows, err := every[Row](v, "/api/v1/records/card", url.Values{}, 5)
	out := []Option{{Word: "不连卡片"}}
	for _, r := range rows {
		if r.Text("state") == form.Published {
			out = append(out, Option{Value: r.Text("code"), Word: r.Text("title")})
		}
	}
	return out, err
}

// editPaper is the form of plain fields: a button that moves things about shows
// the page again, the main one keeps the draft.
func editPaper(v *View) (Done, error) {
	e := v.readEditor()
	if step := v.Text("step"); step != "" {
		e.step(step)
		return Done{Data: e}, nil
	}
	p, bad := e.paper()
	if len(bad) > 0 {
		return Done{}, fault.Bad(bad...)
	}
	raw, err := json.Marshal(p)
	if err != nil { // a condition that was tampered with
		return Done{}, fault.New(fault.BadRequest, "")
	}
	return v.keepPaper(raw)
}

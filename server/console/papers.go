package console

import (
	"cmp"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"daohu/server/booklet"
	"daohu/server/fault"
	"daohu/server/form"
)

// paperBody is the largest workbook of a paper and the form around it.
const paperBody = 4<<20 + small

func paperPages() []Page {
	return []Page{
		{Path: "/papers", Title: "题目", Roles: "TKA", File: "papers", Body: paperBody, Show: showPapers, Acts: map[string]Act{"upload": uploadPaper, "write": writePaper}},
		{Path: "/papers/new", Title: "写一份题目", Menu: "/papers", Roles: "T", File: "paper", Body: 8 * small, Show: showNewPaper, Acts: map[string]Act{"edit": editPaper}},
		{Path: "/papers/{id}", Title: "一份题目", Menu: "/papers", Roles: "T", File: "paper", Body: 8 * small, Sample: "/api/v1/records/form?limit=1", Show: showPaper,
			Acts: map[string]Act{"edit": editPaper, "write": writePaper, "publish": publishPaper, "archive": archivePaper}},
		{Path: "/cards", Title: "口袋书", Menu: "/papers", Roles: "TKA", File: "cards", Body: 4 * small, Show: showCards, Acts: map[string]Act{"write": writeCard}},
		{Path: "/cards/{id}", Title: "一张卡片", Menu: "/papers", Roles: "T", File: "cardpage", Body: 4 * small, Sample: "/api/v1/records/card?limit=1", Show: showCard,
			Acts: map[string]Act{"write": writeCard, "submit": submitCard, "archive": archiveCard}},
		{Path: "/clips", Title: "录音", Menu: "/papers", Roles: "TKA", File: "clips", Show: showClips, Acts: map[string]Act{"withdraw": withdrawClip}},
		{Path: "/deliveries", Title: "口袋书发放", Menu: "/papers", Roles: "TKA", File: "deliveries", Show: showDeliveries},
	}
}

// Listing is rows of a type in a township.
type Listing struct {
	Rows[Row]
	Town bool
}

// listing reads a page of rows of a type.
func (v *View) listing(typ string) (any, error) {
	out := &Listing{Town: v.Township != ""}
	if !out.Town {
		return out, nil
	}
	return out, v.Get("/api/v1/records/"+typ, v.Query("after"), &out.Rows)
}

func showPapers(v *View) (any, error)     { return v.listing("form") }
func showCards(v *View) (any, error)      { return v.listing("card") }
func showClips(v *View) (any, error)      { return v.listing("clip") }
func showDeliveries(v *View) (any, error) { return v.listing("delivery") }

// Paper is a paper at the desk: the fields it is changed by, how its questions
// look, and the text they come from.
type Paper struct {
	form.Master
	Edit  *Editor
	Items form.Paper // as the fields have it
	Text  string     // the paper as JSON, to be changed
	Cards []Option
}

func showPaper(v *View) (any, error) {
	out := &Paper{}
	if err := v.Get("/api/v1/forms/"+url.PathEscape(v.ID())+"/preview", nil, &out.Master); err != nil {
		return nil, err
	}
	var kept form.Paper
	if err := json.Unmarshal(out.Paper, &kept); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(out.Paper, "", "  ")
	if err != nil {
		return nil, err
	}
	out.Text = string(text)
	return out, out.edited(v, editorOf(kept))
}

// showNewPaper is the form of a paper that is not kept yet.
func showNewPaper(v *View) (any, error) {
	out := &Paper{Master: form.Master{Title: v.Page.Title, Kind: cmp.Or(v.Text("kind"), "quiz"), State: form.Draft}}
	return out, out.edited(v, newEditor())
}

// edited fills in the fields: as they were typed, else as they are kept.
func (p *Paper) edited(v *View, kept *Editor) (err error) {
	switch e, moved := v.Done.(*Editor); {
	case moved:
		p.Edit = e
	case v.Did == "edit":
		p.Edit = v.readEditor()
	default:
		p.Edit = kept
	}
	p.Items, _ = p.Edit.paper()
	p.Cards, err = v.CardOptions()
	return err
}

// Right reports whether an option is (one of) the right answer.
func (p *Paper) Right(answer json.RawMessage, key string) bool {
	var one string
	var many []string
	if json.Unmarshal(answer, &one) == nil {
		return one == key
	}
	if json.Unmarshal(answer, &many) == nil {
		for _, k := range many {
			if k == key {
				return true
			}
		}
	}
	return false
}

// paperKind is what a kind of paper is called.
func paperKind(kind string) string {
	return map[string]string{"quiz": "政策问答", "exam": "考试", "checklist": "清单"}[kind]
}

// itemKind is how an item without options is answered.
func itemKind(kind string) string {
	return map[string]string{"number": "填数字", "date": "填日期", "text": "写几句", "photo": "拍照", "note": "说明，不用答"}[kind]
}

func uploadPaper(v *View) (Done, error) {
	body, err := v.File("file")
	if err != nil {
		return Done{}, err
	}
	if len(body) == 0 {
		return Done{}, fault.Bad(fault.Field{Name: "file", Code: "required", Detail: "请选一个 xlsx 文件。"})
	}
	q := url.Values{}
	if v.Ticked("dry") {
		q.Set("dry", "1")
	}
	var made form.Master
	if err := v.Upload("/api/v1/forms/import", q, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body, &made); err != nil {
		return Done{}, err
	}
	if q.Has("dry") {
		return Done{Say: "“" + made.Title + "”没有错。去掉“只检查”再传一次，就存成草稿。"}, nil
	}
	return Done{To: "/papers/" + made.ID, Say: "已存成草稿。"}, nil
}

// writePaper keeps a draft; of a published one it begins the next edition.
func writePaper(v *View) (Done, error) {
	text := json.RawMessage(v.Text("paper"))
	if !json.Valid(text) {
		return Done{}, fault.Bad(fault.Field{Name: "paper", Code: "format", Detail: jsonFault(v.Text("paper"))})
	}
	return v.keepPaper(text)
}

// keepPaper keeps a draft. The code that stays the same across editions is made
// for a new one: nobody has to think of it.
func (v *View) keepPaper(paper json.RawMessage) (Done, error) {
	kind := v.Text("kind")
	body := Body("code", cmp.Or(v.Text("code"), kind+"-"+strconv.FormatInt(v.Now, 36)), "kind", kind, "paper", paper)
	if v.Text("draft") != "" {
		body["id"], body["rev"] = v.ID(), v.carried("rev")
	}
	var made form.Master
	err := v.Post("/api/v1/forms", body, &made)
	return Done{To: "/papers/" + made.ID, Say: "草稿已存。"}, err
}

// jsonFault says in words where a text stops being JSON.
func jsonFault(text string) string {
	var whole json.RawMessage
	err := json.Unmarshal([]byte(text), &whole)
	bad, ok := err.(*json.SyntaxError)
	if !ok || bad.Offset > int64(len(text)) {
		return "内容写得不完整。"
	}
	before := text[:max(bad.Offset-1, 0)]
	return "第 " + count(int64(strings.Count(before, "\n")+1)) + " 行写得不对，请看标点和引号。"
}

func publishPaper(v *View) (Done, error) {
	return Done{Say: "已发布。手机下次联网就有。"}, v.Post("/api/v1/forms/"+url.PathEscape(v.ID())+"/publish", map[string]any{"rev": v.carried("rev")}, nil)
}

func archivePaper(v *View) (Done, error) {
	return Done{To: "/papers", Say: "已收起来。"}, v.Post("/api/v1/forms/"+url.PathEscape(v.ID())+"/archive", map[string]any{"rev": v.carried("rev")}, nil)
}

// PolicyCard is a card at the desk. HTML was made by the booklet's own writer,
// which lets no markup of an author through.
type PolicyCard struct {
	booklet.Master
	HTML template.HTML
}

func showCard(v *View) (any, error) {
	out := &PolicyCard{}
	err := v.Get("/api/v1/cards/"+url.PathEscape(v.ID())+"/preview", nil, &out.Master)
	out.HTML = template.HTML(out.Master.HTML)
	return out, err
}

func writeCard(v *View) (Done, error) {
	body := Body("code", cmp.Or(v.Text("code"), "card-"+strconv.FormatInt(v.Now, 36)), "topic", v.Text("topic"), "title", v.Text("title"), "order", v.Whole("order"), "text", v.Text("text"), "from", v.Text("from"), "until", v.Text("until"))
	if list := v.All("audience"); len(list) > 0 {
		body["audience"] = list
	}
	if v.Text("draft") != "" {
		body["id"], body["rev"] = v.ID(), v.carried("rev")
	}
	var made booklet.Master
	err := v.Post("/api/v1/cards", body, &made)
	return Done{To: "/cards/" + made.ID, Say: "草稿已存。"}, err
}

func submitCard(v *View) (Done, error) {
	return Done{Say: "已交给另一位管理员看。"}, v.Post("/api/v1/cards/"+url.PathEscape(v.ID())+"/submit", map[string]any{"rev": v.carried("rev")}, nil)
}

func archiveCard(v *View) (Done, error) {
	return Done{To: "/cards", Say: "已收起来。"}, v.Post("/api/v1/cards/"+url.PathEscape(v.ID())+"/archive", map[string]any{"rev": v.carried("rev")}, nil)
}

func withdrawClip(v *View) (Done, error) {
	return Done{Say: "已撤下，农户听不到了。"}, v.Send(http.MethodPost, "/api/v1/clips/"+url.PathEscape(v.Text("key"))+"/withdraw", nil, map[string]any{"rev": v.carried("rev"), "reason": v.Text("reason")}, nil, nil)
}

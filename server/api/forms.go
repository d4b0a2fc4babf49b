package api

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/form"
	"daohu/server/form/rate"
)

// Forms is the township admin's desk for papers (form.Service). The township
// was judged by Scope; a paper that is not of it is fault.NotFound.
type Forms interface {
	Save(ctx context.Context, a access.Actor, township string, e form.Entry) (form.Master, error)
	// Import reads a workbook in the survey/choices layout; with dry it stores
	// nothing. What is wrong with a cell is a field such as survey!C5.
	Import(ctx context.Context, a access.Actor, township string, workbook []byte, dry bool) (form.Master, error)
	Publish(ctx context.Context, a access.Actor, township, id string, rev int64) (form.Master, error)
	Archive(ctx context.Context, a access.Actor, township, id string, rev int64) (form.Master, error)
	Preview(ctx context.Context, township, id string) (form.Master, error)
}

// Rates counts the awareness rate (rate.Service).
type Rates interface {
	Awareness(ctx context.Context, township string, q rate.Query) (*rate.Rates, error)
}

var _ Rates = (*rate.Service)(nil)

// xlsx is the media type of a workbook.
const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// paperDepth is enough for a paper whose conditions nest as deep as they may:
// body, paper, items, item, and two levels for each of 8 operators.
const paperDepth = 20

func (a *API) formRoutes() []Route {
	get, post := http.MethodGet, http.MethodPost
	return []Route{
		{Method: post, Path: "/api/v1/forms", Roles: "T", Scope: Township, Body: batch, Depth: paperDepth, Doc: "Keep a draft of a paper, or write over one.", Query: []string{"township"}, end: typed(a.saveForm)},
		{Method: post, Path: "/api/v1/forms/import", Roles: "T", Scope: Township, Body: 4 << 20, Doc: "Keep a draft from a workbook in the survey/choices layout (docs/forms.md); dry=1 only checks it.", Query: []string{"township", "dry"}, end: raw(a.importForm)},
		{Method: post, Path: "/api/v1/forms/:id/publish", Roles: "T", Scope: Township, Body: small, Doc: "Make a draft the next edition of its code.", Query: []string{"township"}, end: typed(a.publishForm)},
		{Method: post, Path: "/api/v1/forms/:id/archive", Roles: "T", Scope: Township, Body: small, Doc: "Take a paper out of use, or throw a draft away.", Query: []string{"township"}, end: typed(a.archiveForm)},
		{Method: get, Path: "/api/v1/forms/:id/preview", Roles: "T", Scope: Township, Doc: "A paper with what is right.", Query: []string{"township"}, end: typed(a.previewForm)},
		{Method: get, Path: "/api/v1/rates/awareness", Roles: "TKA", Scope: Area, Doc: "The awareness rate by village and topic; small cells are hidden.", Query: []string{"township", "village", "topic", "from", "to"}, end: typed(a.awareness)},
	}
}

type newForm struct {
	ID    string          `json:"id,omitempty" maxLength:"12" doc:"of a draft to write over, or of a new one that may be sent twice; absent = the server makes one"`
	Rev   int64           `json:"rev,omitempty" minimum:"0" doc:"of the draft to write over that was seen; absent = a new one"`
	Code  string          `json:"code" minLength:"1" maxLength:"32" doc:"what stays the same across editions"`
	Kind  string          `json:"kind" enum:"quiz,exam,checklist"`
	Paper json.RawMessage `json:"paper" doc:"docs/forms.md"`
}

type seenForm struct {
	Rev int64 `json:"rev" minimum:"1" doc:"that was seen"`
}

func (a *API) saveForm(c *call, in *newForm) (*form.Master, error) {
	return shownForm(a.deps.Forms.Save(c.r.Context(), c.actor, c.township, form.Entry{ID: in.ID, Rev: in.Rev, Code: in.Code, Kind: in.Kind, Paper: in.Paper}))
}

func (a *API) publishForm(c *call, in *seenForm) (*form.Master, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return shownForm(a.deps.Forms.Publish(c.r.Context(), c.actor, c.township, id, in.Rev))
}

func (a *API) archiveForm(c *call, in *seenForm) (*form.Master, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return shownForm(a.deps.Forms.Archive(c.r.Context(), c.actor, c.township, id, in.Rev))
}

func (a *API) previewForm(c *call, _ *none) (*form.Master, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return shownForm(a.deps.Forms.Preview(c.r.Context(), c.township, id))
}

func shownForm(s form.Master, err error) (*form.Master, error) {
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// importForm takes the workbook as it is.
func (a *API) importForm(c *call) error {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != xlsx {
		return fault.New(fault.BadMedia, "请上传 xlsx 文件。")
	}
	book, err := io.ReadAll(c.r.Body)
	if err != nil {
		return err
	}
	shown, err := a.deps.Forms.Import(c.r.Context(), c.actor, c.township, book, c.gin.Query("dry") == "1")
	if err != nil {
		return err
	}
	return c.json(shown)
}

func (a *API) awareness(c *call, _ *none) (*rate.Rates, error) {
	return a.deps.Rates.Awareness(c.r.Context(), c.township, rate.Query{
		Village: c.gin.Query("village"), Topic: c.gin.Query("topic"), From: c.gin.Query("from"), To: c.gin.Query("to"),
	})
}

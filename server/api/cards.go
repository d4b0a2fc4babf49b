package api

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"

	"daohu/server/access"
	"daohu/server/booklet"
	"daohu/server/fault"
)

// Cards is the township admin's desk for policy cards (booklet.Service). The
// township was judged by Scope; a card that is not of it is fault.NotFound.
type Cards interface {
	Save(ctx context.Context, a access.Actor, township string, e booklet.Entry) (booklet.Master, error)
	Submit(ctx context.Context, a access.Actor, township, id string, rev int64) (booklet.Master, error)
	Archive(ctx context.Context, a access.Actor, township, id string, rev int64) (booklet.Master, error)
	Preview(ctx context.Context, township, id string) (booklet.Master, error)
	// Words are the terms a township goes by; of "" those that ship.
	Words(ctx context.Context, township string) (map[string]string, error)
}

var _ Cards = (*booklet.Service)(nil)

// Clips takes the sound of recordings.
type Clips interface {
	// Take stores the sound of the caller's own recording and returns its row.
	// Codes: not-found, checksum, too-large, invalid, wrong-state.
	Take(ctx context.Context, a access.Actor, id string, body []byte) (json.RawMessage, error)
	// Withdraw takes an approved recording away. Codes: not-found, stale,
	// wrong-state, invalid.
	Withdraw(ctx context.Context, a access.Actor, id string, rev int64, reason string) (json.RawMessage, error)
	// LinkSound makes a ticket for a recording that the household hears, and says
	// until when (Unix ms) it works. Code: not-found.
	LinkSound(ctx context.Context, a access.Actor, sha256 string) (ticket string, until int64, err error)
	// Sound is the recording that a ticket speaks of. Codes: not-found, gone.
	Sound(ctx context.Context, sha256, ticket string) ([]byte, error)
}

func (a *API) cardRoutes() []Route {
	get, post := http.MethodGet, http.MethodPost
	return []Route{
		{Method: post, Path: "/api/v1/cards", Roles: "T", Scope: Township, Body: batch, Doc: "Keep a draft of a policy card, or write over one.", Query: []string{"township"}, end: typed(a.saveCard)},
		{Method: post, Path: "/api/v1/cards/:id/submit", Roles: "T", Scope: Township, Body: small, Doc: "Hand one's draft to another admin, whose approval makes it the next edition of its code.", Query: []string{"township"}, end: typed(a.moveCard(Cards.Submit))},
		{Method: post, Path: "/api/v1/cards/:id/archive", Roles: "T", Scope: Township, Body: small, Doc: "Take a card out of use, or throw a draft away.", Query: []string{"township"}, end: typed(a.moveCard(Cards.Archive))},
		{Method: get, Path: "/api/v1/cards/:id/preview", Roles: "T", Scope: Township, Doc: "A card as written, as households see it and as it is read aloud.", Query: []string{"township"}, end: typed(a.previewCard)},
		{Method: post, Path: "/api/v1/clips/:id/body", Roles: "CV", Scope: Row, Body: booklet.MaxClip, Media: []string{booklet.ClipMime}, Time: slowest,
			Doc: "Send the sound of one's own recording: a mono mp3 of at most 90 seconds, the file its row announces. The same again changes nothing.", end: raw(a.clipBody)},
		{Method: post, Path: "/api/v1/clips/:id/withdraw", Roles: "T", Scope: Row, Body: small, Doc: "Take an approved recording away from the households.", end: typed(a.withdrawClip)},
	}
}

type cardEntry struct {
	ID       string   `json:"id,omitempty" maxLength:"12" doc:"of a draft to write over, or of a new one that may be sent twice; absent = the server makes one"`
	Rev      int64    `json:"rev,omitempty" minimum:"0" doc:"of the draft to write over that was seen; absent = a new one"`
	Code     string   `json:"code" minLength:"1" maxLength:"32" doc:"what stays the same across editions"`
	Topic    string   `json:"topic,omitempty" maxLength:"16" doc:"topic that quiz items refer to"`
	Title    string   `json:"title" minLength:"1" maxLength:"60"`
	Order    int64    `json:"order,omitempty" minimum:"0" maximum:"999"`
	Text     string   `json:"text" minLength:"1" doc:"Markdown, docs/booklet.md"`
	From     string   `json:"from,omitempty" maxLength:"10" doc:"first day it holds; absent = always has"`
	Until    string   `json:"until,omitempty" maxLength:"10" doc:"last day it holds; absent = open"`
	Audience []string `json:"audience,omitempty" maxItems:"12" doc:"docs/booklet.md; absent = all households"`
}

type cardSeen struct {
	Rev int64 `json:"rev" minimum:"1" doc:"that was seen"`
}

func (a *API) saveCard(c *call, in *cardEntry) (*booklet.Master, error) {
	out, err := a.deps.Cards.Save(c.r.Context(), c.actor, c.township, booklet.Entry{ID: in.ID, Rev: in.Rev, Code: in.Code, Topic: in.Topic, Title: in.Title,
		Order: in.Order, Text: in.Text, From: in.From, Until: in.Until, Audience: in.Audience})
	return &out, err
}

// moveCard is one of the two steps that name a card and what was seen of it.
func (a *API) moveCard(step func(Cards, context.Context, access.Actor, string, string, int64) (booklet.Master, error)) func(c *call, in *cardSeen) (*booklet.Master, error) {
	return func(c *call, in *cardSeen) (*booklet.Master, error) {
		id, err := c.pathID()
		if err != nil {
			return nil, err
		}
		out, err := step(a.deps.Cards, c.r.Context(), c.actor, c.township, id, in.Rev)
		return &out, err
	}
}

func (a *API) previewCard(c *call, _ *none) (*booklet.Master, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	out, err := a.deps.Cards.Preview(c.r.Context(), c.township, id)
	return &out, err
}

// clipBody takes the file as it is.
func (a *API) clipBody(c *call) error {
	id, err := c.pathID()
	if err != nil {
		return err
	}
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != booklet.ClipMime {
		return fault.New(fault.BadMedia, "请上传 mp3 录音。")
	}
	body, err := io.ReadAll(c.r.Body)
	if err != nil {
		return err
	}
	out, err := a.deps.Clips.Take(c.r.Context(), c.actor, id, body)
	if err != nil {
		return err
	}
	return c.json(&out)
}

type clipWithdrawn struct {
	Rev    int64  `json:"rev" minimum:"1" doc:"that was seen"`
	Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"shown to the author"`
}

func (a *API) withdrawClip(c *call, in *clipWithdrawn) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Clips.Withdraw(c.r.Context(), c.actor, id, in.Rev, in.Reason))
}

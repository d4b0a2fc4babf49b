package console

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"

	"daohu/server/api"
	"daohu/server/fault"
)

// Home is what the page behind the code on a household's card shows: before
// the PIN who runs the server, after it the household's own page in large
// type and its booklet. It has no script and keeps nothing in the browser: the
// page is the answer to the PIN, and the session ends before it is sent.
type Home struct {
	Operator
	Problem *Problem // why the PIN was not taken; nil = it was not tried or it was
	Head    string   // head of household; "" = the PIN is asked for
	Words   HomeWords
	Helpers []HomeHelper
	Cards   []HomeCard
}

// HomeWords are the household's rows in plain sentences, as the API says them.
type HomeWords struct{ Visits, Measures, Needs, Deliveries []string }

// HomeHelper is somebody to call.
type HomeHelper struct{ Name, Unit, Phone string }

// HomeCard is a policy card, cleaned by the API.
type HomeCard struct {
	Title  string
	Text   template.HTML
	Sounds []HomeSound
}

// HomeSound is a recording of a card, at an address that works without a
// session for two hours.
type HomeSound struct {
	Dialect string
	Seconds int64
	URL     string
}

// homePage asks for the PIN of a card.
func (c *Console) homePage(w http.ResponseWriter, r *http.Request) {
	c.showHome(w, r, Home{}, http.StatusOK)
}

// home takes the PIN and answers with the household's page.
func (c *Console) home(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, small)
	if err := r.ParseForm(); err != nil {
		c.showHome(w, r, Home{Problem: told(tooLarge(err))}, http.StatusBadRequest)
		return
	}
	h, err := c.readHome(r, r.PathValue("token"), r.PostForm.Get("pin"))
	if err != nil {
		p := told(err)
		c.showHome(w, r, Home{Problem: p}, p.Status)
		return
	}
	c.showHome(w, r, h, http.StatusOK)
}

func (c *Console) showHome(w http.ResponseWriter, r *http.Request, h Home, status int) {
	h.Operator = c.cfg.Operator
	var buf bytes.Buffer
	if err := c.files["homecard"].ExecuteTemplate(&buf, "homecard", h); err != nil {
		c.cfg.Log.ErrorContext(r.Context(), "page cannot be written", "file", "homecard", "err", err)
		api.Fail(w, r, fault.Wrap(fault.Internal, err))
		return
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address holds the card's token
	api.Write(w, r, status, "text/html; charset=utf-8", buf.Bytes())
}

// readHome logs in, reads and logs out again.
func (c *Console) readHome(r *http.Request, card, pin string) (Home, error) {
	var h Home
	body, err := json.Marshal(map[string]string{"card": card, "pin": pin})
	if err != nil {
		return h, err
	}
	a, err := c.call(r, "", http.MethodPost, "/api/v1/login/household", nil, "application/json", body, nil)
	if err != nil {
		return h, err
	}
	var login struct{ Token string }
	if err := json.Unmarshal(a.body.Bytes(), &login); err != nil {
		return h, err
	}
	v := &View{console: c, r: r, token: login.Token}
	defer func() { _ = v.Post("/api/v1/logout", nil, nil) }() // one that fails ends by its own time
	var my struct {
		Household struct{ Head string }
		Helpers   []HomeHelper
		Words     HomeWords
		Cards     []struct{ Code, Title, Sha256 string }
		Clips     []struct {
			Card, Sound string
			HomeSound
		}
	}
	if err := v.Get("/api/v1/my", nil, &my); err != nil {
		return h, err
	}
	h = Home{Head: my.Household.Head, Helpers: my.Helpers, Words: my.Words}
	for _, k := range my.Cards {
		var text Download
		if err := v.Get("/api/v1/blobs/"+k.Sha256, map[string][]string{"as": {"html"}}, &text); err != nil {
			return h, err
		}
		// The API's renderer has a list of tags and lets no other through.
		card := HomeCard{Title: k.Title, Text: template.HTML(text.Body)}
		for _, c := range my.Clips {
			if c.Card != k.Code {
				continue
			}
			if err := v.Post("/api/v1/blobs/"+c.Sound+"/link", nil, &c.HomeSound); err != nil {
				return h, err
			}
			card.Sounds = append(card.Sounds, c.HomeSound)
		}
		h.Cards = append(h.Cards, card)
	}
	return h, nil
}

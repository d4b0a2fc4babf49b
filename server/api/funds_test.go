package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/ledger"
	"daohu/server/record"
)

// money stands for ledger.Service.
type money struct{ s *service }

func (m money) Open(_ context.Context, _ access.Actor, township string, n ledger.New) (ledger.Moved, error) {
	return ledger.Moved{}, m.s.ask("open", township, fmt.Sprint(n))
}

func (m money) Allocate(_ context.Context, _ access.Actor, fund string, rev int64, account string, n ledger.Move) (ledger.Moved, error) {
	return ledger.Moved{}, m.s.ask("allocate", fund, fmt.Sprint(rev), account, fmt.Sprint(n))
}

func (m money) Disburse(_ context.Context, _ access.Actor, id string, p ledger.Payment) (ledger.Moved, error) {
	return ledger.Moved{}, m.s.ask("disburse", id, fmt.Sprint(p))
}

func (m money) Reallocate(_ context.Context, _ access.Actor, id string, t ledger.Transfer) (ledger.Moved, error) {
	return ledger.Moved{}, m.s.ask("reallocate", id, fmt.Sprint(t))
}

func (m money) Funds(_ context.Context, township string) (ledger.Sums, error) {
	return ledger.Sums{Rows: []ledger.View{}}, m.s.ask("funds", township)
}

func (m money) Entries(_ context.Context, _ access.Actor, fund string, seq int64, id string, limit int) ([]*ledger.Entry, *ledger.Entry, error) {
	e := &ledger.Entry{Meta: record.Meta{ID: rowID, Seq: 9, MadeBy: "u", MadeAt: 5}, Debit: "fund", Credit: "source", Fen: 1, Day: "2026-03-02", Why: "received"}
	return []*ledger.Entry{e}, e, m.s.ask("entries", fund, fmt.Sprint(seq), id, fmt.Sprint(limit))
}

func TestFundRoutes(t *testing.T) {
	f := newFixture(t)
	fund, row := "/api/v1/funds/"+rowID, "/api/v1/measures/"+rowID
	for _, x := range []struct{ role, method, path, body, want string }{
		{"K", "GET", "/api/v1/funds?township=" + town, "", "funds " + town},
		{"T", "POST", "/api/v1/funds", `{"name":"产业资金","source":"县财政","year":2026,"fen":5,"id":"` + rowID + `"}`, "open " + town + " {" + rowID + " 产业资金 县财政 2026 {5  }}"},
		{"T", "POST", fund + "/allocate", `{"rev":2,"account":"township","fen":5,"day":"2026-03-01"}`, "allocate " + rowID + " 2 township {5 2026-03-01 }"},
		{"T", "POST", row + "/disburse", `{"rev":2,"fund":"F","account":"township","fen":5}`, "disburse " + rowID + " {2 F township {5  }}"},
		{"T", "POST", row + "/reallocate", `{"rev":2,"fund":"F","to":"M","fen":5,"why":"whole_household_away","reason":"外出"}`, "reallocate " + rowID + " {2 F M  whole_household_away {5  外出}}"},
		{"A", "GET", fund + "/entries?after=9_" + rowID + "&limit=3", "", "entries " + rowID + " 9 " + rowID + " 3"},
	} {
		if w := f.do(x.role, x.method, x.path, x.body); w.Code != http.StatusOK || f.last() != x.want {
			t.Errorf("%s %s: %d %s, asked %q, want %q", x.method, x.path, w.Code, w.Body, f.last(), x.want)
		}
	}
	w := f.do("T", "GET", fund+"/entries", "")
	want := `{"rows":[{"id":"` + rowID + `","debit":"fund","credit":"source","fen":1,"day":"2026-03-02","why":"received","by":"u","at":5}],"next":"9_` + rowID + `"}`
	if strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("%s", w.Body)
	}
	for path, bodies := range map[string][]string{
		"/api/v1/funds":     {`{"name":"x","source":"y"}`, `{"name":"x","source":"y","fen":0}`, `{"name":"","source":"y","fen":1}`, `{"name":"x","source":"y","fen":1,"id":"short"}`, `{"name":"x","source":"y","fen":1,"total":9}`},
		fund + "/allocate":  {`{"rev":0,"account":"township","fen":1}`, `{"rev":1,"fen":1}`, `{"rev":1,"account":"township","fen":1.5}`},
		row + "/disburse":   {`{"rev":1,"fund":"F","account":"township","fen":-1}`, `{"fund":"F","account":"township","fen":1}`},
		row + "/reallocate": {`{"rev":1,"fund":"F","to":"M","fen":1}`, `{"rev":1,"fund":"F","to":"M","fen":1,"why":"gift"}`},
	} {
		for _, body := range bodies {
			f.problem(f.do("T", "POST", path, body), http.StatusUnprocessableEntity, fault.Invalid)
		}
	}
	for _, after := range []string{"x", "1", "x_" + rowID, "1_short"} {
		f.problem(f.do("T", "GET", fund+"/entries?after="+after, ""), http.StatusBadRequest, fault.BadRequest)
	}
	for _, role := range []string{"H", "C", "V", "K"} {
		f.problem(f.do(role, "GET", fund+"/entries", ""), http.StatusForbidden, fault.Forbidden)
		f.problem(f.do(role, "POST", row+"/disburse", `{"rev":1}`), http.StatusForbidden, fault.Forbidden)
	}
}

package app

import (
	"context"
	"encoding/json"
	"net/http"
	"runtime/debug"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/api"
	"daohu/server/delta"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/store"
	"daohu/server/workflow"
	"daohu/server/write"
)

// Version is the version of this build: a tag, else the commit, else dev.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "dev"
}

func actorOf(r *http.Request) access.Actor {
	a, _ := api.ActorOf(r.Context())
	return a
}

// people finds cadres for pairings.
type people struct{ accounts *account.Service }

func (p people) Helper(ctx context.Context, county, login string) (pairing.Helper, error) {
	u, err := p.accounts.User(ctx, account.ByLogin, login)
	if err != nil {
		return pairing.Helper{}, err
	}
	if u.Role != access.Cadre || u.County != county || u.DisabledAt > 0 {
		return pairing.Helper{}, fault.New(fault.NotFound, "")
	}
	return pairing.Helper{User: u.ID, Name: u.Name, Unit: u.Unit, Phone: u.Phone}, nil
}

// pairs answers the pairing route with the row as the caller may see it.
type pairs struct {
	service  *pairing.Service
	registry *registry.Service
}

func (p pairs) Pair(ctx context.Context, a access.Actor, in api.House, cadre, day, reason string) (json.RawMessage, error) {
	row, err := p.service.Pair(ctx, a, in.Township, in.ID, cadre, day, reason)
	if err != nil || row == nil {
		return nil, err
	}
	return pairing.Type.Project(row, string(a.Role), p.registry.Sealer)
}

func (p pairs) Propose(ctx context.Context, a access.Actor, in api.House, cadre, reason string) (json.RawMessage, error) {
	row, err := p.service.Propose(ctx, a, in.Township, in.ID, cadre, reason)
	if err != nil {
		return nil, err
	}
	return household.ProposalType.Project(row, string(a.Role), p.registry.Sealer)
}

// own answers a household's page.
type own struct{ registry *registry.Service }

func (o own) My(ctx context.Context, a access.Actor) (api.My, error) {
	m, err := o.registry.My(ctx, a)
	return api.My(m), err
}

// approval is the township admin's desk over three services.
type approval struct {
	registry *registry.Service
	workflow *workflow.Service
	delta    *delta.Service
	pairing  *pairing.Service
	db       *store.DB
	uploads  *photo.Uploads
}

func (p approval) Decide(ctx context.Context, a access.Actor, t *record.Type, id string, d api.Decision) (json.RawMessage, error) {
	r, err := p.workflow.Decide(ctx, a, t, id, workflow.Decision(d))
	return p.shown(t, r, a, err)
}

func (p approval) Undo(ctx context.Context, a access.Actor, t *record.Type, id string, rev int64) (json.RawMessage, error) {
	r, err := p.workflow.Undo(ctx, a, t, id, rev)
	return p.shown(t, r, a, err)
}

func (p approval) DecideProposal(ctx context.Context, a access.Actor, id string, d api.Decision) (json.RawMessage, error) {
	r, err := p.registry.Row(ctx, a, household.ProposalType, id)
	if err != nil {
		return nil, err
	}
	if wish := r.(*household.Proposal); wish.Target == pairing.Type.Name {
		f, err := p.workflow.Flow(ctx, wish.Township, household.ProposalType, wish.Target)
		if err != nil {
			return nil, err
		}
		if f.Passes(d.Action) {
			r, err := p.pairing.Accept(ctx, a, wish, workflow.Decision(d))
			return p.shown(household.ProposalType, r, a, err)
		}
	}
	settled, err := p.workflow.Settle(ctx, a, id, workflow.Decision(d))
	return p.shown(household.ProposalType, settled, a, err)
}

func (p approval) shown(t *record.Type, r record.Record, a access.Actor, err error) (json.RawMessage, error) {
	if err != nil {
		return nil, err
	}
	return t.Project(r, string(a.Role), p.registry.Sealer)
}

// quarantined is one kept mutation as the admin sees it.
type quarantined struct {
	ID        string          `json:"id"`
	Household string          `json:"household"`
	By        string          `json:"by"`
	Why       string          `json:"why"`
	State     string          `json:"state"`
	Reason    string          `json:"reason,omitempty"`
	At        int64           `json:"at"`
	BroughtBy string          `json:"broughtBy,omitempty"`
	Mutation  json.RawMessage `json:"mutation"`
}

func (p approval) Quarantine(ctx context.Context, a access.Actor, q api.Query) ([]json.RawMessage, string, error) {
	if q.State == "" {
		q.State = "open"
	}
	list, err := p.db.Quarantined(ctx, q.Township, q.State, q.After, q.Limit+1)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(list) > q.Limit {
		list = list[:q.Limit]
		next = list[q.Limit-1].ID
	}
	rows := []json.RawMessage{}
	for _, e := range list {
		text, err := p.registry.Sealer.Open(record.Sealed(e.Mutation))
		if err != nil {
			return nil, "", err
		}
		row, err := json.Marshal(quarantined{e.ID, e.Household, e.User, e.Why, e.State, e.Reason, e.At, e.BroughtBy, json.RawMessage(text)})
		if err != nil {
			return nil, "", err
		}
		rows = append(rows, row)
	}
	return rows, next, nil
}

func (p approval) DecideQuarantine(ctx context.Context, a access.Actor, id string, d api.Decision) (json.RawMessage, error) {
	if d.Action != "take" && d.Action != "refuse" {
		return nil, fault.Bad(fault.Field{Name: "action", Code: "not-allowed", Detail: "只能接收或不接收。"})
	}
	if err := workflow.Words(d.Reason, d.Action == "refuse"); err != nil {
		return nil, err
	}
	q, err := p.db.QuarantinedOne(ctx, a.Township, id)
	if err != nil {
		return nil, err
	}
	if err := p.delta.Settle(ctx, a, q, d.Action, d.Reason); err != nil || d.Action != "take" {
		return nil, err
	}
	return nil, p.land(ctx, q)
}

// land gives a picture's row that was taken the bytes that an imported file
// brought for it.
func (p approval) land(ctx context.Context, q write.Quarantine) error {
	text, err := p.registry.Sealer.Open(record.Sealed(q.Mutation))
	if err != nil {
		return err
	}
	var base int64
	var typ, id string
	if err := json.Unmarshal([]byte(text), &[]any{&base, &typ, &id}); err != nil {
		return err
	}
	if typ != photo.Type.Name {
		return nil
	}
	return p.uploads.Land(ctx, q.User, id)
}

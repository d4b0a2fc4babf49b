package registry

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"daohu/server/access"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/write"
)

// Trail is what is stored of how one row came to be as it is.
type Trail struct {
	Changes []write.History       // values written over, oldest first
	Steps   []write.Step          // of the row and of the proposals, oldest first
	Granted []*household.Proposal // proposals for the row that were accepted
	Names   map[string]string     // of the users that occur, by id
}

// Trails reads them.
type Trails interface {
	// Trail reads the latest most changes and steps of the row of m.
	Trail(ctx context.Context, t *record.Type, m record.Meta, most int) (Trail, error)
}

// trailMost is how many changes and how many steps a history tells at most.
const trailMost = 500

// HistoryEvent is one thing that happened to a row. Values are told as far as the
// caller's role sees the field, sealed ones never.
type HistoryEvent struct {
	What   string `json:"what" enum:"made,changed,reviewed"`
	At     int64  `json:"at" doc:"when it took effect, Unix ms"`
	By     string `json:"by,omitempty" doc:"user id of who wrote or reviewed; absent = the system, such as an import"`
	Name   string `json:"name,omitempty" doc:"the user's name; the county does not see names"`
	Field  string `json:"field,omitempty" doc:"of a change: wire name"`
	Old    string `json:"old,omitempty" doc:"as text; absent = empty, or not for the caller's eyes"`
	New    string `json:"new,omitempty"`
	Hidden bool   `json:"hidden,omitempty" doc:"the values are not for the caller's eyes"`
	From   string `json:"from,omitempty" doc:"of a review: state"`
	To     string `json:"to,omitempty"`
	Reason string `json:"reason,omitempty" doc:"why the author asked, or the reviewer's words"`
	Agreed string `json:"agreed,omitempty" doc:"user id of who accepted the proposal; absent = there was none"`
	Agrees string `json:"agreedName,omitempty"`
}

// History tells who changed a row within the actor's reach, when and why, and
// who agreed, oldest first. Code: not-found.
func (s *Service) History(ctx context.Context, a access.Actor, t *record.Type, id string) ([]HistoryEvent, error) {
	r, err := s.Row(ctx, a, t, id)
	if err != nil {
		return nil, err
	}
	m := *r.Base()
	tr, err := s.Store.Trail(ctx, t, m, trailMost)
	if err != nil {
		return nil, err
	}
	settled := map[string]write.Step{} // by proposal
	said := map[[2]string]string{}     // why, by who changed the row and when
	out := []HistoryEvent{{What: "made", At: m.MadeAt, By: m.MadeBy}}
	for _, st := range tr.Steps {
		if st.Type == household.ProposalType.Name && t != household.ProposalType {
			settled[st.Row] = st
			continue
		}
		if st.From == st.To && st.Reason != "" && Explained(t) { // why a row was changed: it stands with what changed
			said[[2]string{st.By, strconv.FormatInt(st.At, 10)}] = st.Reason
			continue
		}
		out = append(out, HistoryEvent{What: "reviewed", At: st.At, By: st.By, From: st.From, To: st.To, Reason: st.Reason})
	}
	agreed := func(e HistoryEvent, field string) HistoryEvent {
		for _, p := range tr.Granted {
			if st, ok := settled[p.ID]; p.Field == field && p.MadeBy == e.By && (!ok || st.At == e.At) {
				e.Reason, e.Agreed = p.Reason, st.By
			}
		}
		return e
	}
	out[0] = agreed(out[0], "*")
	for _, h := range tr.Changes {
		e := agreed(HistoryEvent{What: "changed", At: h.At, By: h.By, Field: h.Field, Reason: said[[2]string{h.By, strconv.FormatInt(h.At, 10)}]}, h.Field)
		f, _ := t.Field(h.Field) // a field that is no longer declared is read by nobody
		show, plain := shown(f, a.Role)
		if e.Hidden = !show; show {
			e.Old, e.New = plain(h.Old), plain(h.New)
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(x, y HistoryEvent) int { return cmp.Compare(x.At, y.At) })
	if a.Role != access.County {
		for i := range out {
			out[i].Name, out[i].Agrees = tr.Names[out[i].By], tr.Names[out[i].Agreed]
		}
	}
	return out, nil
}

// shown says whether a role is told old values of a field, and how. The county
// has figures to look after and no persons: it sees masked what the auditor
// sees masked.
func shown(f record.Field, role access.Role) (bool, func(string) string) {
	same := func(s string) string { return s }
	switch {
	case f.Kind == record.Secret || f.Name == "":
		return false, nil
	case role.In(f.Mask), role == access.County && access.Auditor.In(f.Mask):
		return true, record.Mask
	}
	return role.In(f.Read), same
}

package casework

import (
	"context"
	"encoding/json"
	"strings"

	"daohu/server/access"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// What a person may ask for about its own data (个人信息保护法 art. 45 to 47).
const (
	Copied    = "copy"
	Corrected = "correction"
	Erased    = "erasure"
)

// Refused is the state of a request that was turned down, with the reason.
const Refused = "refused"

// DataRequest is one request of a household, or of one of its people, about
// its own data, as the township wrote it down. Erasing empties who asked and
// what was said; kind, days and state stay, to prove that it was answered.
type DataRequest struct {
	record.Meta
	Kind      string `json:"kind" rec:"required,enum=copy|correction|erasure"`
	Asker     string `json:"asker" rec:"max=50,read=TK" doc:"who asked"`
	Way       string `json:"way" rec:"enum=当面|电话|书面|委托" doc:"how it was asked; 委托 = by somebody entrusted"`
	Member    string `json:"member" rec:"id" doc:"member it is about; empty = the whole household"`
	Text      string `json:"text" rec:"max=500,read=TK" doc:"what is asked for"`
	Day       string `json:"day" rec:"required,day" doc:"day it was received"`
	Due       string `json:"due" rec:"server,day" doc:"last day to answer, in working days after it was received"`
	State     string `json:"state" rec:"server,enum=open|done|refused"`
	Answer    string `json:"answer" rec:"server,max=500,read=TK" doc:"what was answered"`
	SettledBy string `json:"settledBy" rec:"server,id" doc:"user id"`
	SettledAt int64  `json:"settledAt" rec:"server" doc:"Unix ms; 0 = open"`
}

// DataRequestType is the declaration of DataRequest.
var DataRequestType = record.Of[DataRequest]("datarequest", record.Policy{
	Class: record.Server, Readers: "TKA", Creators: "",
	Doc: "What a person asks for about its own data, and the answer.",
})

// Eraser erases personal data (retention.Service).
type Eraser interface {
	// EraseOf erases a household that has ended, or with member one person who
	// has left, whichever revision they are at; what is erased already is left.
	// Codes: wrong-state, invalid, not-found.
	EraseOf(ctx context.Context, a access.Actor, township, household, member, reason string) error
}

// RightAsk is a request as the township writes it down; names as in DataRequest.
type RightAsk struct{ Kind, Asker, Way, Member, Text, Day string }

// Rights is where requests about personal data are kept and settled. It is safe
// for concurrent use.
type Rights struct {
	*Desk
	Eraser Eraser
	Member *record.Type // of households' members
}

// Record writes a request of a household within reach down. The clock begins
// with the day it was received. Codes: invalid, not-found.
func (r *Rights) Record(ctx context.Context, a access.Actor, township, house string, in RightAsk) (json.RawMessage, error) {
	n := &DataRequest{Kind: in.Kind, Asker: strings.TrimSpace(in.Asker), Way: in.Way, Member: in.Member, Text: strings.TrimSpace(in.Text), Day: in.Day, State: Open}
	if err := r.checkAsk(ctx, a, house, n); err != nil {
		return nil, err
	}
	_, err := r.Writer.Write(ctx, write.Intent{Township: township, Actor: a.User, Action: "right", Households: []string{house}}, func(tx write.Tx) error {
		b, err := r.Rules.Book(tx)
		if err != nil {
			return err
		}
		c, err := r.Rules.Calendar(tx)
		if err != nil {
			return err
		}
		day, err := calendar.ParseDay(n.Day)
		if err != nil {
			return err
		}
		if day > calendar.At(tx.Now()) {
			return fault.Bad(fault.Field{Name: "day", Code: "range", Detail: "收到的日子还没到。"})
		}
		n.Meta = record.Meta{ID: tx.NewID(), Household: house, MadeBy: a.User, MadeAt: tx.Now()}
		n.Due = c.Deadline(day, b.requestDays()).String()
		tx.Put(DataRequestType, n)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r.Rows.Show(DataRequestType, n, a)
}

// checkAsk says what is wrong with a request, and that the member is of the
// household.
func (r *Rights) checkAsk(ctx context.Context, a access.Actor, house string, n *DataRequest) error {
	var bad []fault.Field
	for _, f := range DataRequestType.Fields {
		value := DataRequestType.Get(n, f)
		if f.Class == record.Server && f.Name != "kind" && f.Name != "asker" && f.Name != "way" && f.Name != "text" && f.Name != "day" {
			continue
		}
		required := f.Required || f.Name == "asker" || f.Name == "way"
		if value == "" && required {
			bad = append(bad, fault.Field{Name: f.Name, Code: "required", Detail: "这一项要填。"})
		} else if p := f.CheckText(value); p != nil && value != "" {
			bad = append(bad, fault.Field(*p))
		}
	}
	if len(bad) > 0 {
		return fault.Bad(bad...)
	}
	if n.Member == "" {
		return nil
	}
	m, err := r.Rows.Row(ctx, a, r.Member, n.Member)
	if err != nil || m.Base().Household != house {
		return fault.Bad(fault.Field{Name: "member", Code: "not-allowed", Detail: "这一户没有这个人。"})
	}
	return nil
}

// Settle answers a request: done, or refused with the reason. An erasure is
// done by Erase alone. Codes: not-found, stale, invalid, wrong-state.
func (r *Rights) Settle(ctx context.Context, a access.Actor, id, action string, rev int64, answer string) (json.RawMessage, error) {
	if err := words("answer", answer, 500); err != nil {
		return nil, err
	}
	return r.settle(ctx, a, id, rev, func(n *DataRequest) error {
		switch {
		case action == Refused:
			n.State = Refused
		case n.Kind == Erased:
			return fault.New(fault.WrongState, "要抹去的，请另一位管理员按“抹去”办理。")
		default:
			n.State = Done
		}
		n.Answer = answer
		return nil
	})
}

func (r *Rights) settle(ctx context.Context, a access.Actor, id string, rev int64, set func(n *DataRequest) error) (json.RawMessage, error) {
	return r.change(ctx, a, DataRequestType, id, "right-settle", "", rev, func(tx write.Tx, next, _ record.Record) error {
		n := next.(*DataRequest)
		if n.State != Open {
			return fault.New(fault.WrongState, "这一条已经办过了。")
		}
		n.SettledBy, n.SettledAt = a.User, tx.Now()
		return set(n)
	})
}

// open finds a request that waits, seen at rev.
func (r *Rights) open(ctx context.Context, a access.Actor, id string, rev int64) (*DataRequest, error) {
	found, err := r.Rows.Row(ctx, a, DataRequestType, id)
	if err != nil {
		return nil, err
	}
	n := found.(*DataRequest)
	switch {
	case n.Version != rev:
		return nil, fault.New(fault.Stale, "")
	case n.State != Open:
		return nil, fault.New(fault.WrongState, "这一条已经办过了。")
	}
	return n, nil
}

// Erase carries an erasure out: by another admin than who wrote it down, since
// it cannot be taken back. Cut off between erasing and noting, it is asked for
// again and goes on. Codes: not-found, stale, invalid, wrong-state, own-record.
func (r *Rights) Erase(ctx context.Context, a access.Actor, id string, rev int64, reason string) (json.RawMessage, error) {
	n, err := r.open(ctx, a, id, rev)
	if err != nil {
		return nil, err
	}
	switch {
	case n.Kind != Erased:
		return nil, fault.New(fault.WrongState, "这一条要的不是抹去。")
	case n.MadeBy == a.User:
		return nil, fault.New(fault.OwnRecord, "抹去了就回不来，要请另一位管理员办。")
	}
	if err := r.Eraser.EraseOf(ctx, a, n.Township, n.Household, n.Member, reason); err != nil {
		return nil, err
	}
	found, err := r.Rows.Row(ctx, a, DataRequestType, id) // erasing has emptied it, too
	if err != nil {
		return nil, err
	}
	return r.settle(ctx, a, id, found.Base().Version, func(n *DataRequest) error {
		n.State, n.Answer = Done, "已抹去。"
		return nil
	})
}

// Copy finds the household that asked for a copy of its data. The copy may be
// made again after the request was settled: paper gets lost.
// Codes: not-found, wrong-state.
func (r *Rights) Copy(ctx context.Context, a access.Actor, id string) (*DataRequest, error) {
	found, err := r.Rows.Row(ctx, a, DataRequestType, id)
	if err != nil {
		return nil, err
	}
	n := found.(*DataRequest)
	if n.Kind != Copied || n.State == Refused {
		return nil, fault.New(fault.WrongState, "这一条要的不是副本，或者没有答应。")
	}
	return n, nil
}

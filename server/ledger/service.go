package ledger

import (
	"context"
	"strings"

	"daohu/server/access"
	"daohu/server/area"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/measure"
	"daohu/server/record"
	"daohu/server/write"
)

// Query is one page of a fund's entries, oldest first.
type Query struct {
	Township, Fund string
	AfterSeq       int64 // where the page begins; 0 = at the beginning
	AfterID        string
	Limit          int
}

// Store reads the ledger.
type Store interface {
	Common(ctx context.Context, township string) (string, error)
	Area(ctx context.Context, code string) (area.Area, error)
	// Funds are the township's, by day and id.
	Funds(ctx context.Context, township string) ([]*Fund, error)
	Entries(ctx context.Context, q Query) ([]*Entry, error)
}

// Rows finds a row within the actor's reach (registry.Service).
type Rows interface {
	Row(ctx context.Context, a access.Actor, t *record.Type, id string) (record.Record, error)
}

// Service moves money, online, for township admins. It is safe for concurrent
// use: whatever moves in a township moves under one lock, and whoever asks says
// which revision was seen.
type Service struct {
	Store  Store
	Rows   Rows
	Writer write.Writer
}

// Move is how much, when and why.
type Move struct {
	Fen    int64  // > 0
	Day    string // "" = today
	Reason string
}

// most is the largest movement, fen: what a measure may hold.
const most = 100_000_000_000

// entry checks m and makes an entry of it.
func (m Move) entry(tx write.Tx, why string) (Entry, error) {
	e := Entry{Fen: m.Fen, Day: m.Day, Why: why, Reason: strings.TrimSpace(m.Reason)}
	today := calendar.At(tx.Now()).String()
	if e.Day == "" {
		e.Day = today
	}
	if e.Fen < 1 || e.Fen > most {
		return e, bad("fen", "range", "金额要大于零，不超过十亿元。")
	}
	for name, v := range map[string]string{"day": e.Day, "reason": e.Reason} {
		f, _ := EntryType.Field(name)
		if p := f.CheckText(v); p != nil {
			return e, fault.Bad(fault.Field(*p))
		}
	}
	if e.Day > today {
		return e, bad("day", "range", "日期不能在今天以后。")
	}
	return e, nil
}

// Moved is what a movement left behind.
type Moved struct {
	Fund  View  `json:"fund"`
	Rev   int64 `json:"rev,omitempty" doc:"of the measure of the path"`
	Given int64 `json:"given,omitempty" doc:"what that measure was given now, fen"`
}

// View is a fund with its accounts.
type View struct {
	ID       string    `json:"id"`
	Rev      int64     `json:"rev"`
	Name     string    `json:"name"`
	Source   string    `json:"source,omitempty"`
	Year     int64     `json:"year,omitempty"`
	Day      string    `json:"day"`
	Opens    bool      `json:"opens,omitempty" doc:"holds what imports say was given before"`
	Total    int64     `json:"total" doc:"received, fen"`
	Free     int64     `json:"free" doc:"not set aside yet, fen"`
	Left     int64     `json:"left" doc:"set aside and not paid out, fen"`
	Given    int64     `json:"given" doc:"with measures of households, fen; total = free + left + given"`
	Accounts []Account `json:"accounts" doc:"set aside, by name"`
}

// View shows a fund.
func (f *Fund) View() (View, error) {
	list, err := f.accounts()
	v := View{ID: f.ID, Rev: f.Version, Name: f.Name, Source: f.Source, Year: f.Year, Day: f.Day, Opens: f.Opens, Total: f.Total, Free: f.Free, Accounts: list}
	for _, a := range list {
		v.Left += a.Left
	}
	v.Given = v.Total - v.Free - v.Left
	return v, err
}

// New is a fund to be opened.
type New struct {
	ID           string // made by the caller, so that asking twice makes one; "" = made here
	Name, Source string
	Year         int64
	Move
}

// Open makes a fund of a township within reach. The same id again answers with
// the fund when it says the same. Codes: invalid, id-taken.
func (s *Service) Open(ctx context.Context, a access.Actor, township string, n New) (Moved, error) {
	f := Fund{Name: strings.TrimSpace(n.Name), Source: strings.TrimSpace(n.Source), Year: n.Year}
	f.ID = n.ID
	for name, v := range map[string]string{"name": f.Name, "source": f.Source} {
		field, _ := FundType.Field(name)
		if v == "" {
			return Moved{}, bad(name, "required", "这一项要填。")
		}
		if p := field.CheckText(v); p != nil {
			return Moved{}, fault.Bad(fault.Field(*p))
		}
	}
	return s.move(ctx, a, township, "fund-open", nil, func(b *Book) (*Fund, *measure.Measure, error) {
		e, err := n.entry(b.tx, Received)
		if err != nil {
			return nil, nil, err
		}
		if n.ID != "" {
			have, err := b.Fund(n.ID)
			switch {
			case err == nil && have.Name == f.Name && have.Source == f.Source && have.Year == f.Year && have.Total == e.Fen && have.Day == e.Day:
				return have, nil, nil
			case err == nil:
				return nil, nil, fault.New(fault.IDTaken, "")
			case !fault.Is(err, fault.NotFound):
				return nil, nil, err
			}
		}
		return b.Open(f, e), nil, nil
	})
}

// move runs f under the lock of the township's pseudo-household and of those
// given, and shows what came of it. Its fund is nil only with an error.
func (s *Service) move(ctx context.Context, a access.Actor, township, action string, households []string, f func(b *Book) (*Fund, *measure.Measure, error)) (Moved, error) {
	common, err := s.Store.Common(ctx, township)
	if err != nil {
		return Moved{}, err
	}
	var fund *Fund
	var m *measure.Measure
	in := write.Intent{Township: township, Actor: a.User, Action: action, Households: append(households, common)}
	_, err = s.Writer.Write(ctx, in, func(tx write.Tx) error {
		fund, m, err = f(NewBook(tx, common, a.User))
		return err
	})
	if err != nil {
		return Moved{}, err
	}
	out := Moved{}
	if m != nil {
		out.Rev, out.Given = m.Version, m.Given
	}
	out.Fund, err = fund.View()
	return out, err
}

// Allocate sets money of a fund aside, for the township, one of its villages or
// a project; rev is the revision of the fund. Codes: invalid, stale, not-found.
func (s *Service) Allocate(ctx context.Context, a access.Actor, fund string, rev int64, account string, m Move) (Moved, error) {
	found, err := s.Rows.Row(ctx, a, FundType, fund)
	if err != nil {
		return Moved{}, err
	}
	township := found.Base().Township
	if err := s.account(ctx, township, account); err != nil {
		return Moved{}, err
	}
	return s.move(ctx, a, township, "fund-allocate", nil, func(b *Book) (*Fund, *measure.Measure, error) {
		e, err := m.entry(b.tx, Allocated)
		if err != nil {
			return nil, nil, err
		}
		f, err := b.Fund(fund)
		if err == nil && f.Version != rev {
			err = fault.New(fault.Stale, "")
		}
		if err == nil && f.Opens {
			err = bad("fund", "not-allowed", "导入时的期初资金不能再分配。")
		}
		if err != nil {
			return nil, nil, err
		}
		return f, nil, b.Allocate(f, account, e)
	})
}

// account checks that money may be set aside in an account.
func (s *Service) account(ctx context.Context, township, account string) error {
	wrong := bad("account", "not-allowed", "请填 township、village:村代码 或 project:项目名。")
	f, _ := EntryType.Field("debit")
	if f.CheckText(account) != nil {
		return wrong
	}
	if code, ok := strings.CutPrefix(account, village); ok {
		at, err := s.Store.Area(ctx, code)
		if fault.Is(err, fault.NotFound) || err == nil && (at.Level != area.Village || at.Township != township) {
			return bad("account", "not-allowed", "这个镇没有这个村。")
		}
		return err
	}
	if name, ok := strings.CutPrefix(account, project); ok && strings.TrimSpace(name) != "" || account == Township {
		return nil
	}
	return wrong
}

// Payment is money to a household's measure.
type Payment struct {
	Rev     int64  // of the measure
	Fund    string // id
	Account string // set aside from it
	Move
}

// Disburse pays a measure. Codes: invalid, stale, not-found, wrong-state.
func (s *Service) Disburse(ctx context.Context, a access.Actor, id string, p Payment) (Moved, error) {
	found, err := s.Rows.Row(ctx, a, measure.Type, id)
	if err != nil {
		return Moved{}, err
	}
	base := found.Base()
	return s.move(ctx, a, base.Township, "fund-disburse", []string{base.Household}, func(b *Book) (*Fund, *measure.Measure, error) {
		e, err := p.entry(b.tx, Disbursed)
		if err != nil {
			return nil, nil, err
		}
		f, m, err := b.at(p.Fund, id, p.Rev)
		if err != nil {
			return nil, nil, err
		}
		return f, m, b.Disburse(f, p.Account, m, e)
	})
}

// at loads the fund and the measure at the revision that was seen.
func (b *Book) at(fund, id string, rev int64) (*Fund, *measure.Measure, error) {
	f, err := b.Fund(fund)
	if fault.Is(err, fault.NotFound) {
		err = bad("fund", "not-allowed", "没有这笔资金。")
	}
	if err != nil {
		return nil, nil, err
	}
	m, err := b.Measure(id)
	if err == nil && m.Version != rev {
		err = fault.New(fault.Stale, "")
	}
	return f, m, err
}

// Transfer is money that goes on from a measure: to another one, or back into
// an account of the fund.
type Transfer struct {
	Rev         int64  // of the measure it leaves
	Fund        string // id
	To, Account string // one of the two
	Why         string // WholeAway, Ended, Correction
	Move
}

// Reallocate moves money on. Without a reason code and words nothing moves.
// Codes: invalid, stale, not-found, wrong-state.
func (s *Service) Reallocate(ctx context.Context, a access.Actor, id string, t Transfer) (Moved, error) {
	switch {
	case t.Why != WholeAway && t.Why != Ended && t.Why != Correction:
		return Moved{}, bad("why", "required", "请选原因：全户外出、措施停止，或更正记错的账。")
	case strings.TrimSpace(t.Reason) == "":
		return Moved{}, bad("reason", "required", "请写明为什么调整。")
	case (t.To == "") == (t.Account == ""):
		return Moved{}, bad("to", "required", "请写明给哪一户的措施，或退回哪里，二选一。")
	}
	found, err := s.Rows.Row(ctx, a, measure.Type, id)
	if err != nil {
		return Moved{}, err
	}
	base, houses := found.Base(), []string{found.Base().Household}
	if t.To != "" {
		to, err := s.Rows.Row(ctx, a, measure.Type, t.To)
		if err != nil || to.Base().Township != base.Township {
			return Moved{}, bad("to", "not-allowed", "没有这项措施。")
		}
		houses = append(houses, to.Base().Household)
	}
	return s.move(ctx, a, base.Township, "fund-reallocate", houses, func(b *Book) (*Fund, *measure.Measure, error) {
		e, err := t.entry(b.tx, t.Why)
		if err != nil {
			return nil, nil, err
		}
		f, from, err := b.at(t.Fund, id, t.Rev)
		if err != nil {
			return nil, nil, err
		}
		var to *measure.Measure
		if t.To != "" {
			if to, err = b.Measure(t.To); err != nil {
				return nil, nil, err
			}
		}
		return f, from, b.Reallocate(f, from, to, t.Account, e)
	})
}

// Sums are the funds of a township and what they hold together.
type Sums struct {
	Total int64  `json:"total" doc:"received, fen"`
	Free  int64  `json:"free"`
	Left  int64  `json:"left"`
	Given int64  `json:"given" doc:"total = free + left + given"`
	Rows  []View `json:"rows"`
}

// Funds reads the funds of a township within reach.
func (s *Service) Funds(ctx context.Context, township string) (Sums, error) {
	list, err := s.Store.Funds(ctx, township)
	if err != nil {
		return Sums{}, err
	}
	return Sum(list)
}

// Sum adds funds up.
func Sum(list []*Fund) (Sums, error) {
	out := Sums{Rows: []View{}}
	for _, f := range list {
		v, err := f.View()
		if err != nil {
			return Sums{}, err
		}
		out.Total, out.Free, out.Left, out.Given = out.Total+v.Total, out.Free+v.Free, out.Left+v.Left, out.Given+v.Given
		out.Rows = append(out.Rows, v)
	}
	return out, nil
}

// Entries pages through the entries of a fund, oldest first; next = nil after
// the last page. Code: not-found.
func (s *Service) Entries(ctx context.Context, a access.Actor, fund string, afterSeq int64, afterID string, limit int) (rows []*Entry, next *Entry, err error) {
	found, err := s.Rows.Row(ctx, a, FundType, fund)
	if err != nil {
		return nil, nil, err
	}
	rows, err = s.Store.Entries(ctx, Query{Township: found.Base().Township, Fund: fund, AfterSeq: afterSeq, AfterID: afterID, Limit: limit + 1})
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1]
	}
	return rows, next, err
}

package ledger

import (
	"fmt"
	"slices"
	"strings"

	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/measure"
	"daohu/server/record"
	"daohu/server/write"
)

// Book moves money inside one transaction, under the lock of the township's
// pseudo-household and of every household whose measure it touches.
type Book struct {
	tx         write.Tx
	common, by string
}

// NewBook is a book of the township whose pseudo-household is common; by is the
// user who moves the money, "" = the system.
func NewBook(tx write.Tx, common, by string) *Book { return &Book{tx: tx, common: common, by: by} }

func bad(name, code, detail string) error {
	return fault.Bad(fault.Field{Name: name, Code: code, Detail: detail})
}

// Fund loads a fund. Code: not-found.
func (b *Book) Fund(id string) (*Fund, error) {
	got, err := b.tx.Load(FundType, id)
	if err != nil {
		return nil, err
	}
	f, ok := got[id].(*Fund)
	if !ok || f.DeletedAt > 0 {
		return nil, fault.New(fault.NotFound, "没有这笔资金。")
	}
	return FundType.Clone(f).(*Fund), nil
}

// Measure loads a measure. Code: not-found.
func (b *Book) Measure(id string) (*measure.Measure, error) {
	got, err := b.tx.Load(measure.Type, id)
	if err != nil {
		return nil, err
	}
	m, ok := got[id].(*measure.Measure)
	if !ok || m.DeletedAt > 0 {
		return nil, fault.New(fault.NotFound, "没有这项措施。")
	}
	return m, nil
}

// entry queues one movement of f. Whoever calls it keeps the balances in step.
func (b *Book) entry(f *Fund, debit, credit string, e Entry) {
	e.Meta = record.Meta{ID: b.tx.NewID(), Household: b.common, MadeBy: b.by, MadeAt: b.tx.Now()}
	e.Fund, e.Debit, e.Credit = f.ID, debit, credit
	b.tx.Put(EntryType, &e)
}

// put queues a row whose fields were changed, and what it wrote over.
func (b *Book) put(t *record.Type, was, now record.Record) {
	m := now.Base()
	for _, f := range t.Fields {
		if old, value := t.Get(was, f), t.Get(now, f); old != value {
			b.tx.Add(&write.History{Household: m.Household, Type: t.Name, Row: m.ID, Field: f.Name, Old: old, New: value, By: b.by, At: b.tx.Now()})
		}
	}
	b.tx.Put(t, now)
}

// Open makes a fund that holds e.Fen of its source.
func (b *Book) Open(f Fund, e Entry) *Fund {
	if !record.IsID(f.ID) {
		f.ID = b.tx.NewID()
	}
	f.Meta = record.Meta{ID: f.ID, Household: b.common, MadeBy: b.by, MadeAt: b.tx.Now()}
	f.Total, f.Free, f.Day = e.Fen, e.Fen, e.Day
	e.Why = Received
	b.entry(&f, Free, Source, e)
	b.tx.Put(FundType, &f)
	return &f
}

// Allocate sets e.Fen of the fund aside in account. Code: invalid.
func (b *Book) Allocate(f *Fund, account string, e Entry) error {
	if f.Free < e.Fen {
		return bad("fen", "range", "这笔资金没有这么多可以分配。")
	}
	list, err := f.accounts()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(a Account) bool { return a.Account == account })
	if i < 0 {
		f0, _ := FundType.Field("accounts")
		if int64(len(list)) >= f0.Max {
			return bad("account", "too-long", "这笔资金分得太散了。")
		}
		i, list = len(list), append(list, Account{Account: account})
	}
	list[i].Fen, list[i].Left = list[i].Fen+e.Fen, list[i].Left+e.Fen
	was := *f
	f.Free -= e.Fen
	f.keep(list)
	e.Why = Allocated
	b.entry(f, account, Free, e)
	b.put(FundType, &was, f)
	return nil
}

// take moves fen out of (fen < 0: into) an account set aside.
func (f *Fund) take(account string, fen int64) error {
	list, err := f.accounts()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(a Account) bool { return a.Account == account })
	if i < 0 {
		return bad("account", "not-allowed", "这笔资金没有分到这里。")
	}
	if list[i].Left < fen {
		return bad("fen", "range", "分到这里的钱不够了。")
	}
	list[i].Left -= fen
	f.keep(list)
	return nil
}

// Disburse pays e.Fen of what is set aside in account to a measure. Money set
// aside for a village goes to the households of that village. Code: invalid.
func (b *Book) Disburse(f *Fund, account string, m *measure.Measure, e Entry) error {
	if err := b.fits(m, e.Fen); err != nil {
		return err
	}
	if code, ok := strings.CutPrefix(account, village); ok {
		got, err := b.tx.Load(household.HouseholdType, m.Household)
		if err != nil {
			return err
		}
		if h, ok := got[m.Household].(*household.Household); !ok || h.Village != code {
			return bad("account", "not-allowed", "这户不在这个村，不能用分给这个村的钱。")
		}
	}
	was, before := *f, *m
	if err := f.take(account, e.Fen); err != nil {
		return err
	}
	e.Why = Disbursed
	b.entry(f, Of(m.ID), account, e)
	b.put(FundType, &was, f)
	m.Given += e.Fen
	b.put(measure.Type, &before, m)
	return nil
}

// fits says whether a measure may get fen more: it is approved, goes on, and
// planned for as much.
func (b *Book) fits(m *measure.Measure, fen int64) error {
	switch {
	case m.State != "approved" || m.Stage == measure.Wish || m.Stage == measure.Stopped:
		return fault.New(fault.WrongState, "这项措施没有通过，或已经停止，不能给钱。")
	case m.Given+fen > m.Amount:
		return bad("fen", "range", "超过了这项措施的计划金额。")
	}
	return nil
}

// held is what a measure got from one fund and has not passed on, and from all
// funds together, by the entries.
func (b *Book) held(fund, id string) (of, all int64, err error) {
	for _, side := range []struct {
		field string
		sign  int64
	}{{"Debit", 1}, {"Credit", -1}} {
		rows, err := b.tx.Find(EntryType, side.field, Of(id))
		if err != nil {
			return 0, 0, err
		}
		for _, r := range rows {
			if e := r.(*Entry); e.Fund == fund {
				of += side.sign * e.Fen
			}
			all += side.sign * r.(*Entry).Fen
		}
	}
	return of, all, nil
}

// Reallocate moves e.Fen of f from one measure to another, or with to == nil
// back into account. e.Why is WholeAway, Ended or Correction. A measure that
// passes on its last fen for the first or second reason is stopped.
// Code: invalid.
func (b *Book) Reallocate(f *Fund, from, to *measure.Measure, account string, e Entry) error {
	of, all, err := b.held(f.ID, from.ID)
	switch {
	case err != nil:
		return err
	case all != from.Given:
		return fmt.Errorf("ledger: measure %s was given %d fen, its entries say %d", from.ID, from.Given, all)
	case of < e.Fen:
		return bad("fen", "range", "这项措施没有从这笔资金得到这么多。")
	case e.Why == Ended && from.Stage != measure.Stopped:
		return fault.New(fault.WrongState, "这项措施没有停止。")
	case to != nil && to.ID == from.ID, to != nil && e.Why == WholeAway && to.Household == from.Household:
		return bad("to", "not-allowed", "要给另外一户。")
	}
	debit, was, before := account, *f, *from
	if to != nil {
		if err := b.fits(to, e.Fen); err != nil {
			return err
		}
		debit = Of(to.ID)
		after := *to
		to.Given, to.MovedIn = to.Given+e.Fen, to.MovedIn+e.Fen
		b.put(measure.Type, &after, to)
		from.MovedOut += e.Fen
	} else if err := f.take(account, -e.Fen); err != nil {
		return err
	}
	b.entry(f, debit, Of(from.ID), e)
	b.put(FundType, &was, f) // its revision rises even when the money stays among households
	from.Given -= e.Fen
	if from.Given == 0 && e.Why != Correction && from.Stage != measure.Stopped {
		from.Stage = measure.Stopped
		if from.Result == "" {
			from.Result = "全户外出，资金已调整给别的户。"
		}
	}
	b.put(measure.Type, &before, from)
	return nil
}

// openingName is the fund that holds what imports say was given before.
const openingName = "期初（导入）"

// OpenWith enters what measures say they were given before the ledger began or
// outside it: one entry each, from the source of the township's opening fund.
// The rows of the measures are put by the caller.
func (b *Book) OpenWith(list []*measure.Measure) error {
	sum := int64(0)
	for _, m := range list {
		sum += m.Given
	}
	if sum == 0 {
		return nil
	}
	rows, err := b.tx.Of(FundType, b.common)
	if err != nil {
		return err
	}
	day := calendar.At(b.tx.Now()).String()
	f := &Fund{Meta: record.Meta{ID: b.tx.NewID(), Household: b.common, MadeBy: b.by, MadeAt: b.tx.Now()}, Name: openingName, Day: day, Opens: true}
	was := *f
	for _, r := range rows {
		if have := r.(*Fund); have.Opens && have.DeletedAt == 0 {
			was, f = *have, FundType.Clone(have).(*Fund)
		}
	}
	f.Total += sum
	for _, m := range list {
		if m.Given > 0 {
			b.entry(f, Of(m.ID), Source, Entry{Fen: m.Given, Day: day, Why: Opening})
		}
	}
	if f.Version == 0 {
		b.tx.Put(FundType, f)
	} else {
		b.put(FundType, &was, f)
	}
	return nil
}

package ledger_test

import (
	"strings"
	"testing"

	"daohu/server/ledger"
	"daohu/server/record"
	"daohu/server/store"
)

func verifyAll(w *world) store.Audit { return store.Audit{Township: w.Township} }

// TestCheckFindsEveryFault takes a ledger that adds up and spoils it in each
// way it can be spoiled.
func TestCheckFindsEveryFault(t *testing.T) {
	type books struct {
		fund    *ledger.Fund
		entries []*ledger.Entry
		given   map[string]int64
	}
	make := func() books {
		f := &ledger.Fund{Meta: record.Meta{ID: "F", Version: 4}, Total: 100, Free: 40, Accounts: record.ListOf([][]any{{"township", 60, 35}})}
		e := func(debit, credit string, fen int64) *ledger.Entry {
			return &ledger.Entry{Meta: record.Meta{ID: "E", Version: 1}, Fund: "F", Debit: debit, Credit: credit, Fen: fen}
		}
		return books{f, []*ledger.Entry{e("fund", "source", 100), e("township", "fund", 60), e("measure:M", "township", 25)}, map[string]int64{"M": 25, "none": 0}}
	}
	for want, spoil := range map[string]func(*books){
		"":                               func(*books) {},
		"source holds -101":              func(b *books) { b.fund.Total++ },
		"1 fen lie nowhere":              func(b *books) { b.fund.Total++ },
		"fund holds 41":                  func(b *books) { b.fund.Free++ },
		"township holds 34":              func(b *books) { b.fund.Accounts = record.ListOf([][]any{{"township", 60, 34}}) },
		"village:1 holds 5":              func(b *books) { b.fund.Accounts = record.ListOf([][]any{{"township", 60, 35}, {"village:1", 5, 5}}) },
		"measure M: given 26":            func(b *books) { b.given["M"] = 26 },
		"measure N: given 1":             func(b *books) { b.given["N"] = 1 },
		"entry E: moves nothing":         func(b *books) { b.entries[2].Fen = 0 },
		"or was changed":                 func(b *books) { b.entries[2].Version = 2 },
		"its entries say 85":             func(b *books) { b.entries = b.entries[:1+1]; b.entries[1].Fen = 85 },
		"there are entries and no such":  func(b *books) { b.entries[2].Fund = "G" },
		"measure:M gave more":            func(b *books) { b.entries[2].Debit, b.entries[2].Credit = "township", "measure:M" },
		"township is overspent by 1 fen": func(b *books) { b.fund.Accounts = record.ListOf([][]any{{"township", 60, -1}}) },
		"F: overspent by 2 fen":          func(b *books) { b.fund.Free = -2 },
	} {
		b := make()
		spoil(&b)
		got, err := ledger.Check([]*ledger.Fund{b.fund}, b.entries, b.given)
		if err != nil || (want == "") != (len(got) == 0) || !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("want %q: %q %v", want, got, err)
		}
	}
	b := make()
	b.fund.Accounts = "["
	if _, err := ledger.Check([]*ledger.Fund{b.fund}, nil, nil); err == nil {
		t.Error("accounts that cannot be read")
	}
}

// Package ledger is the money of the programme: every fen moves from a source
// into a fund, from there into what is set aside for the township, a village or
// a project, and on to a household's measure. It moves by entries that are
// never changed; what an account holds is the sum of its entries.
package ledger

import (
	"encoding/json"
	"slices"
	"strings"

	"daohu/server/record"
)

// Accounts of a fund beside those set aside from it.
const (
	Source   = "source"   // where the money came from: it only gives
	Free     = "fund"     // received and not set aside yet
	Township = "township" // set aside for the township as a whole
	village  = "village:" // and an area code
	project  = "project:" // and a name
	measures = "measure:" // and the id of a household's measure
)

// Reasons why money moves.
const (
	Received   = "received"
	Opening    = "opening" // was given before the ledger began, or outside it
	Allocated  = "allocated"
	Disbursed  = "disbursed"
	WholeAway  = "whole_household_away" // 全户外出
	Ended      = "stopped"              // the measure was stopped
	Correction = "correction"           // an entry was wrong: this one takes it back
)

// Fund is money of one source, and what its accounts hold. Its rows say what
// the entries add up to; Check compares the two.
type Fund struct {
	record.Meta
	Name   string `json:"name" rec:"server,max=60"`
	Source string `json:"source" rec:"server,max=60" doc:"who gave it, in words"`
	Year   int64  `json:"year" rec:"server" doc:"of the budget"`
	Day    string `json:"day" rec:"server,day" doc:"it was received"`
	Opens  bool   `json:"opens" rec:"server" doc:"holds what imports say was given before"`
	Total  int64  `json:"total" rec:"server" doc:"received, fen"`
	Free   int64  `json:"free" rec:"server" doc:"not set aside yet, fen"`
	// Accounts are those set aside.
	Accounts record.List `json:"accounts" rec:"server,kept,max=200" doc:"lists of account, fen set aside and fen left"`
}

// FundType is the declaration of Fund. No phone holds it.
var FundType = record.Of[Fund]("fund", record.Policy{
	Class: record.Server, Readers: "TKA", Common: true,
	Doc: "Money of one source.",
})

// Entry is one movement within a fund: Fen from the account Credit to the
// account Debit. It is made once and never changed.
type Entry struct {
	record.Meta
	Fund   string `json:"fund" rec:"server,id"`
	Debit  string `json:"debit" rec:"server,max=60" doc:"account that receives"`
	Credit string `json:"credit" rec:"server,max=60" doc:"account that gives"`
	Fen    int64  `json:"fen" rec:"server,min=1"`
	Day    string `json:"day" rec:"server,day" doc:"the money moved"`
	Why    string `json:"why" rec:"server,enum=received|opening|allocated|disbursed|whole_household_away|stopped|correction"`
	Reason string `json:"reason" rec:"server,max=200"`
}

// EntryType is the declaration of Entry. The county reads sums, not entries.
var EntryType = record.Of[Entry]("entry", record.Policy{
	Class: record.Server, Readers: "TA", Common: true,
	Doc: "One movement of money.",
})

// Account is one account set aside from a fund. The zero value is an empty one.
type Account struct {
	Account string `json:"account" doc:"township, village:<area code> or project:<name>"`
	Fen     int64  `json:"fen" doc:"set aside"`
	Left    int64  `json:"left" doc:"of that not paid out, fen"`
}

// accounts reads the accounts of f.
func (f *Fund) accounts() ([]Account, error) {
	var rows [][]json.RawMessage
	if err := f.Accounts.Into(&rows); err != nil {
		return nil, err
	}
	out := make([]Account, len(rows))
	for i, r := range rows {
		into := []any{&out[i].Account, &out[i].Fen, &out[i].Left}
		for j := range min(len(r), len(into)) {
			if err := json.Unmarshal(r[j], into[j]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// keep writes accounts back into f, by name.
func (f *Fund) keep(list []Account) {
	slices.SortFunc(list, func(a, b Account) int { return strings.Compare(a.Account, b.Account) })
	rows := make([][]any, len(list))
	for i, a := range list {
		rows[i] = []any{a.Account, a.Fen, a.Left}
	}
	f.Accounts = record.ListOf(rows)
}

// Of is the account of a household's measure.
func Of(measure string) string { return measures + measure }

// measureOf is the measure an account is of; "" = none.
func measureOf(account string) string {
	id, ok := strings.CutPrefix(account, measures)
	if !ok {
		return ""
	}
	return id
}

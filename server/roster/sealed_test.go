package roster_test

import (
	"testing"

	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/servertest/town"
)

// TestLoadSeals: what stands in plain text beside a row is sealed when it is
// stored, field by field; what is empty stays empty.
func TestLoadSeals(t *testing.T) {
	const bank, illness = "9999990000000000001", "右腿截肢"
	town.Each(t, func(t *testing.T, b *town.Base) {
		w, in := begin(t, b, "999801101"), book()
		cert := ""
		for i := range in.Households {
			if in.Households[i].Rec.Code == "H1" {
				in.Households[i].BankAccount = bank
			}
		}
		for i := range in.Members {
			if in.Members[i].Rec.Code == "H101" {
				cert = in.Members[i].IDNo[:18] + "43"
				in.Members[i].CertNo, in.Members[i].Diagnosis = cert, illness
			}
		}
		if _, err := w.load(in, w.into); err != nil || cert == "" {
			t.Fatal(err, cert)
		}
		holds := func(what string, s record.Sealed, want string) {
			t.Helper()
			plain, err := b.Box.Open(s)
			if err != nil || plain != want || (want != "" && string(s) == want) || (want == "" && s != "") {
				t.Errorf("%s: kept %q, opened %q, want %q: %v", what, s, plain, want, err)
			}
		}
		seen := 0
		for _, r := range w.rows(household.HouseholdType) {
			h := r.(*household.Household)
			holds(h.Code, h.BankAccount, map[string]string{"H1": bank}[h.Code])
			seen++
		}
		for _, r := range w.rows(household.MemberType) {
			m := r.(*household.Member)
			holds(m.Code, m.CertNo, map[string]string{"H101": cert}[m.Code])
			holds(m.Code, m.Diagnosis, map[string]string{"H101": illness}[m.Code])
			seen++
		}
		if seen != 6 {
			t.Errorf("%d rows looked at", seen)
		}
	})
}

package delta_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"daohu/server/fault"
	"daohu/server/servertest/town"
)

// FuzzExchange sends any bytes as a sync request of a cadre who holds a
// household: no panic, no failure that is not the sender's (quality.md A17).
func FuzzExchange(f *testing.F) {
	b, err := town.Open(f.Context(), town.Options{File: filepath.Join(f.TempDir(), "daohu.db"), Seed: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = b.DB.Close() })
	tn, err := b.Add(f.Context(), town.Size{Cadres: 1, Houses: 1})
	if err != nil {
		f.Fatal(err)
	}
	request := func(mut string) string {
		return fmt.Sprintf(`{"cursor":"","schema":1,"client":"AAAAAAAAAAAA","acked":[0,""],"muts":[%s],"budget":4096,"unsent":[0,0]}`, mut)
	}
	for _, mut := range []string{
		``, fmt.Sprintf(`[1,1,"visit","AAAAAAAAAAAB","%s",{"day":"2026-03-02","met":[["a"],1,null]},1]`, tn.Houses[0]),
		fmt.Sprintf(`[1,9007199254740991,"household","%[1]s","%[1]s",{"phone":"1","income":1e3},-1]`, tn.Houses[0]),
		`[1,1,"visit","AAAAAAAAAAAB","AAAAAAAAAAAC",null,1]`, `[1,1,"","","",{},0],[1,1,"","","",{},0]`, `[]`, `[1,1,"visit","AAAAAAAAAAAB","x",{"text":"\ud800"},1]`,
		`[1,1,"card","AAAAAAAAAAAB","AAAAAAAAAAAC",{"":0,"day":{"a":[]}},1]`, `[123456789012345678901234,1,"visit","a","b",{},1]`,
	} {
		f.Add([]byte(request(mut)))
	}
	f.Add([]byte(`{"cursor":"` + strings.Repeat("A", 300) + `","schema":-1,"client":"","acked":[],"muts":null,"budget":-5,"unsent":[1],"digests":[["x",1]]}`))
	f.Add([]byte("\xff{"))
	f.Fuzz(func(t *testing.T, body []byte) {
		out, err := b.Delta.Exchange(t.Context(), tn.Cadres[0], body)
		if code := fault.CodeOf(err); err != nil && (code == fault.Internal || code == fault.Unavailable) {
			t.Errorf("%q: %v", body, err)
		}
		if (err == nil) == (len(out) == 0) {
			t.Errorf("%q: %d bytes and %v", body, len(out), err)
		}
	})
}

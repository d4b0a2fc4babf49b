package store_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"daohu/server/servertest/town"
)

// TestPollLooksAtItsOwnTownships, however many there are: what a poll costs
// must not grow with the townships of the database (quality.md, speed and
// weight).
func TestPollLooksAtItsOwnTownships(t *testing.T) {
	for _, name := range []string{"sqlite", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			var last string
			o := options(t, name)
			o.Trace = func(sql string) { last = sql }
			b, err := town.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.DB.Close() })
			p := &place{Base: b, raw: rawDB(t, o), mysql: name != "sqlite"}
			// Made the other way round, so that the order of the answer is not that of the codes.
			second, first := p.town(t, town.Size{Cadres: 1, Houses: 3}), p.town(t, town.Size{Cadres: 1, Houses: 13})
			p.exec(t, "INSERT INTO `assignment` (`principal`, `township`, `household`, `source`, `since_seq`, `until_seq`, `ended_at`, `role`) "+
				"SELECT ?, `township`, `household`, 'another', `since_seq`, 0, 0, `role` FROM `assignment` WHERE `principal` = ?", first.Cadres[0].User, second.Cadres[0].User)
			for i := range 300 {
				p.exec(t, "INSERT INTO `space` (`no`, `township`, `county`, `common`, `seq`, `epoch`, `min_cursor`, `audit_head`) VALUES (?, ?, 'c', ?, 0, 1, 0, '')", 1000+i, fmt.Sprint("t", i), fmt.Sprint("common", i))
			}
			if p.mysql {
				p.exec(t, "ANALYZE TABLE `space`, `assignment`, `client`")
			}
			got, err := p.DB.Spaces(t.Context(), first.Cadres[0].User, p.DB.NewID())
			if err != nil {
				t.Fatal(err)
			}
			var towns []string
			for _, s := range got {
				towns = append(towns, s.Township)
			}
			if want := []string{second.Township, first.Township}; !slices.Equal(towns, want) {
				t.Errorf("spaces of %q, want %q", towns, want)
			}
			for _, at := range p.plan(t, last, first.Cadres[0].User, first.Cadres[0].User) {
				rows, _ := strconv.Atoi(at["rows"])
				if strings.Contains(at["detail"], "SCAN s") || at["table"] == "s" && (at["key"] != "space_township" || rows > 1) {
					t.Errorf("a poll walks the townships of others: %v", at)
				}
			}
		})
	}
}

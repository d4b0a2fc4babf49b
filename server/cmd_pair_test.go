package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"daohu/server/demo"
)

// TestPairCommands: an operator looks at the pairings of a township and hands
// a cadre's households over.
func TestPairCommands(t *testing.T) {
	eachShell(t, func(t *testing.T, s, _ *shell) {
		s.run(0, "import", book(t, nil))
		town := "--township=" + demo.SecondTownship
		list := func(more ...string) []string {
			t.Helper()
			return strings.Split(strings.TrimSpace(s.run(0, append([]string{"pair", "list", town}, more...)...)), "\n")
		}
		if all := list(); len(all) != 22 || strings.Count(strings.Join(all, "\n"), "cadre-157") != 3 {
			t.Errorf("%q", all)
		}
		mine := list("--cadre=cadre-201")
		first, second := strings.Fields(mine[0]), strings.Fields(mine[1])
		if first[1] != "cadre-201" || len(first) != 3 || len(list("--cadre=cadre-201", "--on="+first[2])) == 0 {
			t.Errorf("%q", mine)
		}
		s.has(s.run(1, "pair", "list", town, "--on=yesterday"), "on:")
		s.has(s.run(1, "pair", "list", "--township=999999"), "没有这个乡镇")

		s.has(s.run(0, "pair", "handover", "cadre-201", "cadre-202", town, "--dry-run"), "户 "+first[0], "没有改动")
		if got := list("--cadre=cadre-201"); strings.Join(got, "\n") != strings.Join(mine, "\n") {
			t.Errorf("a dry run changed %q to %q", mine, got)
		}
		s.has(s.run(1, "pair", "handover", "cadre-201", "cadre-999", town), "households[1].to: 没有这位帮扶干部")
		s.has(s.run(0, "pair", "handover", "cadre-201", town, "--household="+first[0]+"=cadre-203"), "已移交 1 户", "cadre-203")
		if got := list("--on=2100-01-01"); !strings.Contains(strings.Join(got, "\n"), first[0]+"\tcadre-203") {
			t.Errorf("%q", got)
		}
		s.has(s.run(0, "pair", "handover", "cadre-201", "cadre-157", town, "--reason=调离"), "已移交", "户 "+second[0]+"\tcadre-201\tcadre-157")
		s.has(s.run(1, "pair", "handover", "cadre-201", "cadre-202", town), "没有正在结对的户")
		s.run(0, "user", "disable", "cadre-203")
		s.has(s.run(0, "pair", "gaps"), "应结对\t22 户", "已结对\t22 户", "没有结对\t0 户", "干部已停用\t户 "+first[0]+"\tcadre-203")
		out := s.run(0, "pair", "quota", town)
		s.has(out, "sample-54321", "样例", "干部\t8 名", "\tcadre-201\t", "现在 0 户。")
		if strings.Contains(out, "cadre-203\t") { // out of use: not compared
			t.Errorf("\n%s", out)
		}
		s.has(s.run(0, "audit", "verify"), "3 lines", "0 findings")
	})
}

// demoQuota checks the quota of the first demo township against its own lines:
// 157 cadres, each either met or listed once, by login, and the one who helps
// in both townships with her households of both.
func (s *shell) demoQuota(out string) {
	s.t.Helper()
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var met, under, over, noRank, other int
	if _, err := fmt.Sscanf(lines[1], "干部\t157 名\t符合 %d\t少了 %d\t多了 %d\t没有填职级 %d\t职级不在表里 %d", &met, &under, &over, &noRank, &other); err != nil {
		s.t.Fatalf("%v in %q", err, lines[1])
	}
	if met+under+over != 157 || noRank+other != 0 || len(lines)-2 != under+over || !slices.IsSorted(lines[2:]) {
		s.t.Errorf("%s and %d lines", lines[1], len(lines)-2)
	}
	var here, all int
	for _, l := range s.pairs(demo.Township) {
		if strings.Contains(l, demo.SharedCadre) {
			here++
		}
	}
	for _, l := range lines[2:] {
		if login, rest, _ := strings.Cut(strings.TrimSpace(l), "\t"); login == demo.SharedCadre {
			_, rest, _ = strings.Cut(rest, "\t")
			_, _ = fmt.Sscanf(rest, "%d 户", &all)
		}
	}
	if here < 2 || all != here+3 {
		s.t.Errorf("%s has %d households here and %d in all, want three more", demo.SharedCadre, here, all)
	}
	s.t.Logf("quota of the demo: %s", lines[1])
}

func (s *shell) pairs(township string) []string {
	s.t.Helper()
	return strings.Split(strings.TrimSpace(s.run(0, "pair", "list", "--demo", "--township="+township)), "\n")
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daohu/server/demo"
)

// TestSettingCommands: the words of a township are looked at, changed to
// another profile, edited as a file; the figures are told in them.
func TestSettingCommands(t *testing.T) {
	eachShell(t, func(t *testing.T, s, _ *shell) {
		s.run(0, "import", book(t, nil))
		town := "--township=" + demo.SecondTownship
		s.has(s.run(0, "setting", "list", town), demo.SecondTownship+"\tterms\t用词\t脱贫攻坚（2016 起）\t本乡镇第 1 版", "可选\tregular-2026")
		s.has(s.run(0, "setting", "show", "terms", town), `"household": "贫困户"`)
		s.has(s.run(0, "figures", town), "帮扶干部\t")

		s.has(s.run(2, "setting", "publish", "terms", "--use=regular-2026"), "--reason")
		s.has(s.run(1, "setting", "publish", "terms", "--use=gossip", "--reason=试"), "use: 没有这份")
		s.has(s.run(1, "setting", "publish", "gossip", "--use=x", "--reason=试"), "没有这种设置")
		s.has(s.run(1, "setting", "show", "terms", "--township=1"), "not-found")
		s.has(s.run(0, "setting", "publish", "terms", "--use=regular-2026", "--reason=进入常态化"), demo.SecondTownship)
		s.has(s.run(0, "setting", "list"), "本乡镇第 2 版")
		s.has(s.run(0, "figures", town), "帮扶责任人\t")

		file := filepath.Join(t.TempDir(), "words.json")
		own := strings.Replace(s.run(0, "setting", "show", "terms", town), "帮扶责任人", "联户干部", 1)
		for _, c := range []struct {
			text string
			exit int
			says string
		}{{"{}", 1, "words.household"}, {own, 0, demo.SecondTownship}} {
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			s.has(s.run(c.exit, "setting", "publish", "terms", "--file="+file, "--title=本镇用词", "--reason=按本镇习惯", town), c.says)
		}
		s.has(s.run(0, "figures", town), "联户干部\t")
		s.has(s.run(0, "setting", "list"), "本镇用词\t本乡镇第 3 版")
		s.has(s.run(0, "audit", "verify"), "1")
	})
}

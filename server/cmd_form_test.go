package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"

	"daohu/server/demo"
)

// TestFormCommands: an example, a check, a draft, a workbook with faults, and
// the rate of a township where nobody was asked.
func TestFormCommands(t *testing.T) {
	eachShell(t, func(t *testing.T, s, _ *shell) {
		s.run(0, "import", book(t, nil))
		town := "--township=" + demo.SecondTownship
		file := filepath.Join(t.TempDir(), "quiz.xlsx")
		s.run(0, "form", "example", file)
		s.has(s.run(1, "form", "example", file), "exists")
		s.has(s.run(2, "form", "import", file), "--township")
		s.has(s.run(0, "form", "import", file, town, "--dry-run"), "政策问答（示例）（example-quiz）：没有问题", "没有存草稿")
		s.has(s.run(0, "form", "import", file, town), "草稿", "已存好")
		s.has(s.run(1, "form", "import", file, "--township=1"), "not-found")

		f, err := excelize.OpenFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for cell, v := range map[string]string{"A7": "decimal", "E9": "${find} = 'office'"} {
			if err := f.SetCellValue("survey", cell, v); err != nil {
				t.Fatal(err)
			}
		}
		bad := filepath.Join(t.TempDir(), "bad.xlsx")
		if err := f.SaveAs(bad); err != nil {
			t.Fatal(err)
		}
		s.has(s.run(1, "form", "import", bad, town), "error\tsurvey!A7\ttype\t不支持“decimal”", "建议：integer", "error\tsurvey!E9\trelevant\t", "建议：selected(${find}, 'office')", "no draft was made")
		if err := os.WriteFile(bad, []byte("no archive"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.has(s.run(1, "form", "import", bad, town), "bad-media")

		s.has(s.run(0, "rates", town), "政策知晓率\t目标 95%", "全部\t60 户\tdenominator-unknown\t这段时间没有问过", "医保看病\t60 户")
		s.has(s.run(1, "rates", town, "--topic=gossip"), "topic: 问答里没有这个主题")
		s.has(s.run(1, "rates", town, "--from=2026"), "from: 月份")
		s.has(s.run(0, "setting", "list", town), "awareness\t政策知晓率目标")
		s.run(0, "audit", "verify")
	})
}

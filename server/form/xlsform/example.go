package xlsform

import (
	"io"

	"github.com/xuri/excelize/v2"
)

// Example writes a workbook to begin with: a short quiz that shows every
// column.
func Example(w io.Writer) error {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // in memory
	for i, s := range example() {
		if i == 0 {
			if err := f.SetSheetName("Sheet1", s.name); err != nil {
				return err
			}
		} else if _, err := f.NewSheet(s.name); err != nil {
			return err
		}
		for n, cells := range s.rows {
			at, err := excelize.CoordinatesToCellName(1, n+1)
			if err != nil {
				return err
			}
			if err := f.SetSheetRow(s.name, at, &cells); err != nil {
				return err
			}
		}
		if err := f.SetColWidth(s.name, "A", "I", 20); err != nil {
			return err
		}
	}
	return f.Write(w)
}

type exampleSheet struct {
	name string
	rows [][]any
}

func example() []exampleSheet {
	return []exampleSheet{
		{Survey, [][]any{
			{"type", "name", "label", "required", "relevant", "points", "topic", "answer", "met"},
			{"note", "hello", "先说明来意，答不上来不要紧。"},
			{"select_one yesno", "pupil", "家里有上小学、初中的孩子吗？", "yes"},
			{"select_one yesno", "stay", "家里再难，也要让孩子把学上完。对不对？", "no", "${pupil} = 'yes'", 1, "education", "yes"},
			{"select_one who", "ask", "医保能报多少，该问谁？", "", "", 1, "health", "office"},
			{"select_multiple way", "find", "想找活干，哪些是正路？", "", "", 2, "job", "office course"},
			{"integer", "out", "家里几个人在外务工？"},
			{"date", "since", "最早是哪天出去的？", "${out} > 0", "${out} > 0"},
			{"text", "why", "为什么没有去问？", "", "not(selected(${find}, 'office')) and ${ask} != 'office'"},
			{"image", "book", "请拍一下口袋书放在哪里", "", "", "", "", "", ""},
		}},
		{Choices, [][]any{
			{"list_name", "name", "label"},
			{"who", "office", "村干部，或者镇里管医保的人"}, {"who", "advert", "路边发广告的人"},
			{"way", "office", "问村里、镇里管就业的人"}, {"way", "course", "参加政府办的技能培训"}, {"way", "stranger", "跟不认识的人走"},
		}},
		{Topics, [][]any{
			{"key", "name", "card", "aware"},
			{"education", "上学", "school"}, {"health", "医保看病", "health-claim"}, {"job", "就业帮扶", "job-skill", "${@percent} >= 50"},
		}},
		{Settings, [][]any{
			{"form_title", "form_id", "kind", "pass"},
			{"政策问答（示例）", "example-quiz", "quiz", "${@percent} >= 75"},
		}},
	}
}

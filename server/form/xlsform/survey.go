package xlsform

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"daohu/server/form"
	"daohu/server/workbook"
)

// yesNo is the list whose two answers every paper knows: it needs no choices.
const yesNo = "yesno"

// choices reads the lists of options.
func (x *reader) choices() {
	for _, r := range x.rows(Choices) {
		list := r.get("list_name")
		o := form.Option{Key: r.get("name"), Label: r.get("label")}
		if list == "" {
			x.add(r, "list_name", "required", "这里不能空着。", "")
		}
		for _, have := range x.lists[list] {
			if have.Key == o.Key && o.Key != "" {
				x.add(r, "name", CodeTwice, "这一组里已有这个选项代号。", "")
			}
		}
		x.options[list] = append(x.options[list], r)
		x.lists[list] = append(x.lists[list], o)
	}
}

// item reads one row of survey; it is added to the paper even when something
// is wrong with it, so that rows and items keep in step.
func (x *reader) item(p *form.Paper, r row) {
	it := form.Item{Key: r.get("name"), Label: r.get("label"), Topic: r.get("topic")}
	x.kind(&it, r)
	if s := r.get("points"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			x.add(r, "points", "format", "分值要填整数。", "")
		}
		it.Points = n
	}
	if s := r.get("answer"); s != "" {
		it.Answer = x.answer(&it, r, s)
	}
	if _, twice := x.kinds[it.Key]; twice {
		x.add(r, "name", CodeTwice, "这个代号前面已有一道题用了。", "")
	}
	x.kinds[it.Key] = it.Kind
	p.Items = append(p.Items, it)
	x.items = append(x.items, r)
}

// kind reads the type.
func (x *reader) kind(it *form.Item, r row) {
	words := strings.Fields(r.get("type"))
	kinds := map[string]form.Kind{"select_one": form.Single, "select_multiple": form.Multiple, "integer": form.Number, "date": form.Date, "text": form.Words, "image": form.Photo, "note": form.Note}
	if len(words) == 0 {
		x.add(r, "type", "required", "这里不能空着。", "")
		it.Kind = form.Note
		return
	}
	it.Kind = kinds[words[0]]
	choice := it.Kind == form.Single || it.Kind == form.Multiple
	switch {
	case it.Kind == "":
		// What cannot be had any other way gets no suggestion.
		like := map[string]string{"decimal": "integer", "range": "integer", "string": "text", "photo": "image", "select1": "select_one", "select": "select_multiple", "rank": "select_multiple", "acknowledge": "select_one yesno", "datetime": "date", "today": "date"}[words[0]]
		if like == "" {
			like = workbook.Nearest(words[0], []string{"select_one", "select_multiple", "integer", "date", "text", "image", "note"})
		}
		x.add(r, "type", CodeType, "不支持“"+words[0]+"”这种题型。", like)
		it.Kind = form.Note
	case choice && len(words) == 1:
		x.add(r, "type", CodeType, words[0]+" 后面要写选项组的名字。", words[0]+" "+yesNo)
	case choice && len(words) > 2, !choice && len(words) > 1:
		x.add(r, "type", CodeType, "“"+strings.Join(words[1:], " ")+"”写多了。", strings.Join(words[:min(len(words)-1, 2)], " "))
	case choice && it.Kind == form.Single && words[1] == yesNo && x.lists[yesNo] == nil:
		it.Kind = form.YesNo
	case choice:
		if it.Options = x.lists[words[1]]; it.Options == nil {
			var names []string
			for name := range x.lists {
				names = append(names, name)
			}
			near := workbook.Nearest(words[1], names)
			if near != "" {
				near = words[0] + " " + near
			}
			x.add(r, "type", CodeType, "choices 表里没有“"+words[1]+"”这一组选项。", near)
		}
	}
}

// answer turns the cell into the answer's JSON; whether it fits is the paper's
// own check.
func (x *reader) answer(it *form.Item, r row, s string) json.RawMessage {
	var v any = s
	switch it.Kind {
	case form.Multiple:
		v = strings.Fields(strings.NewReplacer(",", " ", "，", " ").Replace(s))
	case form.Number:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			x.add(r, "answer", "format", "答案要填整数。", "")
			return nil
		}
		v = n
	case form.Date:
		if n, err := strconv.ParseFloat(s, 64); err == nil { // Excel keeps days as numbers
			if day, err := excelize.ExcelDateToTime(n, x.date1904); err == nil {
				v = day.Format(time.DateOnly)
			}
		}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		x.add(r, "answer", "format", "答案不能保存。", "")
		return nil
	}
	return raw
}

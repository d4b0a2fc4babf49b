package roster

import (
	"slices"

	"daohu/server/area"
	"daohu/server/record"
)

// check compares rows with each other. A cell that was refused already is not
// judged again, and an empty reference was named when it was read.
func (p *parser) check() {
	houses := p.checkHouseholds()
	p.checkAreas()
	p.checkMembers(houses)
	cadres := p.checkCadres()
	p.checkPairings(houses, cadres)
	p.checkVisits(houses, cadres)
	p.checkMeasures(houses)
}

func (p *parser) isBad(sheet string, row int, head string) bool {
	return p.bad[cellKey{sheet, row, head}]
}

func (p *parser) read(sheet string) bool { return p.heads[sheet] != nil }

// unique files an issue when key was seen in an earlier row; seen keeps rows.
func (p *parser) unique(seen map[string]int, sheet string, row int, head, key string) {
	if key == "" {
		return
	}
	if before, twice := seen[key]; twice {
		p.at(Error, sheet, row, head, CodeDuplicate, "和第 "+itoa(before)+" 行的"+head+"重复。", "")
		return
	}
	seen[key] = row
}

// above says which level a level hangs under.
var above = map[string]string{area.Township: area.County, area.Village: area.Township, area.Group: area.Village}

func (p *parser) checkAreas() {
	seen := map[string]int{}
	for i, a := range p.book.Areas {
		row := p.rowsOf[SheetAreas][i]
		p.unique(seen, SheetAreas, row, "代码", a.Code)
		if a.Level == "" || p.isBad(SheetAreas, row, "上级代码") {
			continue
		}
		up, ok := p.env.places.byCode[a.Parent]
		switch {
		case a.Level == area.County:
			if a.Parent != "" {
				p.at(Error, SheetAreas, row, "上级代码", CodeNoArea, "县的上级代码要空着。", "")
			}
		case a.Parent == "":
			p.at(Error, SheetAreas, row, "上级代码", "required", "除了县，都要填上级代码。", "")
		case !ok:
			p.at(Error, SheetAreas, row, "上级代码", CodeNoArea, "没有这个上级代码。", "")
		case up.Level != above[a.Level]:
			p.at(Error, SheetAreas, row, "上级代码", CodeNoArea, "上级代码指的不是上一级。", "")
		}
		if a.Level != area.Village && (a.Poor != "" || a.ExitPlan != 0 || a.ExitYear != 0) {
			p.at(Warning, SheetAreas, row, "贫困类型", "not-allowed", "只有行政村才填贫困类型和出列年度。", "")
		}
	}
}

// checkHouseholds returns the codes that other sheets may refer to.
func (p *parser) checkHouseholds() map[string]bool {
	houses, seen := map[string]bool{}, map[string]int{}
	for _, c := range p.known.Households {
		houses[c] = true
	}
	heads := p.headRows()
	township := ""
	for i := range p.book.Households {
		h := &p.book.Households[i]
		p.unique(seen, SheetHouseholds, h.Row, "户编号", h.Rec.Code)
		inRegistry := houses[h.Rec.Code]
		if t := p.env.places.township(h.Rec.Village); t != "" {
			if township == "" {
				township = t
			} else if t != township {
				p.at(Error, SheetHouseholds, h.Row, "行政村", CodeTownship, "这个村不在前面各户所在的乡镇，一个文件只能有一个乡镇。", "")
			}
		}
		if groups := p.env.places.groups[h.Rec.Village]; h.Group != "" && len(groups) > 0 && !groups[h.Group] {
			p.at(Warning, SheetHouseholds, h.Row, "村民组", CodeNoGroup, "这个村没有登记这个村民组。", nearest(h.Group, sorted(groups)))
		}
		p.checkHead(h, heads, p.read(SheetMembers) && (heads[h.Rec.Code] != nil || !inRegistry))
	}
	for c := range seen {
		houses[c] = true
	}
	return houses
}

// headRows maps households to the first 户主 in 家庭成员 and names every further
// one.
func (p *parser) headRows() map[string]*MemberRow {
	heads := map[string]*MemberRow{}
	for i := range p.book.Members {
		m := &p.book.Members[i]
		if m.Rec.Relation != headRelation || m.Rec.Left != "" || m.House == "" {
			continue
		}
		if first := heads[m.House]; first != nil {
			p.at(Error, SheetMembers, m.Row, "与户主关系", CodeTwoHeads, "第 "+itoa(first.Row)+" 行已经是这一户的户主，一户只能有一个。", "")
			continue
		}
		heads[m.House] = m
	}
	return heads
}

func (p *parser) checkHead(h *HouseRow, heads map[string]*MemberRow, judge bool) {
	if h.Rec.Code == "" || !judge {
		return
	}
	m := heads[h.Rec.Code]
	if m == nil {
		p.at(Error, SheetHouseholds, h.Row, "户编号", CodeNoHead, "“"+SheetMembers+"”里这一户没有户主。", "")
		return
	}
	if h.Rec.Head != "" && m.Rec.Name != "" && h.Rec.Head != m.Rec.Name {
		p.at(Warning, SheetHouseholds, h.Row, "户主姓名", CodeHeadName, "和“"+SheetMembers+"”第 "+itoa(m.Row)+" 行的户主不是同一个名字，按那里的导入。", m.Rec.Name)
	}
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

func (p *parser) checkMembers(houses map[string]bool) {
	codes, numbers := map[string]int{}, map[string]int{}
	for i := range p.book.Members {
		m := &p.book.Members[i]
		if m.House != "" && !houses[m.House] {
			p.at(Error, SheetMembers, m.Row, "户编号", CodeNoHousehold, "没有这个户编号的农户。", "")
		}
		p.unique(codes, SheetMembers, m.Row, "人编号", m.Rec.Code)
		if m.Rec.Code == "" && m.IDNo == "" && !p.isBad(SheetMembers, m.Row, "人编号") && !p.isBad(SheetMembers, m.Row, "证件号码") {
			p.refuse(SheetMembers, m.Row, "人编号", &record.Problem{Code: "required", Detail: "人编号和证件号码至少要填一个，不然认不出是谁。"}, "")
		}
		if m.IDNo == "" {
			if !p.isBad(SheetMembers, m.Row, "证件号码") && p.read(SheetMembers) {
				p.at(Warning, SheetMembers, m.Row, "证件号码", CodeNoID, "没有证件号码；没有证件的人用 999999 开头的编号。", "")
			}
			continue
		}
		if m.Rec.Left == "" { // who moved within the township left a row behind
			p.unique(numbers, SheetMembers, m.Row, "证件号码", m.IDNo[:18])
		}
		if m.Rec.Birth != "" && m.Rec.Birth != IDBirth(m.IDNo) {
			p.at(Warning, SheetMembers, m.Row, "出生年月", CodeIDBirth, "和证件号码里的出生年月不一样。", IDBirth(m.IDNo))
		}
		if m.Rec.Sex != "" && m.Rec.Sex != IDSex(m.IDNo) {
			p.at(Warning, SheetMembers, m.Row, "性别", CodeIDSex, "和证件号码里的性别不一样。", IDSex(m.IDNo))
		}
		if p.known.Today != "" && IDBirth(m.IDNo) > p.known.Today[:7] {
			p.at(Error, SheetMembers, m.Row, "证件号码", CodeFuture, "出生日期还没有到。", "")
		}
	}
}

// checkCadres says to which logins other sheets may refer.
func (p *parser) checkCadres() func(login string) bool {
	seen := map[string]int{}
	for i := range p.book.Cadres {
		c := &p.book.Cadres[i]
		p.unique(seen, SheetCadres, c.Row, "工号", c.Login)
		if c.Role == "V" && c.Village == "" && !p.isBad(SheetCadres, c.Row, "包村") {
			p.at(Error, SheetCadres, c.Row, "包村", "required", "村干部要填包村。", "")
		}
	}
	return func(login string) bool {
		_, own := seen[login]
		return own || p.known.Cadre != nil && p.known.Cadre(login)
	}
}

// refer checks the two references that pairings and visits share.
func (p *parser) refer(sheet string, row int, house, cadre string, houses map[string]bool, cadres func(string) bool) {
	if house != "" && !houses[house] {
		p.at(Error, sheet, row, "户编号", CodeNoHousehold, "没有这个户编号的农户。", "")
	}
	if cadre != "" && !cadres(cadre) {
		p.at(Error, sheet, row, "干部工号", CodeNoCadre, "“"+SheetCadres+"”里没有这个工号。", "")
	}
}

func (p *parser) checkPairings(houses map[string]bool, cadres func(string) bool) {
	open := map[string]int{}
	for i := range p.book.Pairings {
		r := &p.book.Pairings[i]
		p.refer(SheetPairings, r.Row, r.House, r.Cadre, houses, cadres)
		if r.To != "" && r.From != "" && r.To < r.From {
			p.at(Error, SheetPairings, r.Row, "结束日期", CodeOrder, "结束日期早于开始日期。", "")
		}
		p.notAfterToday(SheetPairings, r.Row, "开始日期", r.From)
		if r.To != "" || r.House == "" || p.isBad(SheetPairings, r.Row, "结束日期") {
			continue
		}
		if before, twice := open[r.House]; twice {
			p.at(Error, SheetPairings, r.Row, "户编号", CodeTwoPairings, "第 "+itoa(before)+" 行已有这一户没有结束的结对，请先给那一行填结束日期。", "")
			continue
		}
		open[r.House] = r.Row
	}
}

func (p *parser) checkVisits(houses map[string]bool, cadres func(string) bool) {
	type key struct{ house, cadre, day string }
	seen := map[key]int{}
	for i := range p.book.Visits {
		v := &p.book.Visits[i]
		p.refer(SheetVisits, v.Row, v.House, v.Cadre, houses, cadres)
		p.notAfterToday(SheetVisits, v.Row, "日期", v.Rec.Day)
		k := key{v.House, v.Cadre, v.Rec.Day}
		if k.house == "" || k.cadre == "" || k.day == "" {
			continue
		}
		if before, twice := seen[k]; twice {
			p.at(Warning, SheetVisits, v.Row, "日期", CodeTwiceVisited, "和第 "+itoa(before)+" 行是同一户、同一干部、同一天。", "")
			continue
		}
		seen[k] = v.Row
	}
}

func (p *parser) notAfterToday(sheet string, row int, head, day string) {
	if p.known.Today != "" && day > p.known.Today {
		p.at(Error, sheet, row, head, CodeFuture, "这一天还没有到。", "")
	}
}

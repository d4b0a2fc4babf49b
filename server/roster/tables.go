package roster

import (
	"daohu/server/activity"
	"daohu/server/area"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/terms"
)

// table declares one sheet: its columns in the order in which they are written.
type table[R any] struct {
	sheet string
	alias []string
	cols  []column[R]
	rows  func(*Book) *[]R
	at    func(*R) *int // where the row keeps its number; nil = it does not
}

// sheets lists the tables in the order in which they have to be read: areas
// first, because villages are looked up in them.
func sheets() []sheet {
	return []sheet{areaTable(), householdTable(), memberTable(), cadreTable(), pairingTable(), visitTable(), measureTable()}
}

// Fields of rows that are no synced record, and references beside one.
func houseRef() record.Field { return record.Field{Name: "house", Kind: record.Text, Max: 32} }
func cadreRef() record.Field { return record.Field{Name: "login", Kind: record.Text, Max: 32} }
func areaRef() record.Field {
	return record.Field{Name: "area", Kind: record.Text, Max: 16, Format: "area"}
}
func short(name string, max int64) record.Field {
	return record.Field{Name: name, Kind: record.Text, Max: max}
}

func areaTable() *table[area.Area] {
	type R = area.Area
	return &table[R]{sheet: SheetAreas, alias: []string{"区划", "地区"}, rows: func(b *Book) *[]R { return &b.Areas },
		cols: []column[R]{
			text("代码", areaRef(), func(a *R) *string { return &a.Code }).must().also("区划代码", "地区代码"),
			text("上级代码", areaRef(), func(a *R) *string { return &a.Parent }).also("上级区划代码"),
			text("级别", short("level", 8), func(a *R) *string { return &a.Level }).must().words(
				[][2]string{{area.County, "县"}, {area.Township, "乡镇"}, {area.Village, "行政村"}, {area.Group, "村民组"}},
				map[string]string{"县级": "县", "区": "县", "乡": "乡镇", "镇": "乡镇", "乡级": "乡镇", "村": "行政村", "村级": "行政村", "组": "村民组", "寨": "村民组", "村民小组": "村民组"}),
			text("名称", short("name", 30), func(a *R) *string { return &a.Name }).must().by(name).also("区划名称"),
			text("贫困类型", short("poor", 10), func(a *R) *string { return &a.Poor }).words(
				[][2]string{{"poor", "贫困村"}, {"deep_poor", "深度贫困村"}, {"", "非贫困村"}},
				map[string]string{"深贫村": "深度贫困村", "一般村": "非贫困村", "否": "非贫困村", "是": "贫困村"}).blank("非贫困村"),
			number("计划出列年度", 2100, func(a *R) *int64 { return &a.ExitPlan }).by(year),
			number("出列年度", 2100, func(a *R) *int64 { return &a.ExitYear }).by(year),
			text("术语方案", record.Field{Name: "profile", Kind: record.Text, Max: 20, Enum: terms.Names()}, func(a *R) *string { return &a.Profile }),
		}}
}

func cadreTable() *table[CadreRow] {
	type R = CadreRow
	village := text("包村", areaRef(), func(r *R) *string { return &r.Village }).also("所包村")
	village.in, village.out = villageIn, villageOut
	return &table[R]{sheet: SheetCadres, alias: []string{"干部", "帮扶责任人"}, at: func(r *R) *int { return &r.Row },
		rows: func(b *Book) *[]R { return &b.Cadres },
		cols: []column[R]{
			text("工号", cadreRef(), func(r *R) *string { return &r.Login }).must().by(login).also("干部工号", "登录名", "login", "AAK110"),
			text("姓名", short("name", 50), func(r *R) *string { return &r.Name }).must().by(name),
			text("单位", short("unit", 60), func(r *R) *string { return &r.Unit }).also("单位名称", "AAP001"),
			text("级别", short("tier", 10), func(r *R) *string { return &r.Tier }).must().words(
				[][2]string{{TierCounty, "县直"}, {TierTownship, "乡镇"}, {TierVillage, "村"}},
				map[string]string{"县": "县直", "县级": "县直", "乡": "乡镇", "镇": "乡镇", "村级": "村"}),
			text("职级", short("rank", 12), func(r *R) *string { return &r.Rank }).by(name),
			sealed("联系电话", pairing.Type, "phone", func(r *R) *string { return &r.Phone }).by(phone).also("电话", "AAR012"),
			text("角色", short("role", 8), func(r *R) *string { return &r.Role }).must().words(
				[][2]string{{"C", "帮扶干部"}, {"V", "村干部"}}, map[string]string{"结对干部": "帮扶干部", "帮扶责任人": "帮扶干部", "驻村工作队": "村干部", "驻村干部": "村干部"}),
			village,
		}}
}

func pairingTable() *table[PairingRow] {
	type R = PairingRow
	return &table[R]{sheet: SheetPairings, alias: []string{"结对帮扶"}, at: func(r *R) *int { return &r.Row },
		rows: func(b *Book) *[]R { return &b.Pairings },
		cols: []column[R]{
			text("户编号", houseRef(), func(r *R) *string { return &r.House }).must().by(code).also("AAC001"),
			text("干部工号", cadreRef(), func(r *R) *string { return &r.Cadre }).must().by(login).also("工号", "AAK110"),
			sealed("开始日期", pairing.Type, "from", func(r *R) *string { return &r.From }).must().also("AAR020"),
			sealed("结束日期", pairing.Type, "to", func(r *R) *string { return &r.To }).also("AAR021"),
			sealed("结束原因", pairing.Type, "reason", func(r *R) *string { return &r.Reason }),
		}}
}

func visitTable() *table[VisitRow] {
	type R = VisitRow
	of := func(head, field string) column[R] {
		return of(head, activity.VisitType, field, func(r *R) record.Record { return &r.Rec })
	}
	return &table[R]{sheet: SheetVisits, alias: []string{"走访记录", "到户记录"}, at: func(r *R) *int { return &r.Row },
		rows: func(b *Book) *[]R { return &b.Visits },
		cols: []column[R]{
			text("户编号", houseRef(), func(r *R) *string { return &r.House }).must().by(code).also("AAC001"),
			text("干部工号", cadreRef(), func(r *R) *string { return &r.Cadre }).must().by(login).also("工号", "AAK110"),
			of("日期", "day").also("走访日期"),
			of("四访阶段", "stage").words(
				[][2]string{{"1", "认门户"}, {"2", "出思路"}, {"3", "上措施"}, {"4", "见成效"}},
				map[string]string{"1": "认门户", "2": "出思路", "3": "上措施", "4": "见成效", "一访": "认门户", "二访": "出思路", "三访": "上措施", "四访": "见成效"}),
			of("内容", "text").also("走访内容"),
			of("发现的需求", "needs"),
		}}
}

// blank writes an empty cell for the value that is shown as word.
func (c column[R]) blank(word string) column[R] {
	out := c.out
	c.out = func(e *env, v string) string {
		if s := out(e, v); s != word {
			return s
		}
		return ""
	}
	return c
}

// villageIn takes a village's name or its code and returns the code.
func villageIn(e *env, _ record.Field, s string) (string, *record.Problem) {
	s = narrow(s)
	if a, ok := e.places.byCode[s]; ok && a.Level == area.Village {
		return s, nil
	}
	switch codes := e.places.villages[s]; len(codes) {
	case 0:
		return "", &record.Problem{Code: CodeNoVillage, Detail: "没有这个行政村，请先在“" + SheetAreas + "”里登记，或改正村名。"}
	case 1:
		return codes[0], nil
	}
	return "", &record.Problem{Code: CodeNoVillage, Detail: "有几个村都叫这个名字，请改填村的代码。"}
}

// villageOut is the name where it is enough, else the code.
func villageOut(e *env, code string) string {
	a, ok := e.places.byCode[code]
	if b, twin := e.places.byCode[a.Name]; !ok || a.Name != narrow(a.Name) || len(e.places.villages[a.Name]) != 1 || (twin && b.Code != code) {
		return code
	}
	return a.Name
}

// Package roster reads and writes a township's workbook: areas, households,
// members, cadres, pairings and visits under the Chinese headers of the
// national registry's export (design: domain.md B.3 and B.4).
//
// Parse only reads and checks; it stores nothing. It names every fault with
// sheet, row, column and header, so that whoever filled the sheet can find it.
// What it returns holds telephones, ID numbers, bank accounts, certificates and
// diagnoses in plain text, because they are sealed only when the rows are
// stored: a Book is never logged.
package roster

import (
	"daohu/server/activity"
	"daohu/server/area"
	"daohu/server/household"
)

// The sheets, in the order in which they are read and written.
const (
	SheetAreas      = "行政区划"
	SheetHouseholds = "农户"
	SheetMembers    = "家庭成员"
	SheetCadres     = "帮扶干部"
	SheetPairings   = "结对"
	SheetVisits     = "走访"
)

// Relation of the head of household to himself, AAB006 code 01.
const headRelation = "户主"

// Book is the content of one workbook. The zero Book is an empty workbook.
type Book struct {
	Areas      []area.Area
	Households []HouseRow
	Members    []MemberRow
	Cadres     []CadreRow
	Pairings   []PairingRow
	Visits     []VisitRow
	Measures   []MeasureRow
	src        *source // of a book that was read; nil = made by program
}

// source is where a book's cells stand in the file.
type source struct {
	heads map[string]map[string]int // sheet -> declared header -> column
	areas []int                     // rows of 行政区划
	// none are the cells that expressly say what is kept as nothing, such as 否
	// or 0. An empty cell is none of them: it says nothing.
	none map[cellKey]bool
}

// says reports whether a cell says anything, v being what it was read as.
func (b *Book) says(sheet string, row int, head, v string) bool {
	return v != "" || b.src != nil && b.src.none[cellKey{sheet, row, head}]
}

// areaRow is the row in which the area i stands.
func (b *Book) areaRow(i int) int {
	if b.src != nil {
		return b.src.areas[i]
	}
	return firstRow + i
}

// firstRow is the row below the headers as Write lays them out.
const firstRow = 2

// HouseRow is one row of 农户.
type HouseRow struct {
	Row int // as in Excel, from 1
	// Rec is what the row says. Meta and what is sealed are empty; Village is
	// the village's code; Head, People and Place follow from other rows
	// (Settle): People counts only the members in the same workbook.
	Rec         household.Household
	Group       string // 村民组 (寨) by name; "" = none given
	Phone       string // 户联系电话 in plain text
	BankAccount string // 银行账号 in plain text, digits
}

// MemberRow is one row of 家庭成员.
type MemberRow struct {
	Row       int
	House     string           // 户编号
	Rec       household.Member // Meta, what is sealed and IDIndex are empty
	IDNo      string           // 证件号码 in plain text: 18, 20 or 22 characters, "" = none
	CertNo    string           // 残疾证号 in plain text: 20 or 22 characters, "" = none
	Diagnosis string           // 病情 in plain text
}

// The tiers a cadre may come from.
const (
	TierCounty   = "county"   // 县直
	TierTownship = "township" // 乡镇
	TierVillage  = "village"  // 村
)

// CadreRow is one row of 帮扶干部.
type CadreRow struct {
	Row     int
	Login   string // 工号, the name to log in with
	Name    string
	Unit    string
	Tier    string // county, township, village
	Rank    string // 职级 in words; the quota by rank is an editable table
	Phone   string
	Role    string // role letter: C (帮扶干部) or V (村干部)
	Village string // 包村, a village's code; always there for V
}

// PairingRow is one row of 结对.
type PairingRow struct {
	Row    int
	House  string // 户编号
	Cadre  string // 工号
	From   string // day
	To     string // day; "" = still
	Reason string // why it ended
}

// VisitRow is one row of 走访.
type VisitRow struct {
	Row   int
	House string         // 户编号
	Cadre string         // 工号
	Rec   activity.Visit // Day, Stage, Text and Needs; the rest is empty
}

// Township is the code of the township the book is about: that of the first
// household's village, else of the first township named; "" = none.
func (b *Book) Township() string {
	at := map[string]string{}
	first := ""
	for _, a := range b.Areas {
		at[a.Code] = a.Township
		if first == "" {
			first = a.Township
		}
	}
	for i := range b.Households {
		if t := at[b.Households[i].Rec.Village]; t != "" {
			return t
		}
	}
	return first
}

// Profile is the terminology profile the book names for its township; "" = none.
func (b *Book) Profile() string {
	code := b.Township()
	for _, a := range b.Areas {
		if a.Code == code {
			return a.Profile
		}
	}
	return ""
}

// Settle numbers the rows as Write lays them out and fills in what follows
// from other rows: the township of an area, a household's head, number of
// people and place in words. Whoever makes a Book by program calls it before
// Write; Parse does the same except that it keeps the rows' own numbers. A
// settled book no longer knows the file it came from.
func (b *Book) Settle() {
	b.src = nil
	for i := range b.Households {
		b.Households[i].Row = firstRow + i
	}
	for i := range b.Members {
		b.Members[i].Row = firstRow + i
	}
	for i := range b.Cadres {
		b.Cadres[i].Row = firstRow + i
	}
	for i := range b.Pairings {
		b.Pairings[i].Row = firstRow + i
	}
	for i := range b.Visits {
		b.Visits[i].Row = firstRow + i
	}
	for i := range b.Measures {
		b.Measures[i].Row = firstRow + i
	}
	b.derive(newPlaces(nil, b.Areas))
}

func (b *Book) derive(p *places) {
	for i := range b.Areas {
		b.Areas[i].Township = p.township(b.Areas[i].Code)
	}
	heads, people := map[string]string{}, map[string]int64{}
	for i := range b.Members {
		m := &b.Members[i]
		if _, twice := heads[m.House]; m.Rec.Relation == headRelation && m.Rec.Left == "" && !twice {
			heads[m.House] = m.Rec.Name
		}
		if m.Rec.Left == "" {
			people[m.House]++
		}
	}
	for i := range b.Households {
		h := &b.Households[i]
		if name := heads[h.Rec.Code]; name != "" {
			h.Rec.Head = name
		}
		h.Rec.People = people[h.Rec.Code]
		h.Rec.Place = p.byCode[h.Rec.Village].Name + h.Group
	}
}

// places looks areas up by code and by name.
type places struct {
	byCode   map[string]area.Area
	villages map[string][]string        // name -> codes
	groups   map[string]map[string]bool // village code -> names of its groups
}

func newPlaces(known, own []area.Area) *places {
	p := &places{byCode: map[string]area.Area{}, villages: map[string][]string{}, groups: map[string]map[string]bool{}}
	for _, list := range [][]area.Area{known, own} {
		for _, a := range list {
			p.byCode[a.Code] = a // the file's own row is the newer one
		}
	}
	seen := map[string]bool{}
	for _, list := range [][]area.Area{own, known} {
		for _, a := range list {
			if seen[a.Code] {
				continue
			}
			switch seen[a.Code] = true; a.Level {
			case area.Village:
				p.villages[a.Name] = append(p.villages[a.Name], a.Code)
			case area.Group:
				if p.groups[a.Parent] == nil {
					p.groups[a.Parent] = map[string]bool{}
				}
				p.groups[a.Parent][a.Name] = true
			}
		}
	}
	return p
}

// township walks up from code; "" when there is no township on the way.
func (p *places) township(code string) string {
	for range 5 { // four levels; one more ends a circle
		a, ok := p.byCode[code]
		if !ok {
			return ""
		}
		if a.Level == area.Township {
			return a.Code
		}
		code = a.Parent
	}
	return ""
}

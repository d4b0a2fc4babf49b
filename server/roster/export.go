package roster

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"daohu/server/access"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/record"
)

// SheetNote is the sheet that says who took a workbook out, when and why. The
// importer does not read it.
const SheetNote = "说明"

// Note is the watermark of a workbook that leaves the system.
type Note struct {
	ID       string // of the export, as in the log
	Township string // code and name
	Who      string // the user's name
	At       string // Asia/Shanghai, 2006-01-02 15:04
	Why      string // the reason given; "" = none
	Masked   bool   // personal numbers are masked
}

// WriteNoted is Write with a watermark: a last sheet that the importer leaves
// unread, and a header and footer on every printed page.
func WriteNoted(w io.Writer, b *Book, n Note) error { return writeBook(w, b, &n) }

// maskedKind begins the watermark of what may not come back.
const maskedKind = "脱敏导出"

// Line is the watermark in one line.
func (n Note) Line() string {
	kind := "完整导出"
	if n.Masked {
		kind = maskedKind
	}
	return fmt.Sprintf("%s %s %s %s %s %s", kind, n.Township, n.Who, n.At, n.ID, n.Why)
}

// stamp prints the watermark on every page of a sheet. The format's texts are
// at most 255 characters (ECMA-376 part 1, 18.3.1.46) and double their "&".
func (n *Note) stamp(f *excelize.File, sheet string) error {
	if n == nil {
		return nil
	}
	text := strings.ReplaceAll(cut(n.Line(), 120), "&", "&&")
	return f.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddHeader: "&C" + text, OddFooter: "&C" + text})
}

func (n *Note) sheet(f *excelize.File) error {
	if n == nil {
		return nil
	}
	if _, err := f.NewSheet(SheetNote); err != nil {
		return err
	}
	w, err := f.NewStreamWriter(SheetNote)
	if err != nil {
		return err
	}
	personal := "证件号码、电话、银行账号、残疾证号和病情是完整的，请按规定保管，用完删除。"
	if n.Masked {
		personal = "证件号码、电话、银行账号、残疾证号和病情已经脱敏，这个文件不能再导入。"
	}
	kind, _, _ := strings.Cut(n.Line(), " ")
	for i, line := range [][2]string{{"种类", kind}, {"导出编号", n.ID}, {"乡镇", n.Township}, {"导出人", n.Who}, {"导出时间", n.At}, {"事由", n.Why}, {"提示", personal}} {
		if err := w.SetRow("A"+itoa(i+1), []any{line[0], line[1]}); err != nil {
			return err
		}
	}
	return w.Flush()
}

// Release is one thing that left the system, as the log keeps it. It holds
// no personal data.
type Release struct {
	ID         string `gorm:"primaryKey"`
	Township   string
	Actor      string // user id; "" = the operator at the command line
	Role       string // role letter whose view it is
	Full       bool   // personal numbers stand in it in full
	Day        string // Asia/Shanghai
	Place      int64  // which one of the day it was, from 1; set by the store
	Reason     string
	Households int64
	People     int64
	At         int64  // Unix ms
	Kind       string // Workbook, Sheet, Log or Copy: each is counted by itself
}

// The kinds of Release.
const (
	Workbook = ""      // and the ledger of a month: many households
	Sheet    = "sheet" // printed, of one household
	Log      = "log"   // lines of the audit log
	Copy     = "copy"  // of a household's own data, at its request
)

// TableName is the table of Release.
func (Release) TableName() string { return "export" }

// View turns stored records into rows as one role sees them: through the one
// projection (record.Type.Project), or, when Full, with every value in plain.
type View struct {
	Role   access.Role
	Full   bool
	Sealer record.Sealer
}

// House makes a row; false when the role may not see it. group is the name of
// the 村民组.
func (v View) House(h *household.Household, group string) (HouseRow, bool, error) {
	rec, plain, err := v.see(household.HouseholdType, h)
	if rec == nil || err != nil {
		return HouseRow{}, false, err
	}
	return HouseRow{Rec: *rec.(*household.Household), Group: group, Phone: plain["phone"], BankAccount: plain["bankAccount"]}, true, nil
}

// Member makes a row of the household with the 户编号 house.
func (v View) Member(m *household.Member, house string) (MemberRow, bool, error) {
	rec, plain, err := v.see(household.MemberType, m)
	if rec == nil || err != nil {
		return MemberRow{}, false, err
	}
	return MemberRow{House: house, Rec: *rec.(*household.Member), IDNo: plain["idNo"], CertNo: plain["certNo"], Diagnosis: plain["diagnosis"]}, true, nil
}

// Cadre fills in what the role may see of a cadre: name, unit and telephone
// under the rules of the pairing, where others see them too.
func (v View) Cadre(c CadreRow, phone record.Sealed) (CadreRow, error) {
	rec, plain, err := v.see(pairing.Type, &pairing.Pairing{Name: c.Name, Unit: c.Unit, Phone: phone})
	if rec == nil || err != nil {
		return CadreRow{}, err
	}
	p := rec.(*pairing.Pairing)
	c.Name, c.Unit, c.Phone = p.Name, p.Unit, plain["phone"]
	return c, nil
}

// see returns a copy of r with only what the role sees, without Meta and
// without sealed values; these come in plain or masked by their wire names.
// nil = the role may not see the row.
func (v View) see(t *record.Type, r record.Record) (record.Record, map[string]string, error) {
	out, plain := t.New(), map[string]string{}
	if v.Full {
		for _, f := range t.Fields {
			value := t.Get(r, f)
			if f.Kind == record.Secret {
				var err error
				if plain[f.Name], err = v.Sealer.Open(record.Sealed(value)); err != nil {
					return nil, nil, err
				}
				continue
			}
			if f.Name != "" {
				_ = t.Set(out, f, value) // what Get gave fits
			}
		}
		return out, plain, nil
	}
	raw, err := t.Project(r, string(v.Role), v.Sealer)
	if err != nil || raw == nil {
		return nil, nil, err
	}
	seen := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &seen); err != nil {
		return nil, nil, err
	}
	for _, f := range t.Fields {
		if value, ok := seen[f.Name]; ok && f.Name != "" {
			if err := take(t, out, f, value, plain); err != nil {
				return nil, nil, err
			}
		}
	}
	return out, plain, nil
}

// take puts one projected value into r. A masked text need not keep its
// field's rule, so the rule is not asked.
func take(t *record.Type, r record.Record, f record.Field, value json.RawMessage, plain map[string]string) error {
	switch f.Kind {
	case record.Int:
		return t.Set(r, f, string(value))
	case record.Bool:
		return t.Set(r, f, "1")
	case record.Array:
		l, err := record.ParseList(value)
		if err != nil {
			return err
		}
		return t.Set(r, f, string(l))
	}
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return err
	}
	if f.Kind == record.Secret {
		plain[f.Name] = s
		return nil
	}
	return t.Set(r, f, s)
}

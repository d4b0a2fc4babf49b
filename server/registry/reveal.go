package registry

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
)

// Access is one look at a sealed field: who, at what, why, when. It carries no
// value, is only ever added to, and is stored before the value is answered.
type Access struct {
	ID        string `gorm:"primaryKey"`
	Township  string
	Household string
	Member    string // member id; "" = the household itself
	Field     string // wire name: phone, idNo
	User      string // user id
	Role      string // role letter the user had then
	Reason    string
	At        int64 // Unix ms
}

// TableName is the table of Access.
func (Access) TableName() string { return "access_log" }

// Seen is one look as it is shown: with names as they are now.
type Seen struct {
	Access
	Name   string // of the user; "" = the account is gone
	Unit   string // where the user works; "" = not told
	Person string // the member's name; "" = the household itself
}

// Accesses keeps the looks at sealed fields.
type Accesses interface {
	// LogAccess stores looks, all or none; the caller answers only after it.
	LogAccess(ctx context.Context, looks []Access) error
	// AccessPage reads the looks at a household, newest first, from the one
	// after id after ("" = the newest) on.
	AccessPage(ctx context.Context, township, household, after string, limit int) ([]Seen, error)
	// Clock is the time in Unix ms.
	Clock() int64
}

// revealable is one sealed field that may be shown plain.
type revealable struct {
	typ   *record.Type
	field string
	words string // for the household, in plain Chinese
	roles string // who may ask
}

// revealables is the row "ID number, phone, bank, health detail" of the role
// matrix (design: domain.md F) for the sealed fields there are: a cadre may
// see the telephone of a paired household only, a village worker the rest too;
// township, county and audit see all with a reason; a household sees its own
// masked.
var revealables = []revealable{
	{household.HouseholdType, "phone", "联系电话", "CVTKA"},
	{household.HouseholdType, "bankAccount", "银行账号", "VTKA"},
	{household.MemberType, "idNo", "身份证号", "VTKA"},
	{household.MemberType, "certNo", "残疾证号", "VTKA"},
	{household.MemberType, "diagnosis", "病情", "VTKA"},
}

func revealed(field string) (revealable, bool) {
	for _, r := range revealables {
		if r.field == field {
			return r, true
		}
	}
	return revealable{}, false
}

// Ask is the wish to see one sealed field.
type Ask struct {
	Member string // member id; "" = a field of the household
	Field  string // phone, idNo
	Reason string // 5 to 200 runes; an auditor names the case
}

// The length of a reason in runes.
const (
	reasonMin = 5
	reasonMax = 200
)

// caseNumber is how a case is named: 案号 and a number, or an official
// document's number such as 〔2026〕12号 (GB/T 9704-2012, 7.2.5).
var caseNumber = regexp.MustCompile(`案号[：: 　]*[^\s，。；]{0,30}[0-9]|[〔\[（(](19|20)[0-9]{2}[〕\]）)][^\s，。；]{0,20}[0-9]+ *号`)

// why checks the reason given and returns it without space around it.
func (k Ask) why(role access.Role) (string, error) {
	reason := strings.TrimSpace(k.Reason)
	f := record.Field{Name: "reason", Max: reasonMax}
	if p := f.CheckText(reason); p != nil {
		return "", fault.Bad(fault.Field(*p))
	}
	switch {
	case utf8.RuneCountInString(reason) < reasonMin:
		return "", fault.Bad(fault.Field{Name: "reason", Code: "required", Detail: "请写明为什么要看，至少 5 个字；这户人家会看到。"})
	case role == access.Auditor && !caseNumber.MatchString(reason):
		return "", fault.Bad(fault.Field{Name: "reason", Code: "format", Detail: "请写上案号，例如：案号 2026-015。"})
	}
	return reason, nil
}

// Reveal answers one sealed field of a household in reach in plain text, once
// the look is in the log the household can read. Codes: invalid, forbidden,
// not-found.
func (s *Service) Reveal(ctx context.Context, a access.Actor, in House, k Ask) (string, error) {
	r, known := revealed(k.Field)
	if !known {
		return "", fault.Bad(fault.Field{Name: "field", Code: "not-allowed", Detail: "请从给出的选项里选。"})
	}
	if !a.Role.In(r.roles) {
		return "", fault.New(fault.Forbidden, "")
	}
	id := in.ID
	switch ofMember := r.typ == household.MemberType; {
	case ofMember && k.Member == "":
		return "", fault.Bad(fault.Field{Name: "member", Code: "required", Detail: "请说明是家里哪一位。"})
	case !ofMember && k.Member != "":
		return "", fault.Bad(fault.Field{Name: "member", Code: "not-allowed", Detail: "这一项是全户的，不要写是哪一位。"})
	case ofMember:
		id = k.Member
	}
	reason, err := k.why(a.Role)
	if err != nil {
		return "", err
	}
	row, err := s.find(ctx, a, r.typ, id)
	if err != nil {
		return "", err
	}
	m := row.Base()
	if h, ok := row.(*household.Household); m.Household != in.ID || (ok && h.Kind != "") {
		return "", missing
	}
	look := Access{ID: s.NewID(), Township: m.Township, Household: m.Household, Member: k.Member, Field: k.Field, User: a.User, Role: string(a.Role), Reason: reason, At: s.Store.Clock()}
	if err := s.Store.LogAccess(ctx, []Access{look}); err != nil {
		return "", err
	}
	f, _ := r.typ.Field(r.field)
	return s.Sealer.Open(record.Sealed(r.typ.Get(row, f)))
}

// Look is one look at a sealed field in words.
type Look struct {
	ID     string `json:"id"`
	At     int64  `json:"at" doc:"Unix ms"`
	Name   string `json:"name" doc:"who looked"`
	Who    string `json:"who" doc:"where that person works, else the role in words"`
	Field  string `json:"field" doc:"what was looked at, in words"`
	Member string `json:"member,omitempty" doc:"whose it is; absent = the household's"`
	Reason string `json:"reason"`
}

// looker says in words what somebody is.
func looker(role string) string {
	switch access.Role(role) {
	case access.Cadre:
		return "帮扶干部"
	case access.Village:
		return "村干部、驻村工作队"
	case access.Township:
		return "乡镇管理员"
	case access.County:
		return "县级管理员"
	case access.Auditor:
		return "审计人员"
	}
	return "工作人员"
}

// Looks lists who looked at sealed fields of a household within reach, newest
// first, and where the next page begins ("" = nowhere).
func (s *Service) Looks(ctx context.Context, in House, after string, limit int) ([]Look, string, error) {
	if after != "" && !record.IsID(after) {
		return nil, "", fault.New(fault.BadRequest, "")
	}
	list, err := s.Store.AccessPage(ctx, in.Township, in.ID, after, limit+1)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].ID
	}
	out := []Look{}
	for _, l := range list {
		look := Look{ID: l.ID, At: l.At, Name: l.Name, Who: l.Unit, Field: l.Field, Member: l.Person, Reason: l.Reason}
		if look.Who == "" {
			look.Who = looker(l.Role)
		}
		if r, ok := revealed(l.Field); ok {
			look.Field = r.words
		}
		out = append(out, look)
	}
	return out, next, nil
}

// MyLooks is Looks at the caller's own household.
func (s *Service) MyLooks(ctx context.Context, a access.Actor, after string, limit int) ([]Look, string, error) {
	in, err := s.Reach(ctx, a, a.Household)
	if err != nil {
		return nil, "", err
	}
	return s.Looks(ctx, in, after, limit)
}

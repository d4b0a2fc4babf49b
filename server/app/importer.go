package app

import (
	"context"
	"fmt"
	"io"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/commons"
	"daohu/server/fault"
	"daohu/server/roster"
	"daohu/server/write"
)

// Import is one workbook on its way in.
type Import struct {
	File     io.ReaderAt
	Size     int64
	CSV      []roster.CSVFile // in place of File: one sheet each
	DryRun   bool
	Actor    string // user id; "" = the operator at the command line
	Progress func(stage string, done, total int)
	// OpenID gives the WeChat id of a new user beforehand: the demo's fake
	// WeChat only; nil = none.
	OpenID func(login string) string
}

// Imported says what an import found and did.
type Imported struct {
	Township   string
	Households int
	Members    int
	Cadres     int
	Pairings   int
	Visits     int
	Issues     []roster.Issue
	Stored     bool
	IDs        map[string]string // household ids by 户编号
}

// Import checks a workbook whole and, unless it is a dry run or has errors,
// stores it in one transaction. Areas and users are prepared before; they are
// found again when the import is repeated after a failure.
func (a *App) Import(ctx context.Context, in Import) (*Imported, error) {
	say := in.Progress
	if say == nil {
		say = func(string, int, int) {}
	}
	known := roster.Known{Today: a.opt.Now().In(shanghai).Format("2006-01-02")}
	read := func(d, t int) { say("读取", d, t) }
	var b *roster.Book
	var issues []roster.Issue
	var err error
	if in.CSV != nil {
		b, issues, err = known.ParseCSV(ctx, in.CSV, read)
	} else {
		b, issues, err = known.Parse(ctx, in.File, in.Size, read)
	}
	if err != nil {
		return nil, err
	}
	out := &Imported{Township: b.Township(), Households: len(b.Households), Members: len(b.Members), Cadres: len(b.Cadres), Pairings: len(b.Pairings), Visits: len(b.Visits), Issues: issues}
	if out.Township == "" {
		if !roster.HasErrors(issues) {
			return nil, fault.New(fault.Invalid, "表里没有写明是哪个乡镇（行政区划）。")
		}
		return out, nil
	}
	dup, err := a.Loader.Duplicates(ctx, out.Township, b)
	if err != nil {
		return nil, err
	}
	out.Issues = append(out.Issues, dup...)
	if in.DryRun || roster.HasErrors(out.Issues) {
		return out, nil
	}
	county, err := a.prepareTownship(ctx, b, out.Township)
	if err != nil {
		return nil, err
	}
	users, err := a.enroll(ctx, in, b, county, out.Township, say)
	if err != nil {
		return nil, err
	}
	common, err := a.DB.Common(ctx, out.Township)
	if err != nil {
		return nil, err
	}
	into := roster.Into{Township: out.Township, Common: common, Actor: in.Actor, People: users, Extra: func(tx write.Tx, common string) error { return commons.Put(tx, common, b.Profile()) }}
	out.IDs, err = a.Loader.Load(ctx, into, b, func(d, t int) { say("加密", d, t) })
	out.Stored = err == nil
	return out, err
}

// prepareTownship stores the areas and opens the township's counter.
func (a *App) prepareTownship(ctx context.Context, b *roster.Book, township string) (county string, err error) {
	for _, ar := range b.Areas {
		if ar.Code == township {
			county = ar.Parent
		}
	}
	if county == "" {
		ar, err := a.DB.Area(ctx, township)
		if err != nil {
			return "", err
		}
		county = ar.Parent
	}
	if len(b.Areas) > 0 {
		if err := a.DB.PutAreas(ctx, b.Areas); err != nil {
			return "", err
		}
	}
	err = a.DB.OpenSpace(ctx, township, county, a.DB.NewID())
	if fault.Is(err, fault.IDTaken) {
		err = nil
	}
	return county, err
}

// enroll finds or makes the users of the book's cadres.
func (a *App) enroll(ctx context.Context, in Import, b *roster.Book, county, township string, say func(string, int, int)) (map[string]string, error) {
	out := map[string]string{}
	for i, c := range b.Cadres {
		u, err := a.Accounts.User(ctx, account.ByLogin, c.Login)
		switch {
		case fault.Is(err, fault.NotFound):
			n := account.NewUser{Login: c.Login, Name: c.Name, Role: access.Role(c.Role), County: county, Township: township, Unit: c.Unit, Rank: c.Rank, Phone: c.Phone, Tier: c.Tier}
			if c.Role == "V" {
				n.Area = c.Village
			}
			if in.OpenID != nil {
				n.OpenID = in.OpenID(c.Login)
			}
			if u, err = a.Accounts.CreateUser(ctx, n); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		case string(u.Role) != c.Role || u.County != county || u.Name != c.Name:
			return nil, fault.New(fault.Invalid, fmt.Sprintf("工号 %s 已经是另一个人的账号。", c.Login))
		}
		out[c.Login] = u.ID
		say("账号", i+1, len(b.Cadres))
	}
	return out, nil
}

package app

import (
	"bytes"
	"cmp"
	"context"

	"daohu/server/access"
	"daohu/server/api"
	"daohu/server/fault"
	"daohu/server/roster"
)

// listIssues is how many issues a report names; the rest is counted.
const listIssues = 1000

// listImports is how many imports are listed.
const listImports = 50

// rosters is import and export over the API: by a township's or a county's
// admin, into a township that is there, and nowhere else.
type rosters struct{ a *App }

func (r rosters) run(ctx context.Context, a access.Actor, township string, f api.RosterFile) (*Imported, error) {
	in := Import{Township: township, Bound: true, Update: f.Update, DryRun: f.Dry, Actor: a.User}
	if f.CSV {
		in.CSV = []roster.CSVFile{{Name: "文件", Body: bytes.NewReader(f.Body)}}
	} else {
		in.File, in.Size = bytes.NewReader(f.Body), int64(len(f.Body))
	}
	return r.a.Import(ctx, in)
}

func (r rosters) Import(ctx context.Context, a access.Actor, township string, f api.RosterFile) (*roster.Report, error) {
	got, err := r.run(ctx, a, township, f)
	if err != nil {
		return nil, err
	}
	out := &roster.Report{Run: got.Run, Counts: got.Counts, Issues: append([]roster.Issue{}, got.Issues...)}
	if n := len(out.Issues); n > listIssues || n > 0 && out.Issues[n-1].Code == roster.CodeMore {
		out.Issues, out.More = out.Issues[:min(n, listIssues)], true
	}
	return out, nil
}

func (r rosters) Mark(ctx context.Context, a access.Actor, township string, f api.RosterFile) ([]byte, error) {
	f.Dry = true
	got, err := r.run(ctx, a, township, f)
	if err != nil || len(got.Issues) == 0 {
		return nil, err
	}
	var out bytes.Buffer
	err = roster.Mark(&out, bytes.NewReader(f.Body), int64(len(f.Body)), got.Issues)
	return out.Bytes(), err
}

func (r rosters) Imports(ctx context.Context, township string) ([]roster.Run, error) {
	return r.a.DB.Imports(ctx, township, listImports)
}

// Export: an auditor looks at single numbers by case (reveal), never takes all.
func (r rosters) Export(ctx context.Context, a access.Actor, township string, full bool, reason string) (*roster.Book, roster.Note, error) {
	if full && !a.Role.In("TK") {
		return nil, roster.Note{}, fault.New(fault.Forbidden, "审计不能完整导出；要看某一户的号码，请写明案号单独查看。")
	}
	got, err := r.a.Export(ctx, Export{Township: township, As: a.Role, Full: full, Reason: reason, Actor: a.User})
	if err != nil {
		return nil, roster.Note{}, err
	}
	got.Note.Who = cmp.Or(a.Name, a.User) // people read the paper, the log keeps the id
	return got.Book, got.Note, nil
}

// leaves says what a page is logged as and how many may leave on one day. The
// ledger of a month is of many households, as a workbook is.
func leaves(name string) (kind, reason string, limit int64) {
	switch name {
	case api.SheetLedger:
		return roster.Workbook, "打印" + name, maskedPerDay
	case api.SheetLog:
		return roster.Log, "下载" + name, logsPerDay
	}
	return roster.Sheet, "打印" + name, sheetsPerDay
}

// Sheet: a page that is printed or kept leaves the system, and is logged.
func (r rosters) Sheet(ctx context.Context, a access.Actor, township, name string, households int64) (roster.Note, error) {
	kind, reason, limit := leaves(name)
	return r.a.leave(ctx, a, township, kind, reason, households, limit)
}

// leave logs that something leaves the system, and refuses one too many.
func (a *App) leave(ctx context.Context, by access.Actor, township, kind, reason string, households, limit int64) (roster.Note, error) {
	now := a.opt.Now()
	local := now.In(shanghai)
	out := roster.Release{ID: a.DB.NewID(), Township: township, Actor: by.User, Role: string(by.Role), Day: local.Format("2006-01-02"), Reason: reason, Households: households, At: now.UnixMilli(), Kind: kind}
	if err := a.DB.KeepRelease(ctx, out, limit); err != nil {
		return roster.Note{}, err
	}
	a.opt.Log.InfoContext(ctx, "export", "id", out.ID, "township", township, "actor", by.User, "role", string(by.Role), "what", reason, "households", households)
	return roster.Note{ID: out.ID, Township: township, Who: by.User, At: local.Format("2006-01-02 15:04"), Why: out.Reason, Masked: true}, nil
}

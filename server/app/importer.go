package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"maps"
	"slices"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/area"
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
	Township string           // code; "" = as the workbook says, which must then bring its areas
	Update   bool             // rows that are there may be changed: roster.Into
	Bound    bool             // the township must be there, and nothing outside it changes
	DryRun   bool
	Actor    string // user id; "" = the operator at the command line
	Progress func(stage string, done, total int)
	// OpenID gives the WeChat id of a new user beforehand: the demo's fake
	// WeChat only; nil = none.
	OpenID func(login string) string
}

// Imported says what an import found and did.
type Imported struct {
	roster.Run
	Counts roster.Counts
	Issues []roster.Issue
	Stored bool
	IDs    map[string]string // household ids by 户编号, of the workbook's households
}

// storeTries is how often an import is planned anew that the registry moved
// under.
const storeTries = 3

// Import checks a workbook whole and, unless it is a dry run or has errors,
// stores it in one transaction. Areas and users are prepared before; they are
// found again when the import is repeated after a failure. One import runs in
// a township at a time, for at most roster.Lease; who brought in what is
// logged. Codes: invalid, too-large, bad-media, wrong-state, stale.
func (a *App) Import(ctx context.Context, in Import) (*Imported, error) {
	ctx, cancel := context.WithTimeout(ctx, roster.Lease)
	defer cancel()
	m := &importer{app: a, in: in, sum: sha256.New(), say: in.Progress, accounts: map[string]account.User{}}
	if m.say == nil {
		m.say = func(string, int, int) {}
	}
	m.Run = roster.Run{ID: a.DB.NewID(), Township: in.Township, Actor: in.Actor, Dry: in.DryRun, Changes: in.Update, At: a.opt.Now().UnixMilli()}
	m.UntilAt = m.At + roster.Lease.Milliseconds()
	err := m.run(ctx)
	if m.begun {
		err = m.end(ctx, err)
	}
	if err != nil {
		return nil, err
	}
	return &m.Imported, nil
}

// importer is the state of one Import.
type importer struct {
	Imported
	app      *App
	in       Import
	sum      hash.Hash
	say      func(string, int, int)
	begun    bool
	county   string
	areas    []area.Area // the registry's
	accounts map[string]account.User
	failed   error // of looking an account up
	book     *roster.Book
}

func (m *importer) run(ctx context.Context) error {
	if m.Township != "" {
		if err := m.begin(ctx); err != nil {
			return err
		}
	}
	if err := m.parse(ctx); err != nil {
		return err
	}
	told := m.book.Township()
	switch {
	case told == "" && m.Township == "" && roster.HasErrors(m.Issues):
		return nil
	case told == "" && m.Township == "":
		return fault.New(fault.Invalid, "表里没有写明是哪个乡镇（行政区划），请说明导入哪个乡镇。")
	case m.Township == "":
		m.Township = told
		if err := m.begin(ctx); err != nil {
			return err
		}
	case told != "" && told != m.Township:
		return fault.New(fault.Invalid, "这个文件是另一个乡镇（"+told+"）的。")
	}
	return m.store(ctx)
}

// begin takes the township's turn and reads what is known of it.
func (m *importer) begin(ctx context.Context) error {
	if err := m.app.DB.BeginImport(ctx, m.Run); err != nil {
		return err
	}
	m.begun = true
	ar, err := m.app.DB.Area(ctx, m.Township)
	switch {
	case fault.Is(err, fault.NotFound) && !m.in.Bound && m.in.Township == "":
		return nil // a new one
	case fault.Is(err, fault.NotFound), err == nil && ar.Level != area.Township:
		return fault.New(fault.Invalid, "没有这个乡镇，请核对代码。")
	case err != nil:
		return err
	}
	m.county = ar.Parent
	m.areas, err = m.app.around(ctx, ar)
	return err
}

// around lists a township's county, itself, its villages and their groups.
func (a *App) around(ctx context.Context, township area.Area) ([]area.Area, error) {
	county, err := a.DB.Area(ctx, township.Parent)
	if err != nil {
		return nil, err
	}
	villages, err := a.DB.Under(ctx, township.Code)
	if err != nil {
		return nil, err
	}
	out := append([]area.Area{county, township}, villages...)
	for _, v := range villages {
		groups, err := a.DB.Under(ctx, v.Code)
		if err != nil {
			return nil, err
		}
		out = append(out, groups...)
	}
	return out, nil
}

// parse reads the file, knowing what the township has when it was named.
func (m *importer) parse(ctx context.Context) error {
	known := roster.Known{Today: m.app.opt.Now().In(shanghai).Format("2006-01-02"), Areas: m.areas}
	if m.in.Township != "" {
		ids, err := m.app.DB.HouseholdIDs(ctx, m.Township)
		if err != nil {
			return err
		}
		known.Households = slices.Collect(maps.Keys(ids))
		known.Cadre = func(login string) bool { return m.account(ctx, login).ID != "" }
	}
	read := func(d, t int) { m.say("读取", d, t) }
	var err error
	if m.in.CSV == nil {
		if m.Size, err = io.Copy(m.sum, io.NewSectionReader(m.in.File, 0, m.in.Size)); err != nil {
			return err
		}
		m.book, m.Issues, err = known.Parse(ctx, m.in.File, m.in.Size, read)
	} else {
		files := slices.Clone(m.in.CSV)
		for i := range files {
			files[i].Body = io.TeeReader(files[i].Body, io.MultiWriter(m.sum, (*size)(&m.Size)))
		}
		m.book, m.Issues, err = known.ParseCSV(ctx, files, read)
	}
	if err == nil {
		err = m.failed
	}
	return err
}

// size counts what is written to it.
type size int64

func (n *size) Write(p []byte) (int, error) { *n += size(len(p)); return len(p), nil }

// account looks a cadre's account of the county up; the zero User is none.
func (m *importer) account(ctx context.Context, login string) account.User {
	u, asked := m.accounts[login]
	if asked || m.failed != nil {
		return u
	}
	u, err := m.app.Accounts.User(ctx, account.ByLogin, login)
	if err != nil && !fault.Is(err, fault.NotFound) {
		m.failed = err
	}
	if !u.Role.In("CV") || u.County != m.county {
		u = account.User{Name: u.Name, Role: u.Role} // there, but nobody to refer to
	}
	m.accounts[login] = u
	return u
}

// store plans and, unless it is a dry run or does not fit, stores.
func (m *importer) store(ctx context.Context) error {
	parsed := m.Issues
	for try := 1; ; try++ {
		into, err := m.into(ctx)
		if err != nil {
			return err
		}
		plan, found, err := m.app.Loader.Plan(ctx, into, m.book, func(d, t int) { m.say("核对", d, t) })
		if err != nil {
			return err
		}
		m.Issues, m.Counts, m.IDs = roster.Join(parsed, found), plan.Counts, plan.IDs
		if m.in.DryRun || roster.HasErrors(m.Issues) {
			return nil
		}
		if err := m.prepareTownship(ctx, plan.Areas); err != nil {
			return err
		}
		if err := m.enroll(ctx, &into); err != nil {
			return err
		}
		if into.Common, err = m.app.DB.Common(ctx, m.Township); err != nil {
			return err
		}
		m.Seq, err = m.app.Loader.Store(ctx, into, plan)
		if m.Stored = err == nil; m.Stored || !fault.Is(err, fault.Stale) || try == storeTries {
			return err
		}
	}
}

// into gathers what the registry knows around the book.
func (m *importer) into(ctx context.Context) (roster.Into, error) {
	into := roster.Into{Township: m.Township, Actor: m.in.Actor, Update: m.in.Update, Bound: m.in.Bound, Areas: slices.Clone(m.areas),
		People: map[string]account.User{}, Workers: map[string][]string{}, Extra: func(tx write.Tx, common string) error { return commons.Put(tx, common, m.book.Profile()) }}
	var err error
	if into.Quota, err = m.app.Pairing.Quota(ctx, m.Township); err != nil && !fault.Is(err, fault.NotFound) { // nobody is paired in a township that is new
		return into, err
	}
	known := map[string]bool{}
	for _, ar := range m.areas {
		known[ar.Code] = true
	}
	for _, ar := range m.book.Areas { // of others, and of townships that are new
		if ar.Code == m.Township && m.county == "" {
			m.county = ar.Parent
		}
		if known[ar.Code] {
			continue
		}
		have, err := m.app.DB.Area(ctx, ar.Code)
		if err == nil {
			into.Areas = append(into.Areas, have)
		} else if !fault.Is(err, fault.NotFound) {
			return into, err
		}
	}
	logins := map[string]bool{}
	for _, c := range m.book.Cadres {
		logins[c.Login] = true
	}
	for _, r := range m.book.Pairings {
		logins[r.Cadre] = true
	}
	for _, v := range m.book.Visits {
		logins[v.Cadre] = true
	}
	for login := range logins {
		if u := m.account(ctx, login); u.Role != "" {
			into.People[login] = u
		}
	}
	if m.failed != nil {
		return into, m.failed
	}
	return into, m.workers(ctx, &into)
}

// workers finds the village workers, and the villages with one who holds
// nothing yet: a new one, or one whose import was broken off.
func (m *importer) workers(ctx context.Context, into *roster.Into) error {
	users, err := m.app.workers(ctx, m.Township, nil)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.Role == access.Village {
			into.Workers[u.Area] = append(into.Workers[u.Area], u.ID)
		}
	}
	for _, c := range m.book.Cadres {
		if c.Role != "V" {
			continue
		}
		var held []string
		if u := into.People[c.Login]; u.ID != "" {
			if held, err = m.app.DB.HeldTownships(ctx, u.ID); err != nil {
				return err
			}
		}
		if len(held) == 0 {
			into.Unheld = append(into.Unheld, c.Village)
		}
	}
	return nil
}

// prepareTownship stores the areas and opens the township's counter.
func (m *importer) prepareTownship(ctx context.Context, areas []area.Area) error {
	if len(areas) > 0 {
		if err := m.app.DB.PutAreas(ctx, areas); err != nil {
			return err
		}
	}
	if m.in.Bound {
		return nil
	}
	err := m.app.DB.OpenSpace(ctx, m.Township, m.county, m.app.DB.NewID())
	if fault.Is(err, fault.IDTaken) {
		err = nil
	}
	return err
}

// enroll makes the users of the book's cadres that are not there.
func (m *importer) enroll(ctx context.Context, into *roster.Into) error {
	for i, c := range m.book.Cadres {
		m.say("账号", i+1, len(m.book.Cadres))
		if _, there := into.People[c.Login]; there {
			continue
		}
		n := account.NewUser{Login: c.Login, Name: c.Name, Role: access.Role(c.Role), County: m.county, Township: m.Township, Unit: c.Unit, Rank: c.Rank, Phone: c.Phone, Tier: c.Tier}
		if c.Role == "V" {
			n.Area = c.Village
		}
		if m.in.OpenID != nil {
			n.OpenID = m.in.OpenID(c.Login)
		}
		u, err := m.app.Accounts.CreateUser(ctx, n)
		if err != nil {
			return err
		}
		into.People[c.Login], m.accounts[c.Login] = u, u
		if c.Role == "V" {
			into.Workers[u.Area] = append(into.Workers[u.Area], u.ID)
		}
	}
	return nil
}

// end writes down what became of the run, whatever became of its request.
func (m *importer) end(ctx context.Context, err error) error {
	all := m.Counts.All()
	m.Added, m.Changed, m.Same = int64(all.New), int64(all.Changed), int64(all.Same)
	for _, i := range m.Issues {
		if i.Level == roster.Warning {
			m.Warnings++
		} else {
			m.Errors++
		}
	}
	switch m.State = roster.Stored; {
	case err != nil:
		m.State = roster.Failed
	case m.Errors > 0:
		m.State = roster.Refused
	case m.Dry:
		m.State = roster.Checked
	}
	m.SHA256, m.EndedAt = hex.EncodeToString(m.sum.Sum(nil)), m.app.opt.Now().UnixMilli()
	kept := m.app.DB.EndImport(context.WithoutCancel(ctx), m.Run)
	m.app.opt.Log.InfoContext(ctx, "import", "id", m.ID, "township", m.Township, "actor", m.Actor, "state", m.State, "dry", m.Dry, "update", m.Changes,
		"added", m.Added, "changed", m.Changed, "same", m.Same, "errors", m.Errors, "warnings", m.Warnings)
	if err == nil {
		err = kept
	}
	return err
}

package api

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/roster"
)

// Rosters takes workbooks in and gives them out. The township of every call
// was judged by Scope.
type Rosters interface {
	// Import checks a workbook and, unless it is a dry run or has errors, stores
	// it whole. Codes: invalid (a workbook of another township), too-large,
	// bad-media, wrong-state (another import runs there), stale.
	Import(ctx context.Context, a access.Actor, township string, f RosterFile) (*roster.Report, error)
	// Mark checks a workbook and returns a copy that names what is wrong beside
	// the cells; nil when nothing is. Codes as Import.
	Mark(ctx context.Context, a access.Actor, township string, f RosterFile) ([]byte, error)
	// Imports lists the latest imports of a township, newest first.
	Imports(ctx context.Context, township string) ([]roster.Run, error)
	// Export reads a township as the role sees it; it is logged and counted
	// before it returns. Codes: invalid, forbidden, too-many.
	Export(ctx context.Context, a access.Actor, township string, full bool, reason string) (*roster.Book, roster.Note, error)
	// Sheet writes down that a page is printed, as Export does for a workbook,
	// and says what stands at its foot. households is how many stand on it.
	// Codes: too-many.
	Sheet(ctx context.Context, a access.Actor, township, name string, households int64) (roster.Note, error)
}

// RosterFile is a file that was sent.
type RosterFile struct {
	Body        []byte
	CSV         bool // one sheet; else xlsx
	Dry, Update bool
}

// TypeXLSX is the media type of a workbook.
const TypeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

const typeCSV = "text/csv"

// rosterBody is a byte more than the importer takes, whose sentence is the
// better one.
const rosterBody = 20<<20 + 1

// heavyAtOnce is how many workbooks are read or written in this process at a
// time: each may unpack to 96 MB.
const heavyAtOnce = 3

func (a *API) rosterRoutes() []Route {
	get, post, flags, kinds := http.MethodGet, http.MethodPost, []string{"township", "dry", "update"}, []string{TypeXLSX, typeCSV}
	return []Route{
		{Method: post, Path: "/api/v1/imports", Roles: "TK", Scope: Area, Body: rosterBody, Time: slow, Media: kinds, Query: flags,
			Doc: "Import a workbook (xlsx) or one sheet (CSV) into a township that is there: all of it or, when any cell is wrong, nothing (state). dry=1 only checks; update=1 changes rows that are there.", end: typed(a.importRoster)},
		{Method: post, Path: "/api/v1/imports/marked", Roles: "TK", Scope: Area, Body: rosterBody, Time: slow, Media: kinds[:1], Query: []string{"township", "update"},
			Doc: "Check a workbook and get a copy with the bad cells coloured and the reasons beside them; 204 = nothing is wrong.", end: raw(a.markRoster)},
		{Method: get, Path: "/api/v1/imports", Roles: "TKA", Scope: Area, Query: flags[:1], Doc: "The latest 50 imports of a township, newest first: who, what, what became of it.", end: typed(a.imports)},
		{Method: post, Path: "/api/v1/exports", Roles: "TKA", Scope: Area, Body: small, Time: slow, Query: flags[:1],
			Doc: "A township as a workbook (xlsx), masked as the caller's role sees it; in full with a reason (T, K). Logged, marked with who took it, and limited by the day.", end: bound(a.exportRoster)},
		{Method: post, Path: "/api/v1/exports/sheet", Roles: "TKA", Scope: Area, Body: small, Query: flags[:1],
			Doc: "Write down that a page is printed or kept, masked as the caller's role sees it; answers what stands at its foot. Sheets of one household and tables of the log are counted by themselves, the ledger of a month with the workbooks of the day.", end: typed(a.exportSheet)},
	}
}

// Imports are the latest imports of a township.
type Imports struct {
	Rows []roster.Run `json:"rows"`
}

func (a *API) importRoster(c *call, _ *none) (*roster.Report, error) {
	f, done, err := c.file()
	if err != nil {
		return nil, err
	}
	defer done()
	return a.deps.Rosters.Import(c.r.Context(), c.actor, c.township, f)
}

func (a *API) markRoster(c *call) error {
	f, done, err := c.file()
	if err != nil {
		return err
	}
	defer done()
	out, err := a.deps.Rosters.Mark(c.r.Context(), c.actor, c.township, f)
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	if out == nil {
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	c.attach("marked.xlsx", out)
	return nil
}

func (a *API) imports(c *call, _ *none) (*Imports, error) {
	rows, err := a.deps.Rosters.Imports(c.r.Context(), c.township)
	if err != nil {
		return nil, err
	}
	return &Imports{Rows: rows}, nil
}

// exportAsk is sent in a body, by POST: taking a township out is written down
// and counted, and addresses end up in the logs of proxies.
type exportAsk struct {
	Full   bool   `json:"full,omitempty" doc:"with every personal number; needs a reason"`
	Reason string `json:"reason,omitempty" maxLength:"200" doc:"it is logged and stands in the file"`
}

func (a *API) exportRoster(c *call, in *exportAsk) error {
	done, err := a.turn()
	if err != nil {
		return err
	}
	defer done()
	b, note, err := a.deps.Rosters.Export(c.r.Context(), c.actor, c.township, in.Full, in.Reason)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := roster.WriteNoted(&buf, b, note); err != nil {
		return err
	}
	c.attach(c.township+".xlsx", buf.Bytes())
	return nil
}

// Pages that are not of one household.
const (
	SheetLedger = "走访月台账"
	SheetLog    = "审计日志"
)

// sheetAsk names a page to be printed or kept.
type sheetAsk struct {
	Sheet      string `json:"sheet" enum:"走访记录表,帮扶手册,明白卡,走访月台账,审计日志"`
	Households int64  `json:"households" minimum:"0" maximum:"5000" doc:"how many stand on it; 0 = of the log"`
}

// SheetNote stands at the foot of a printed page.
type SheetNote struct {
	ID  string `json:"id" doc:"of the line in the log"`
	Who string `json:"who"`
	At  string `json:"at" doc:"Asia/Shanghai"`
}

func (a *API) exportSheet(c *call, in *sheetAsk) (*SheetNote, error) {
	if (in.Households == 0) != (in.Sheet == SheetLog) {
		return nil, fault.Bad(fault.Field{Name: "households", Code: "range", Detail: "请写明纸上有几户。"})
	}
	note, err := a.deps.Rosters.Sheet(c.r.Context(), c.actor, c.township, in.Sheet, in.Households)
	if err != nil {
		return nil, err
	}
	return &SheetNote{ID: note.ID, Who: note.Who, At: note.At}, nil
}

// attach answers with a workbook to be saved.
func (c *call) attach(name string, body []byte) {
	h := c.w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	Write(c.w, c.r, http.StatusOK, TypeXLSX, body)
}

// turn takes one of the few places for workbooks; done gives it back.
func (a *API) turn() (done func(), err error) {
	select {
	case a.heavy <- struct{}{}:
		return func() { <-a.heavy }, nil
	default:
		return nil, &fault.Error{Code: fault.Unavailable, Detail: "别的文件正在导入或导出，请稍后再试。", Retry: 10 * time.Second}
	}
}

// flag reads a parameter of the query that is 1, or 0 or absent.
func (c *call) flag(name string) (bool, error) {
	switch c.gin.Query(name) {
	case "", "0":
		return false, nil
	case "1":
		return true, nil
	}
	return false, fault.Bad(fault.Field{Name: name, Code: "not-allowed", Detail: "只能是 0 或 1。"})
}

// file reads a file that is sent as the body, within a turn.
func (c *call) file() (f RosterFile, done func(), err error) {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(c.route.Media, kind) || c.r.Header.Get("Content-Encoding") != "" {
		return f, nil, fault.New(fault.BadMedia, "请上传 Excel（xlsx）或 CSV 文件。")
	}
	f.CSV = kind == typeCSV
	for name, flag := range map[string]*bool{"dry": &f.Dry, "update": &f.Update} {
		if *flag, err = c.flag(name); err != nil {
			return f, nil, err
		}
	}
	if done, err = c.api.turn(); err != nil {
		return f, nil, err
	}
	if f.Body, err = io.ReadAll(c.r.Body); err == nil && len(f.Body) == 0 {
		err = fault.New(fault.BadRequest, "文件是空的。")
	}
	if err != nil {
		done()
		return f, nil, err
	}
	return f, done, nil
}

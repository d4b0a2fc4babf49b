package console

import "daohu/server/fault"

// Page is one page of the console.
type Page struct {
	Path    string   // pattern of net/http: /users, /households/{id}
	Title   string   // heading and title of the window
	Menu    string   // path of the menu's entry that is lit; "" = Path
	Roles   string   // letters of the roles that may open it; others get 403
	File    string   // templates/<File>.html
	Scripts []string // files of assets/ beside console.js
	Print   bool     // a sheet of paper: no menu
	Body    int64    // largest body of a POST in bytes; 0 = 64 KiB
	// Show returns what the template shows as .Data. A *Download is sent as a
	// file instead.
	Show func(*View) (any, error)
	// Acts are what the page's forms do, by the value of "do".
	Acts map[string]Act
	// Sample is an API path whose first row's id (or code) stands for {id} when
	// the tests walk the pages; "" = the path has none.
	Sample string
}

// Act does what a form asks for.
type Act func(*View) (Done, error)

// Done is what an act leads to.
type Done struct {
	To   string // path of the console; "" = the page itself
	Say  string // shown once
	Data any    // not nil: the page is shown at once, with this as .Done
	File *Download
}

// Download is a file for the browser to keep.
type Download struct {
	Name, Type string
	Body       []byte
}

// pages is the whole list of pages; nothing is served but through it.
func pages() []Page {
	var all []Page
	for _, some := range [][]Page{
		overviewPages(),
		comparePages(),
		queuePages(),
		userPages(),
		householdPages(),
		visitPages(),
		measurePages(),
		casePages(),
		rightPages(),
		findingPages(),
		pairingPages(),
		dataPages(),
		sheetPages(),
		paperPages(),
		noticePages(),
		settingPages(),
		watchPages(),
	} {
		all = append(all, some...)
	}
	return all
}

// Pages is the list, for the tests that walk it.
func Pages() []Page { return pages() }

// lit is the path of the menu's entry the page belongs to.
func (p *Page) lit() string {
	if p.Menu != "" {
		return p.Menu
	}
	return p.Path
}

// show runs Show and keeps what it returned.
func (v *View) show() (err error) {
	if v.Page.Show == nil {
		return nil
	}
	v.Data, err = v.Page.Show(v)
	return err
}

// act runs the act that the form names.
func (v *View) act() (Done, error) {
	act := v.Page.Acts[v.Did]
	if act == nil {
		return Done{}, fault.New(fault.BadRequest, "")
	}
	return act(v)
}

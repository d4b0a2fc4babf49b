// Package console serves the pages a township or county admin, or an auditor,
// sees in a browser: html/template pages that work wholly without script
// (docs/adr/0024-console.md).
//
// A page never touches a noun or the store. It asks the program's own API, in
// process, with the session of whoever looks: scope, roles, masking,
// validation and errors are decided there and nowhere else, so a page can show
// nothing that the API would not give to that user. If a figure has no route,
// the route is added to server/api, with its row in the matrix.
//
// # How to add a page
//
// A page called "visits" is three things:
//
//  1. visits.go: a function visitPages() []Page with the paths, titles, roles
//     and functions, and the structs that hold what the API answers (decode
//     into the noun's own type where it is exported, such as staff.User; else
//     into a struct with only the fields that are shown).
//  2. templates/visits.html: {{define "main"}} … {{end}}. Its dot is the *View;
//     what Show returned is .Data.
//  3. One line in pages() in page.go. The menu (menu.go) lights the entry whose
//     path the page has, or names in Menu, and hides entries without a page.
//
// Show answers GET. It asks the API and returns what the template shows:
//
//	func showVisits(v *View) (any, error) {
//		var out Rows[staff.User]
//		return &out, v.Get("/api/v1/users", v.Query("role", "after"), &out)
//	}
//
// v.Query copies the named filters of the address into the query, so filters
// live in the URL, and adds the township that an admin of the county looks at.
// v.Below("全部村") are the villages (or townships) for a filter, v.PlaceName a
// code's name, v.Township "" when an admin of the county has chosen none: a
// page about one township shows {{template "choose-township"}} then.
// Errors of v.Get and v.Post are *Problem; hand them on. Show's become a page
// of their own (401 leads to the login and back).
//
// Acts answers POST: the button's name is "do", its value chooses the act:
//
//	Acts: map[string]Act{"add": addUser}
//
//	func addUser(v *View) (Done, error) {
//		var made staff.User
//		err := v.Post("/api/v1/users", map[string]any{"name": v.Text("name")}, &made)
//		return Done{To: "/users", Say: "已添加" + made.Name + "。"}, err
//	}
//
// An act that fails shows its page again with the status of the Problem: the
// sentence beside the field, all that was typed kept, and below it the state
// that holds now (a stale 409 says so). One that succeeds leads to Done.To, a
// path of the console ("" = the same page), with Done.Say shown once; with
// Done.Data it shows the page at once, as .Done: for what is shown only now,
// such as a binding code. Read a number, money or a list through v.Whole, v.Fen
// and v.All: what cannot be read is sent on as typed, and the API refuses it by
// name.
//
// The form in the template, whose field names are those of the API:
//
//	{{with .Form "add" ""}}
//	<form method="post" action="{{.Action}}">{{template "begin" .}}
//	  {{template "input" .Field "name" "姓名" "required" "max=50" "hint=照身份证写"}}
//	  {{template "choose" .Field "role" "身份" "C=帮扶干部" "V=村干部"}}
//	  {{template "text" .Field "reason" "原因" "required" "max=200"}}
//	  {{template "end" .Button "添加"}}
//	</form>
//	{{end}}
//
// The second argument of Form tells several forms of one act apart (a row's
// id); the act reads it as v.Text("key"). Field's other options: value= (what
// stands there before anything is typed), type= (date, number, password, file),
// "wide"; the parts "tick" (one box) and "ticks" (several, read by v.All). A
// deed that is not easily taken back stands inside <details class="ask">, whose
// summary is the first button and whose form asks once more: see "user-acts" in
// templates/users.html.
//
// Tables: <table class="table"> inside <div class="rows">; {{template "more"
// .More .Data.Next}} leads to the next page; {{template "empty" "还没有…"}}
// stands where there is nothing. Filters are a <form method="get"> with class
// "filters". States, days, times, money and lists' words have functions, all in
// words.go: {{chip .State}} {{day .Day}} {{time .At}} {{yuan .Amount}}
// {{role .Role}} {{fieldWord "phone"}}. A value the API masked is shown as it
// came. Print pages set Print: true and have no menu. Scripts name files of
// assets/ that a page needs beside console.js.
//
// The tests walk the registry: every page as every role, with and without
// script, through axe, and with hostile text in every field. Add nothing to
// them for a new page but what is particular to it. Sample, for a path with
// {id}, says how the walk finds one. A form that stands only while a row is in
// some state needs such a row in browser/plain.test.mjs (docs/console.md).
package console

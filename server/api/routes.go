package api

import (
	"net/http"
	"strings"
	"time"

	"daohu/server/record"
)

// Within is what a route's reach is judged by, before its handler runs.
type Within string

// The scopes.
const (
	None      Within = "none"      // nothing personal
	Self      Within = "self"      // only what is the caller's own
	Household Within = "household" // the household of the path or query; without one T, K and A are in a township
	Row       Within = "row"       // the service that loads the row judges it by its household
	Township  Within = "township"  // the caller's own township
	Area      Within = "area"      // ?township= within the caller's county
	Common    Within = "common"    // rows everyone of a township holds
)

// Route is one line of the table.
type Route struct {
	Method, Path string
	Roles        string // role letters; "" = public
	Scope        Within
	Body         int64         // largest body in bytes; 0 = none
	Media        []string      // what a body that is no JSON may be
	Time         time.Duration // for reading the body, working and answering
	Depth        int           // of JSON bodies; 0 = maxDepth
	PushOnly     bool          // open to push-only sessions too
	Doc          string        // one English sentence
	Query        []string      // parameters of the query that are read
	Type         *record.Type  // of record routes; else nil
	end          endpoint
}

const (
	all     = "HCVTKA"
	small   = 64 << 10         // JSON bodies
	batch   = 256 << 10        // sync requests: 64 KB of mutations, digests of 2000 households
	picture = 2200000          // one photo of 2 MiB and the bit around it
	usual   = 30 * time.Second // Time of most routes: the server's own timeouts
	slow    = 2 * time.Minute  // sync over a bad link
	slowest = 15 * time.Minute // 2 MB at 20 kbit/s
)

// table is the whole list of routes; nothing is registered but through it.
func (a *API) table() []Route {
	get, post := http.MethodGet, http.MethodPost
	page := []string{"after", "limit"}
	rs := []Route{
		{Method: post, Path: "/api/v1/login/wechat", Scope: None, Body: small, Doc: "Log in with the code of wx.login.", end: typed(a.loginWeChat)},
		{Method: post, Path: "/api/v1/login/password", Scope: None, Body: small, Doc: "Log in with name and password.", end: typed(a.loginPassword)},
		{Method: post, Path: "/api/v1/login/household", Scope: None, Body: small, Doc: "Log in with a household's card and PIN.", end: typed(a.loginCard)},
		{Method: post, Path: "/api/v1/logout", Roles: all, Scope: Self, Body: small, PushOnly: true, Doc: "End the session.", end: typed(a.logout)},
		{Method: get, Path: "/api/v1/me", Roles: all, Scope: Self, Doc: "Who the session belongs to.", end: typed(a.me)},
		{Method: get, Path: "/api/v1/my", Roles: "H", Scope: Self, Doc: "A household's own page: helpers, visits, measures, cards.", end: typed(a.my)},

		{Method: post, Path: "/api/v1/sync", Roles: "HCV", Scope: Self, Body: batch, Time: slow, PushOnly: true, Doc: "Push and pull (docs/sync-protocol.md).", end: raw(a.exchange)},
		{Method: get, Path: "/api/v1/sync", Roles: "HCV", Scope: Self, PushOnly: true, Doc: "Ask whether there is anything; 204 = nothing.", Query: []string{"cursor", "schema", "client", "pack"}, end: raw(a.poll)},
		{Method: post, Path: "/api/v1/uploads", Roles: "CV", Scope: Row, Body: picture, Time: slowest, PushOnly: true, Doc: "Begin to send a photo (tus 1.0, creation).", end: raw(a.upload)},
		{Method: http.MethodOptions, Path: "/api/v1/uploads", Roles: "CV", Scope: None, PushOnly: true, Doc: "What of tus the server can do.", end: raw(a.upload)},
		{Method: post, Path: "/api/v1/uploads/:id", Roles: "CV", Scope: Row, Body: picture, Time: slowest, PushOnly: true, Doc: "As PATCH or HEAD, by X-HTTP-Method-Override.", end: raw(a.upload)},
		{Method: http.MethodPatch, Path: "/api/v1/uploads/:id", Roles: "CV", Scope: Row, Body: picture, Time: slowest, PushOnly: true, Doc: "Send the next bytes.", end: raw(a.upload)},
		{Method: http.MethodHead, Path: "/api/v1/uploads/:id", Roles: "CV", Scope: Row, PushOnly: true, Doc: "Where to go on.", end: raw(a.upload)},
		{Method: get, Path: "/api/v1/blobs/:sha256", Roles: all, Scope: Row, Doc: "A text named by its SHA-256: card, form items. A card also as=html or as=plain (to read aloud).", Query: []string{"as"}, end: raw(a.blob)},

		{Method: get, Path: "/api/v1/quarantine", Roles: "T", Scope: Township, Doc: "Changes that could not be taken by themselves.", Query: append(page, "state"), end: typed(a.quarantine)},
		{Method: post, Path: "/api/v1/quarantine/:id/decision", Roles: "T", Scope: Row, Body: small, Doc: "Take or refuse a change in quarantine.", end: typed(a.decideQuarantine)},
		{Method: post, Path: "/api/v1/proposals/:id/decision", Roles: "T", Scope: Row, Body: small, Doc: "Accept or refuse a proposal.", end: typed(a.decideProposal)},
		{Method: post, Path: "/api/v1/households/:id/pairing", Roles: "T", Scope: Household, Body: small, Doc: "Pair the household with another cadre, or end its pairing.", end: typed(a.pair)},
		{Method: post, Path: "/api/v1/me/totp", Roles: "TK", Scope: Self, Body: small, Doc: "Begin a second factor for the console.", end: typed(a.startTOTP)},
		{Method: post, Path: "/api/v1/me/totp/confirm", Roles: "TK", Scope: Self, Body: small, Doc: "Turn the second factor on by a first code of it.", end: typed(a.confirmTOTP)},
		{Method: post, Path: "/api/v1/me/password", Roles: "CVTKA", Scope: Self, Body: small, Doc: "Change one's own console password; the console's sessions end.", end: typed(a.changePassword)},
		{Method: get, Path: "/api/v1/me/sessions", Roles: all, Scope: Self, Doc: "One's own log-ins that have not ended.", end: typed(a.sessions)},
		{Method: post, Path: "/api/v1/me/sessions/end", Roles: all, Scope: Self, Body: small, Doc: "End one's other log-ins.", end: typed(a.endOthers)},
		{Method: post, Path: "/api/v1/me/phone", Roles: all, Scope: Self, Body: small, Doc: "Keep the telephone number that WeChat knows.", end: typed(a.savePhone)},

		{Method: get, Path: "/api/v1/users", Roles: "TK", Scope: Row, Doc: "Users of the caller's area, by login.", Query: []string{"role", "township", "after", "limit"}, end: typed(a.users)},
		{Method: post, Path: "/api/v1/users", Roles: "TK", Scope: Row, Body: small, Doc: "Add a user of a role below one's own.", end: typed(a.addUser)},
		{Method: post, Path: "/api/v1/users/:id/code", Roles: "TK", Scope: Row, Body: small, Doc: "Make a one-time code that binds a WeChat account.", end: typed(a.userCode)},
		{Method: post, Path: "/api/v1/users/:id/card", Roles: "TK", Scope: Row, Body: small, Doc: "Make a household's login a new card.", end: typed(a.userCard)},
		{Method: post, Path: "/api/v1/users/:id/disable", Roles: "TK", Scope: Row, Body: small, Doc: "Take a user out of use, or back in.", end: typed(a.disableUser)},
		{Method: post, Path: "/api/v1/users/:id/revoke", Roles: "TK", Scope: Row, Body: small, Doc: "End a user's sessions.", end: typed(a.revokeUser)},
		{Method: get, Path: "/api/v1/devices", Roles: "T", Scope: Township, Doc: "Phones of the township's users, and whether they hold unsent work.", Query: page, end: typed(a.devices)},
		{Method: post, Path: "/api/v1/devices/:id/wipe", Roles: "T", Scope: Row, Body: small, Doc: "Have a phone erase itself at its next contact, or not.", end: typed(a.wipeDevice)},

		{Method: get, Path: "/healthz", Scope: None, Doc: "The process runs.", end: raw(a.healthz)},
		{Method: get, Path: "/readyz", Scope: None, Doc: "The database and Redis answer.", end: raw(a.readyz)},
		{Method: get, Path: "/metrics", Scope: None, Doc: "Figures for Prometheus; by token, else from this machine only.", end: raw(a.metrics)},
		{Method: get, Path: "/openapi.json", Scope: None, Doc: "This document.", end: raw(a.openapiJSON)},
		{Method: get, Path: "/errors/:code", Scope: None, Doc: "What an error code means, in words.", end: raw(errorPage)},
	}
	rs = append(rs, a.registryRoutes()...)
	rs = append(rs, a.rosterRoutes()...)
	rs = append(rs, a.qualityRoutes()...)
	rs = append(rs, a.settingRoutes()...)
	rs = append(rs, a.visitRoutes()...)
	rs = append(rs, a.noticeRoutes()...)
	rs = append(rs, a.figureRoutes()...)
	rs = append(rs, a.caseRoutes()...)
	rs = append(rs, a.rightRoutes()...)
	rs = append(rs, a.aboutRoutes()...)
	rs = append(rs, a.pairingRoutes()...)
	rs = append(rs, a.listRoutes()...)
	rs = append(rs, a.erasureRoutes()...)
	rs = append(rs, a.formRoutes()...)
	rs = append(rs, a.cardRoutes()...)
	rs = append(rs, a.soundRoutes()...)
	rs = append(rs, a.inboxRoutes()...)
	rs = append(rs, a.rescueRoutes()...)
	rs = append(rs, a.fundRoutes()...)
	rs = append(rs, a.photoRoutes()...)
	rs = append(rs, a.subscriptionRoutes()...)
	rs = append(rs, a.auditRoutes()...)
	for _, t := range a.deps.Types {
		rs = append(rs, a.recordRoutes(t)...)
	}
	for i := range rs {
		if rs[i].Time == 0 {
			rs[i].Time = usual
		}
		if rs[i].Depth == 0 {
			rs[i].Depth = maxDepth
		}
	}
	return rs
}

// recordRoutes are the routes every declared type has.
func (a *API) recordRoutes(t *record.Type) []Route {
	path, list, listed := "/api/v1/records/"+t.Name, Household, []string{"household", "township", "after", "limit"}
	if t.Common {
		list, listed = Common, listed[1:]
	}
	adds := "Add a row. "
	if t.Anywhere {
		adds = "Add a row; without household= it is the township's. "
	}
	rs := []Route{
		{Method: http.MethodGet, Path: path, Roles: t.Readers, Scope: list, Doc: "List rows. " + t.Doc, Query: listed, end: typed(a.listRecords)},
		{Method: http.MethodGet, Path: path + "/:id", Roles: t.Readers, Scope: Row, Doc: "Read one row. " + t.Doc, end: typed(a.getRecord)},
		{Method: http.MethodPatch, Path: path + "/:id", Roles: "T", Scope: Row, Body: small, Doc: "Change a row at the revision of If-Match. " + t.Doc, end: typed(a.changeRecord)},
	}
	if strings.Contains(t.Creators, "T") {
		rs = append(rs, Route{Method: http.MethodPost, Path: path, Roles: "T", Scope: list, Body: small,
			Doc: adds + t.Doc, Query: []string{"household", "id"}, end: typed(a.makeRecord)})
	}
	if t.Workflow {
		rs = append(rs, Route{Method: http.MethodPost, Path: path + "/:id/decision", Roles: "T", Scope: Row, Body: small,
			Doc: "Approve, return or reject a row that waits, or object to what was approved. " + t.Doc, end: typed(a.decide)},
			Route{Method: http.MethodPost, Path: path + "/:id/undo", Roles: "T", Scope: Row, Body: small,
				Doc: "Take one's own decision back, within 10 seconds. " + t.Doc, end: typed(a.undo)})
	}
	if who := historians(t); who != "" {
		rs = append(rs, Route{Method: http.MethodGet, Path: path + "/:id/history", Roles: who, Scope: Row,
			Doc: "Who changed a row, when, why, and who agreed, oldest first. " + t.Doc, end: typed(a.history)})
	}
	for i := range rs {
		rs[i].Type = t
	}
	return rs
}

// historians are the roles that may read how a row came to be as it is: those
// who look from above. Of a private row nobody is told who wrote it.
func historians(t *record.Type) string {
	if t.Common || t.Private != nil {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("TKA", r) {
			return r
		}
		return -1
	}, t.Readers)
}

// readers are the roles that may see rows of the type called name.
func (a *API) readers(name string) string {
	for _, t := range a.deps.Types {
		if t.Name == name {
			return t.Readers
		}
	}
	return all
}

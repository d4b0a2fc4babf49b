// Package access says who is acting and what lies in their reach.
package access

import (
	"context"
	"strings"
)

// Role is the one role of a user; its letter is the one of the role matrix
// (docs/glossary.md).
type Role string

// The roles.
const (
	Household Role = "H" // 农户
	Cadre     Role = "C" // 帮扶干部
	Village   Role = "V" // 村干部、驻村工作队
	Township  Role = "T" // 乡镇管理员
	County    Role = "K" // 县级管理员
	Auditor   Role = "A" // 审计
)

// Roles lists every role once.
var Roles = []Role{Household, Cadre, Village, Township, County, Auditor}

// In reports whether r is one of the letters of set, such as "CV".
func (r Role) In(set string) bool { return r != "" && strings.Contains(set, string(r)) }

// Syncs reports whether the role holds households through assignments and may
// use the sync exchange; the others work online.
func (r Role) Syncs() bool { return r.In("HCV") }

// Actor is the authenticated caller of one request. The zero Actor is nobody.
type Actor struct {
	User      string // user id, 12 characters; "" = nobody
	Name      string // shown to others, never logged
	Role      Role
	County    string // area code the user belongs to
	Township  string // area code of the home township; "" for county users and auditors
	Area      string // village code of a village worker; else ""
	Household string // household id of a household's login; else ""
	Session   string // session id (hash), for log-out
	// PushOnly marks a revoked session or disabled user within its 30 days:
	// whatever is sent goes to quarantine, nothing is served (sync.md 5.6).
	PushOnly bool
	Disabled bool // of PushOnly: the user is out of use, so that another log-in does not help
}

// Reaches reports whether the actor's area covers the township: the home
// township for H, C, V and T, every township of the county for K and A.
// Holding single households is judged by assignments, not here.
func (a Actor) Reaches(township, county string) bool {
	if a.User == "" {
		return false
	}
	if a.Role.In("KA") {
		return a.County != "" && a.County == county
	}
	return a.Township != "" && a.Township == township
}

type actorKey struct{}

// By names in ctx the user who acts, for the audit log. The API's guard sets it
// for every authenticated request.
func By(ctx context.Context, user string) context.Context {
	return context.WithValue(ctx, actorKey{}, user)
}

// ActorID is the user id that By set; "" = the system, or the operator at the
// command line.
func ActorID(ctx context.Context) string {
	id, _ := ctx.Value(actorKey{}).(string)
	return id
}

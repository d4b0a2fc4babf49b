// Package types is the list of synced record types. Routes, sync, tombstones,
// permissions, typings, the API document, the shared test suite and the
// schema test all range over it: a type is added here and nowhere else.
package types

import (
	"daohu/server/activity"
	"daohu/server/booklet"
	"daohu/server/casework"
	"daohu/server/form"
	"daohu/server/household"
	"daohu/server/ledger"
	"daohu/server/measure"
	"daohu/server/notice"
	"daohu/server/pairing"
	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/setting"
	"daohu/server/write"
)

// Schema is the number of the phone's tables: it grows by one when a type or
// field is added, and the server keeps serving Oldest and later.
const (
	Schema = 1
	Oldest = 1
)

// All returns every synced type, in the order rows are walked and sent.
func All() []*record.Type {
	return []*record.Type{
		household.HouseholdType,
		household.MemberType,
		pairing.Type,
		activity.VisitType,
		activity.ConfirmationType,
		form.ResponseType,
		casework.NeedType,
		casework.IssueType,
		casework.ComplaintType,
		casework.DataRequestType,
		casework.FindingType,
		measure.Type,
		booklet.DeliveryType,
		photo.Type,
		photo.ConsentType,
		household.ProposalType,
		form.Type,
		booklet.Type,
		booklet.ClipType,
		setting.Type,
		notice.Type,
		ledger.FundType,
		ledger.EntryType,
	}
}

// Rules are what single types add to the general rules of sync, by name.
func Rules() map[string]write.Rule {
	cases := casework.Builtin()
	return map[string]write.Rule{
		activity.VisitType.Name:        activity.Arrive,
		activity.ConfirmationType.Name: activity.Confirm,
		form.ResponseType.Name:         form.Arrive,
		measure.Type.Name:              measure.Arrive,
		photo.Type.Name:                photo.Arrive,
		booklet.DeliveryType.Name:      booklet.ArriveDelivery,
		booklet.ClipType.Name:          booklet.ArriveClip,
		photo.ConsentType.Name:         photo.Agree,
		casework.NeedType.Name:         cases.Need,
		casework.IssueType.Name:        cases.Issue,
		casework.ComplaintType.Name:    cases.Complaint,
	}
}

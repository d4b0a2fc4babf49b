package activity

import (
	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// Confirmation is what a household says of a visit: 来过, 没来过 or 有事. It goes
// to the township and never to the cadre, not even when it was tapped on the
// cadre's own phone: there it is sent and not shown again (product.md rule 7).
type Confirmation struct {
	record.Meta
	Visit   string `json:"visit" rec:"required,id" doc:"the visit it speaks of"`
	Answer  string `json:"answer" rec:"required,enum=没来过|来过|有事"`
	Text    string `json:"text" rec:"max=300" doc:"in the household's own words"`
	Channel string `json:"channel" rec:"server,enum=own|cadre_phone" doc:"whose phone it was tapped on; the second weighs less"`
}

// The channels of a Confirmation.
const (
	ChannelOwn   = "own"
	ChannelCadre = "cadre_phone"
)

// ConfirmationType is the declaration of Confirmation. It is private: it waits
// in no quarantine and nobody who sent it can take it back but the household.
var ConfirmationType = record.Of[Confirmation]("confirmation", record.Policy{
	Class: record.Author, Readers: "HTA", Creators: "HCV",
	Doc:     "What a household says of a visit.",
	Private: func(record.Record) string { return "" },
})

// Confirm is the rule of confirmations: they speak of a visit to the same
// household, and only the household's own phone may say it anew.
func Confirm(tx write.Tx, a write.Arrival) error {
	c := a.Row.(*Confirmation)
	own := access.Role(a.Role) == access.Household
	if a.Before != nil && (!own || a.Before.(*Confirmation).Channel != ChannelOwn) {
		return fault.New(fault.Forbidden, "农户的回执发出后不能再改。")
	}
	got, err := tx.Load(VisitType, c.Visit)
	if err != nil {
		return err
	}
	v, ok := got[c.Visit].(*Visit)
	if !ok || v.Household != c.Household {
		return fault.Bad(fault.Field{Name: "visit", Code: "not-allowed", Detail: "没有找到这次走访。"})
	}
	if c.Channel = ChannelCadre; own {
		c.Channel = ChannelOwn
	}
	return nil
}

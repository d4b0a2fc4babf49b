package booklet

import (
	_ "embed"
	"slices"

	"daohu/server/access"
	"daohu/server/edition"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/setting"
	"daohu/server/write"
)

// Delivery says that a household was given the policy booklet: one of each
// edition for every household (每户发放一份政策口袋书). Two who give it to one
// household both keep their row; the household is counted once. Its receipt is
// the household's: it goes to the township and never to who gave the booklet,
// not even when it was tapped on their phone.
type Delivery struct {
	record.Meta
	Edition int64       `json:"edition" rec:"author,max=9999" doc:"of the booklet; 0 when sent = the current one"`
	Day     string      `json:"day" rec:"author,required,day" doc:"the day it was given, Asia/Shanghai"`
	Way     string      `json:"way" rec:"author,required,enum=上门|电话|入户讲解|自取"`
	Cards   record.List `json:"cards" rec:"author,kept,max=20" doc:"codes of cards that were explained; empty = none in particular"`
	Receipt string      `json:"receipt" rec:"write=HCV,read=HTA,enum=收到|没收到" doc:"what the household says of it"`
	Channel string      `json:"channel" rec:"server,read=HTA,enum=own|cadre_phone" doc:"whose phone it said so on; the second weighs less"`
}

// DeliveryType is the declaration of Delivery.
var DeliveryType = record.Of[Delivery]("delivery", record.Policy{
	Class: record.Merge, Readers: "HCVTKA", Creators: "CVT",
	Doc: "A household was given the policy booklet.",
})

// Booklet is the edition of the booklet a township gives out: a document of
// its own (package setting).
type Booklet struct {
	Edition int64  `json:"edition"` // from 1
	Title   string `json:"title"`   // on its front
}

// Code is the kind of setting a Booklet is.
const Code = "booklet"

//go:embed booklet.json
var shipped []byte

// ParseBooklet reads one strictly. Code: invalid.
func ParseBooklet(raw []byte) (Booklet, error) {
	var b Booklet
	if err := record.Document(raw, &b); err != nil {
		return b, fault.Wrap(fault.Invalid, err)
	}
	f, _ := DeliveryType.Field("edition")
	if b.Edition < 1 || b.Edition > f.Max {
		return b, fault.Bad(fault.Field{Name: "edition", Code: "range", Detail: "版次要从 1 开始。"})
	}
	title := record.Field{Name: "title", Kind: record.Text, Max: 60}
	if p := title.CheckText(b.Title); p != nil || b.Title == "" {
		return b, fault.Bad(fault.Field{Name: "title", Code: "required", Detail: "请写上口袋书的名称，最多 60 个字。"})
	}
	return b, nil
}

// Kind is the kind of setting.
func Kind() setting.Kind {
	return setting.Kind{Code: Code, Title: "口袋书版次", Shipped: []setting.Document{{Name: "builtin", Title: "默认", Body: shipped}},
		Check: func(raw []byte) error { _, err := ParseBooklet(raw); return err }}
}

// current is the booklet that holds in the township of tx.
func current(tx write.Tx) (Booklet, error) {
	raw, err := tx.Document(Code)
	if err != nil {
		return Booklet{}, err
	}
	if raw == nil {
		raw = shipped
	}
	return ParseBooklet(raw)
}

// ArriveDelivery is the rule of deliveries: they are of an edition that is
// out, and a receipt that was given is the household's to change.
func ArriveDelivery(tx write.Tx, a write.Arrival) error {
	d := a.Row.(*Delivery)
	was, known := a.Before.(*Delivery)
	if !known {
		was = &Delivery{}
	}
	if !known || d.Edition != was.Edition {
		now, err := current(tx)
		if err != nil {
			return err
		}
		if d.Edition == 0 {
			d.Edition = now.Edition
		}
		if d.Edition > now.Edition {
			return fault.Bad(fault.Field{Name: "edition", Code: "range", Detail: "还没有这一版口袋书。"})
		}
	}
	if d.Cards != was.Cards {
		if err := codes(d.Cards); err != nil {
			return err
		}
	}
	if d.Receipt == was.Receipt {
		return nil
	}
	own := access.Role(a.Role) == access.Household
	if was.Receipt != "" && !own {
		return fault.New(fault.Forbidden, "农户的回执发出后不能再改。")
	}
	switch d.Channel = "cadre_phone"; {
	case d.Receipt == "":
		d.Channel = ""
	case own:
		d.Channel = "own"
	}
	return nil
}

// codes refuses a list of anything but codes of cards; those a township no
// longer has may still have been explained.
func codes(l record.List) error {
	var all []string
	if l != "" {
		if err := l.Into(&all); err != nil {
			return fault.Bad(fault.Field{Name: "cards", Code: "format", Detail: "卡片要写代号。"})
		}
	}
	for i, c := range all {
		if !edition.IsKey(c, maxCode) || slices.Contains(all[:i], c) {
			return fault.Bad(fault.Field{Name: "cards", Code: "format", Detail: "卡片要写代号，每张一遍。"})
		}
	}
	return nil
}

// Package commons puts the common rows that ship with the program into a
// township: policy cards, papers, the words of its profile. They lie with the
// township's pseudo-household and everyone there holds them.
package commons

import (
	"daohu/server/booklet"
	"daohu/server/form"
	"daohu/server/record"
	"daohu/server/setting"
	"daohu/server/terms"
	"daohu/server/write"
)

// Put queues the rows of a township that has no card yet; profile names its
// terminology profile, "" = the default.
func Put(tx write.Tx, common, profile string) error {
	have, err := tx.Of(booklet.Type, common)
	if err != nil || len(have) > 0 {
		return err
	}
	meta := func() record.Meta { return record.Meta{ID: tx.NewID(), Household: common, MadeAt: tx.Now()} }
	cards, err := booklet.Builtin()
	if err != nil {
		return err
	}
	for _, c := range cards {
		tx.Put(booklet.Type, &booklet.Card{Meta: meta(), Code: c.Code, Edition: c.Edition, Topic: c.Topic, Title: c.Title, Order: c.Order, SHA256: write.Keep(tx, "text/markdown; charset=utf-8", c.Body), Size: int64(len(c.Body)), State: "published"})
	}
	papers, err := form.Builtin()
	if err != nil {
		return err
	}
	for _, p := range papers {
		tx.Put(form.Type, &form.Form{Meta: meta(), Code: p.Code, Edition: p.Edition, Title: p.Title, Kind: p.Kind, SHA256: write.Keep(tx, "application/json", p.Body), Size: int64(len(p.Body)), State: "published"})
	}
	doc, err := terms.Named(profile)
	if err != nil {
		return err
	}
	setting.Put(tx, meta(), terms.Code, 1, doc, "导入时选定")
	return nil
}

package photo

import (
	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/write"
)

// Arrive is the rule of photo rows: a picture belongs to a visit of the same
// author to the same household, and what it was announced as stays.
func Arrive(tx write.Tx, a write.Arrival) error {
	p := a.Row.(*Photo)
	if b, ok := a.Before.(*Photo); ok && (b.SHA256 != p.SHA256 || b.Size != p.Size || b.Mime != p.Mime || b.Visit != p.Visit) {
		return fault.New(fault.WrongState, "照片不能换成另一张，请删掉重拍。")
	}
	got, err := tx.Load(activity.VisitType, p.Visit)
	if err != nil {
		return err
	}
	v := got[p.Visit]
	if v == nil || v.Base().Household != p.Household || v.Base().MadeBy != a.By {
		return fault.Bad(fault.Field{Name: "visit", Code: "not-allowed", Detail: "没有找到这张照片的走访记录。"})
	}
	return nil
}

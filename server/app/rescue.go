package app

import (
	"context"
	"encoding/json"
	"errors"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/api"
	"daohu/server/delta"
	"daohu/server/fault"
	"daohu/server/photo"
)

// rescues takes files of phones: the changes through the sync engine, the
// pictures through the uploads.
type rescues struct {
	accounts *account.Service
	delta    *delta.Service
	uploads  *photo.Uploads
}

// Rescue implements api.Rescuer.
func (r rescues) Rescue(ctx context.Context, a access.Actor, f api.RescueFile, dry bool) (*api.RescueReport, error) {
	u, err := r.accounts.User(ctx, account.ByID, f.User)
	if fault.Is(err, fault.NotFound) || err == nil && (!u.Role.Syncs() || u.Township != a.Township) {
		return nil, fault.Bad(fault.Field{Name: "user", Code: "not-allowed", Detail: "这不是本乡镇的人的手机，请那边的管理员导入。"})
	}
	if err != nil {
		return nil, err
	}
	author := access.Actor{User: u.ID, Name: u.Name, Role: u.Role, County: u.County, Township: u.Township}
	fates, err := r.delta.Rescue(ctx, a, delta.Rescue{Author: author, Changes: f.Changes, Dry: dry})
	if err != nil {
		return nil, err
	}
	out := &api.RescueReport{Done: !dry, User: u.ID, Name: u.Name, Rows: []api.RescueRow{}, Photos: []api.RescueRow{}}
	announced, homes := map[string]announcement{}, map[string]string{}
	for _, d := range fates {
		out.Rows = append(out.Rows, api.RescueRow{Type: d.Type, ID: d.ID, Household: d.Household, At: d.DeviceAt, State: d.State, Detail: d.Detail})
		if d.Type == photo.Type.Name {
			homes[d.ID] = d.Household
			var says announcement
			if d.State == delta.FateWaiting && json.Unmarshal(d.Patch, &says) == nil {
				announced[d.ID] = says
			}
		}
	}
	for _, p := range f.Photos {
		says := announcement{SHA256: p.SHA256, Size: int64(len(p.Data))}
		state, err := r.uploads.Bring(ctx, photo.Brought{Township: a.Township, Author: u.ID, Photo: p.Photo, SHA256: p.SHA256, Body: p.Data, Announced: announced[p.Photo] == says}, dry)
		row := api.RescueRow{Type: photo.Type.Name, ID: p.Photo, Household: homes[p.Photo]}
		if row.State, row.Detail, err = picture(state, err); err != nil {
			return nil, err
		}
		out.Photos = append(out.Photos, row)
	}
	return out, nil
}

// announcement is what a photo row says of its file.
type announcement struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// picture puts into words what became of a picture. An error is one that says
// nothing about the picture: the rest of the file would fail too.
func picture(state string, err error) (is, detail string, _ error) {
	switch {
	case fault.Is(err, fault.Checksum):
		return delta.FateRefused, "这张照片在文件里坏了，没有收。手机里的还在。", nil
	case fault.Is(err, fault.NotFound):
		return delta.FateRefused, "没有等着这张照片的记录，没有收。", nil
	case fault.Is(err, fault.Gone), fault.Is(err, fault.BadImage), fault.Is(err, fault.TooLarge):
		e, _ := errors.AsType[*fault.Error](err)
		return delta.FateRefused, e.Sentence(), nil
	case err != nil:
		return "", "", err
	case state == photo.BroughtThere:
		return delta.FateArrived, "已送达，不用再收。", nil
	case state == photo.BroughtWaiting:
		return delta.FateWaiting, "先放着。接收了它那条照片记录就存好，最多放 7 天。", nil
	}
	return delta.FateStored, "直接存好。", nil
}

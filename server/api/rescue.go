package api

import (
	"context"
	"encoding/json"
	"net/http"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
)

// Rescuer takes a phone's unsent work out of a file.
type Rescuer interface {
	// Rescue judges every change and every picture of the file by itself; dry
	// only says what would become of each. Codes: invalid (a user of another
	// township), too-large, unavailable.
	Rescue(ctx context.Context, a access.Actor, f RescueFile, dry bool) (*RescueReport, error)
}

// RescueFile is the file that a phone writes of its unsent work (docs/phone.md).
type RescueFile struct {
	Format  string            `json:"format" maxLength:"20" doc:"daohu-rescue"`
	Edition int64             `json:"edition" doc:"1"`
	User    string            `json:"user" maxLength:"12" doc:"whose work it is"`
	Client  string            `json:"client" maxLength:"12" doc:"the phone's client id"`
	Changes []json.RawMessage `json:"changes" maxItems:"2000" doc:"mutations without their numbers, byte for byte (docs/sync-protocol.md)"`
	Photos  []RescuePicture   `json:"photos" maxItems:"200"`
}

// RescuePicture is one picture of a RescueFile.
type RescuePicture struct {
	Photo  string `json:"photo" maxLength:"12" doc:"id of its row"`
	SHA256 string `json:"sha256" minLength:"64" maxLength:"64" doc:"of the picture, hex"`
	Data   []byte `json:"data" doc:"the picture, base64"`
}

// RescueReport says what became of everything in a file, or, dry, would.
type RescueReport struct {
	Done   bool        `json:"done" doc:"false = a dry run"`
	User   string      `json:"user" doc:"whose work it is"`
	Name   string      `json:"name"`
	Rows   []RescueRow `json:"rows" doc:"one for each change, in the order of the file"`
	Photos []RescueRow `json:"photos" doc:"one for each picture, in the order of the file"`
}

// RescueRow is what became of one change or picture.
type RescueRow struct {
	Type      string `json:"type" doc:"of record; empty = it cannot be read"`
	ID        string `json:"id"`
	Household string `json:"household,omitempty"`
	At        int64  `json:"at,omitempty" doc:"the phone's clock, Unix ms"`
	State     string `json:"state" enum:"waiting,stored,arrived,refused"`
	Detail    string `json:"detail" doc:"a Chinese sentence"`
}

const (
	rescueFormat  = "daohu-rescue"
	rescueEdition = 1
	// rescueBody: phones put at most 11 MiB of pictures into a file, 15 MB in
	// base64, beside at most 2000 changes.
	rescueBody = 18 << 20
)

func (a *API) rescueRoutes() []Route {
	return []Route{
		{Method: http.MethodPost, Path: "/api/v1/quarantine/file", Roles: "T", Scope: Township, Body: rescueBody, Time: slow, Query: []string{"dry"},
			Doc: "Bring in a phone's unsent work from the file it wrote: each change waits in quarantine as its author's, once. dry=1 only says what would become of each.", end: typed(a.rescue)},
	}
}

func (a *API) rescue(c *call, in *RescueFile) (*RescueReport, error) {
	switch {
	case in.Format != rescueFormat:
		return nil, fault.Bad(fault.Field{Name: "format", Code: "format", Detail: "这不是手机上“导出没传的”导出的文件。"})
	case in.Edition != rescueEdition:
		return nil, fault.Bad(fault.Field{Name: "edition", Code: "format", Detail: "这个文件的版本认不出来，请先更新服务器上的程序。"})
	case !record.IsID(in.User) || !record.IsID(in.Client):
		return nil, fault.Bad(fault.Field{Name: "user", Code: "format", Detail: "文件里没写清是谁的，可能坏了。"})
	}
	dry, err := c.flag("dry")
	if err != nil {
		return nil, err
	}
	done, err := a.turn()
	if err != nil {
		return nil, err
	}
	defer done()
	return a.deps.Rescue.Rescue(c.r.Context(), c.actor, *in, dry)
}

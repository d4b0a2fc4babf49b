package photo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"daohu/server/access"
)

// Body says where the stored picture of one photo row lies.
type Body struct {
	Township  string
	Photo     string // id of the row
	Author    string // user id
	Upload    string // upload id, see UploadID
	SHA256    string `gorm:"column:sha256"` // of the file as sent
	Size      int64  // of the file as sent, bytes
	BodyKey   string // blob keys
	ThumbKey  string
	BodySize  int64 // bytes stored
	ThumbSize int64
	Width     int64 // of the stored picture, pixels
	Height    int64
	Print     string `gorm:"column:dhash"` // see Result.Print; "" = none
	MadeAt    int64  // Unix ms; set by the store
	UpdatedAt int64  // Unix ms; set by the store
}

// TableName is the table of Body.
func (Body) TableName() string { return "photo_body" }

// Stored is what the photo row learns once its body has been dealt with.
type Stored struct {
	Township string
	Author   string
	SHA256   string // the row must still announce this file
	State    string // stored or bad
	Width    int64  // pixels; 0 when bad
	Height   int64
	Key      string // blob keys, "" when bad
	ThumbKey string
	Print    string // see Result.Print
}

// Rows is what uploading needs of the photo rows.
type Rows interface {
	// Row returns the row with an id that the actor wrote; fault.NotFound
	// when it has not arrived. Authorship counts, not a present assignment.
	Row(ctx context.Context, actor access.Actor, id string) (Photo, error)
	// Finish sets the row's state and size. It may be called again with the
	// same values and then changes nothing.
	Finish(ctx context.Context, id string, s Stored) error
}

// Bodies is what uploading needs of the table photo_body.
type Bodies interface {
	// BodyByUpload returns the body that came through an upload.
	BodyByUpload(ctx context.Context, upload string) (Body, bool, error)
	// BodyByContent returns any body of the author with that hash.
	BodyByContent(ctx context.Context, township, author, sha256 string) (Body, bool, error)
	// SaveBody stores b, replacing an earlier body of the same photo.
	SaveBody(ctx context.Context, b Body) error
	// BodyKnown reports whether any body lies under the blob key.
	BodyKnown(ctx context.Context, key string) (bool, error)
}

// Keys returns the blob keys of the picture and the thumbnail of a row. They
// depend on township, author and content: the same picture in two rows of one
// author is stored once, and nobody can reach a picture by its hash alone.
func Keys(p Photo) (body, thumb string) {
	name := "photo/" + p.Township + "/" + derive(40, "body", p.Township, p.MadeBy, p.SHA256)
	return name + ".jpg", name + "-s.jpg"
}

// UploadID is the name of the upload of a row's present content: the same for
// every attempt, so that an attempt whose answer was lost is simply found
// again and a phone cannot fill the disk with beginnings.
func UploadID(p Photo) string {
	return derive(32, "upload", p.Township, p.MadeBy, p.ID, p.SHA256)
}

// derive returns n hex digits of the SHA-256 of the parts; none of them
// contains a line break.
func derive(n int, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:])[:n]
}

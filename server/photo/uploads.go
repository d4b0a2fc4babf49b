package photo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
	"golang.org/x/exp/slog"

	"daohu/server/access"
	"daohu/server/blob"
	"daohu/server/fault"
	"daohu/server/record"
)

const (
	tusVersion = "1.0.0"
	chunkType  = "application/offset+octet-stream"
	// keep is how long an upload may rest before it is forgotten: a phone may
	// be out of reach for days, and a new start costs it one picture.
	keep = 7 * 24 * time.Hour
	// network is how long one read of a request body may take.
	network = 60 * time.Second
	// lockWait: a writer on a dead connection gives way within this time.
	lockWait = 20 * time.Second
)

// UploadsConfig says what Uploads works with; all but Locker are required.
type UploadsConfig struct {
	Dir    string // folder of uploads under way
	Path   string // URL path of the endpoint, without a final slash
	Rows   Rows
	Bodies Bodies
	Blobs  blob.Store
	Images *Processor
	Actor  func(*http.Request) access.Actor                      // who is asking
	Fail   func(w http.ResponseWriter, r *http.Request, e error) // answers problem+json
	Now    func() time.Time
	// Locker keeps two requests off one upload; nil = within this process.
	// Several servers on one folder need a shared one.
	Locker handler.Locker
}

// Uploads is the tus endpoint for photo bodies (docs/sync-protocol.md,
// "Photos"): creation, creation-with-upload and expiration. tusd keeps the
// bytes; who may send, what must arrive and what becomes of it is here.
type Uploads struct {
	cfg   UploadsConfig
	files filestore.FileStore
	tus   http.Handler
}

// NewUploads makes the folder and the handler.
func NewUploads(cfg UploadsConfig) (*Uploads, error) {
	if cfg.Rows == nil || cfg.Bodies == nil || cfg.Blobs == nil || cfg.Images == nil || cfg.Actor == nil || cfg.Fail == nil || cfg.Now == nil || cfg.Dir == "" {
		return nil, errors.New("photo: UploadsConfig is incomplete")
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("photo: %w", err)
	}
	if cfg.Locker == nil {
		cfg.Locker = memorylocker.New()
	}
	u := &Uploads{cfg: cfg, files: filestore.New(cfg.Dir)}
	u.files.DirModePerm, u.files.FileModePerm = 0o700, 0o600
	parts := handler.NewStoreComposer()
	parts.UseCore(u.files)
	parts.UseLocker(stepLocker{cfg.Locker})
	tus, err := handler.NewHandler(handler.Config{
		StoreComposer: parts, BasePath: cfg.Path + "/", MaxSize: MaxFile,
		DisableDownload: true, DisableTermination: true, DisableConcatenation: true,
		Cors:                      &handler.CorsConfig{Disable: true},
		Logger:                    slog.New(slog.NewTextHandler(io.Discard, nil)), // failures reach the log through Fail
		AcquireLockTimeout:        lockWait,
		NetworkTimeout:            network,
		PreUploadCreateCallback:   u.beforeCreate,
		PreFinishResponseCallback: u.afterLastByte,
	})
	if err != nil {
		return nil, fmt.Errorf("photo: %w", err)
	}
	u.tus = tus
	return u, nil
}

// ServeHTTP answers one tus request.
func (u *Uploads) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Tus-Resumable", tusVersion)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	actor := u.cfg.Actor(r)
	err := u.serve(w, r, actor)
	if err == nil {
		return
	}
	if actor.User != "" {
		// A phone that is still sending does not read an answer: without this
		// it would see a broken connection and send the same again.
		drain(w, r)
	}
	u.cfg.Fail(w, r, err)
}

func (u *Uploads) serve(w http.ResponseWriter, r *http.Request, a access.Actor) error {
	method := r.Method
	if o := r.Header.Get("X-HTTP-Method-Override"); method == http.MethodPost && o != "" {
		method = o
	}
	if method == http.MethodOptions {
		w.Header().Set("Tus-Version", tusVersion)
		w.Header().Set("Tus-Extension", "creation,creation-with-upload,expiration")
		w.Header().Set("Tus-Max-Size", strconv.Itoa(MaxFile))
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if a.User == "" {
		return fault.New(fault.Unauthorized, "")
	}
	if method != http.MethodHead && r.Header.Get("Tus-Resumable") != tusVersion {
		return fault.Wrap(fault.BadRequest, errors.New("photo: Tus-Resumable is missing or not 1.0.0"))
	}
	id := strings.Trim(strings.TrimPrefix(r.URL.Path, u.cfg.Path), "/")
	switch {
	case id == "" && method == http.MethodPost:
		return u.create(w, r, a)
	case id == "":
		return fault.New(fault.NoRoute, "")
	case method == http.MethodHead:
		return u.head(w, r, a, id)
	case method == http.MethodPatch:
		return u.patch(w, r, a, id)
	}
	return fault.New(fault.NoRoute, "")
}

// accept checks a create against the photo's row.
func (u *Uploads) accept(r *http.Request, a access.Actor) (Photo, error) {
	h := r.Header
	size, err := strconv.ParseInt(h.Get("Upload-Length"), 10, 64)
	if err != nil || size <= 0 || h.Get("Upload-Defer-Length") != "" || h.Get("Upload-Concat") != "" {
		return Photo{}, fault.Wrap(fault.BadRequest, errors.New("photo: Upload-Length is missing or not a number above 0"))
	}
	if size > MaxFile || r.ContentLength > size {
		return Photo{}, fault.New(fault.TooLarge, "")
	}
	meta := handler.ParseMetadataHeader(h.Get("Upload-Metadata"))
	if !record.IsID(meta["photo"]) {
		return Photo{}, fault.Bad(fault.Field{Name: "photo", Code: "format", Detail: "照片的编号不对。"})
	}
	row, err := u.cfg.Rows.Row(r.Context(), a, meta["photo"])
	switch {
	case fault.Is(err, fault.NotFound):
		return Photo{}, &fault.Error{Code: fault.WrongState, Detail: "照片的记录还没到，请先同步。", Err: err}
	case err != nil:
		return Photo{}, err
	case row.MadeBy != a.User || row.DeletedAt > 0 || row.ID != meta["photo"]:
		return Photo{}, fault.New(fault.NotFound, "")
	case row.Size != size || row.SHA256 != meta["sha256"]:
		return Photo{}, fault.New(fault.Invalid, "照片和它的记录对不上，请重新添加这张照片。")
	case row.State == bad:
		return Photo{}, fault.New(fault.BadImage, "")
	}
	return row, nil
}

// create makes or finds the upload of a row and takes the first bytes.
func (u *Uploads) create(w http.ResponseWriter, r *http.Request, a access.Actor) error {
	row, err := u.accept(r, a)
	if err != nil {
		return err
	}
	id := UploadID(row)
	offset, err := u.begin(r, row, id)
	if err == nil && r.Header.Get("Content-Type") == chunkType {
		offset, err = u.firstBytes(w, r, id, offset, row.Size)
	}
	if err != nil {
		return err
	}
	drain(w, r)
	w.Header().Set("Location", u.cfg.Path+"/"+id)
	u.position(w, id, offset, row.Size)
	w.WriteHeader(http.StatusCreated)
	return nil
}

// known reports whether the author's content is stored already; the row is
// finished then. Another author's equal content is never looked at.
func (u *Uploads) known(ctx context.Context, row Photo) (known bool, err error) {
	key, _ := Keys(row)
	err = u.locked(ctx, bodyLock(key), func() error {
		known, err = u.adopt(ctx, row)
		return err
	})
	return known, err
}

// adopt is known under the lock of the body, which keeps Sweep away from it.
func (u *Uploads) adopt(ctx context.Context, row Photo) (bool, error) {
	b, ok, err := u.cfg.Bodies.BodyByContent(ctx, row.Township, row.MadeBy, row.SHA256)
	if err != nil || !ok {
		return false, err
	}
	for _, key := range []string{b.BodyKey, b.ThumbKey} {
		if ok, err := u.cfg.Blobs.Exists(ctx, key); err != nil || !ok {
			return false, err // lost by the photo store: let it come again
		}
	}
	b.Photo, b.Upload = row.ID, UploadID(row)
	if err := u.cfg.Bodies.SaveBody(ctx, b); err != nil {
		return false, err
	}
	return true, u.finish(ctx, b)
}

func (u *Uploads) finish(ctx context.Context, b Body) error {
	return u.cfg.Rows.Finish(ctx, b.Photo, Stored{Township: b.Township, Author: b.Author, SHA256: b.SHA256, State: stored,
		Width: b.Width, Height: b.Height, Key: b.BodyKey, ThumbKey: b.ThumbKey, Print: b.Print})
}

// begin returns where the upload id stands and makes it when there is none.
func (u *Uploads) begin(r *http.Request, row Photo, id string) (offset int64, err error) {
	// A lock of its own: the one of id is taken by tusd below.
	err = u.locked(r.Context(), "new-"+id, func() error {
		up, err := u.settled(r.Context(), id)
		if err == nil {
			offset = up.Offset
			return nil
		}
		if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Gone) {
			return err
		}
		// The bytes go only after the body is noted: looked at in this order,
		// an upload that another request just finished is not begun again.
		known, err := u.known(r.Context(), row)
		if known || err != nil {
			offset = row.Size
			return err
		}
		ans, err := u.call(nil, r, &step{id: id, row: row}, http.MethodPost)
		if err == nil && ans.status != http.StatusCreated {
			err = ans.fault()
		}
		return err
	})
	if err != nil || offset < row.Size {
		return offset, err
	}
	// All bytes are here, but something failed behind them.
	return offset, u.heal(r.Context(), id)
}

// firstBytes appends the body of a create, of which the upload may hold a
// part already, and returns the new offset.
func (u *Uploads) firstBytes(w http.ResponseWriter, r *http.Request, id string, offset, size int64) (int64, error) {
	if r.Body == nil || offset == size {
		return offset, nil
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(network))
	n, err := io.CopyN(io.Discard, r.Body, offset)
	switch {
	case errors.Is(err, io.EOF):
		return offset, nil
	case err != nil:
		return 0, fault.Wrap(fault.Unavailable, err)
	}
	t := &step{id: id, offset: offset, length: r.ContentLength - n}
	if r.ContentLength < 0 {
		t.length = -1
	}
	ans, err := u.call(w, r, t, http.MethodPatch)
	switch {
	case err != nil:
		return 0, err
	case ans.status == http.StatusNoContent:
		return strconv.ParseInt(ans.header.Get("Upload-Offset"), 10, 64)
	case ans.status == http.StatusConflict, ans.status == http.StatusNotFound:
		// The same create under way twice: the other one got further.
		return u.offset(r.Context(), id, size)
	}
	return 0, ans.fault()
}

// offset is where upload id of size bytes stands; finished ones are at size.
func (u *Uploads) offset(ctx context.Context, id string, size int64) (int64, error) {
	up, err := u.live(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return size, nil
	}
	return up.Offset, err
}

// head says where to go on. What a crash left unfinished is finished first.
func (u *Uploads) head(w http.ResponseWriter, r *http.Request, a access.Actor, id string) error {
	up, err := u.own(r.Context(), a, id, true)
	if err != nil {
		return err
	}
	u.position(w, id, up.Offset, up.Size)
	w.Header().Set("Upload-Length", strconv.FormatInt(up.Size, 10))
	w.WriteHeader(http.StatusOK)
	return nil
}

// patch appends one chunk.
func (u *Uploads) patch(w http.ResponseWriter, r *http.Request, a access.Actor, id string) error {
	offset, err := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64)
	if err != nil || offset < 0 {
		return fault.Wrap(fault.BadRequest, errors.New("photo: Upload-Offset is missing or no number"))
	}
	if r.Header.Get("Content-Type") != chunkType {
		return fault.New(fault.BadMedia, "")
	}
	up, err := u.own(r.Context(), a, id, false)
	if err != nil {
		return err
	}
	if up.Offset < up.Size {
		ans, err := u.call(w, r, &step{id: id, offset: offset, length: r.ContentLength}, http.MethodPatch)
		switch {
		case err != nil:
			return err
		case ans.status == http.StatusNoContent:
			at, err := strconv.ParseInt(ans.header.Get("Upload-Offset"), 10, 64)
			if err != nil {
				return err
			}
			u.position(w, id, at, up.Size)
			w.WriteHeader(http.StatusNoContent)
			return nil
		case ans.status != http.StatusConflict && ans.status != http.StatusNotFound:
			return ans.fault()
		}
		// Elsewhere, or finished by another request in between.
		if up, err = u.own(r.Context(), a, id, false); err != nil {
			return err
		}
	}
	u.position(w, id, up.Offset, up.Size) // saves the phone the question
	if offset == up.Offset && offset == up.Size {
		drain(w, r)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return fault.New(fault.WrongState, "照片已经传到别的位置，请从新的位置接着传。")
}

// position tells the phone where the upload stands and until when it is kept.
func (u *Uploads) position(w http.ResponseWriter, id string, offset, size int64) {
	w.Header().Set("Upload-Offset", strconv.FormatInt(offset, 10))
	if offset < size {
		w.Header().Set("Upload-Expires", u.touched(id).Add(keep).UTC().Format(http.TimeFormat))
	}
}

// drain reads what is left of a body, at most one file's worth, so that the
// sender gets to reading the answer.
func drain(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil || w.Header().Get("Connection") == "close" { // interrupted: nobody sends any more
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(network))
	_, _ = io.CopyN(io.Discard, r.Body, MaxFile)
}

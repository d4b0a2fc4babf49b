package photo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"runtime"
	"time"

	"github.com/bep/imagemeta"

	"daohu/server/fault"
)

// The sizes that are stored. 1600 pixels show a written page legibly; 320 are
// the width of a small phone's screen.
const (
	MaxFile    = 2 << 20 // bytes a phone may send for one picture
	longSide   = 1600
	quality    = 80
	thumbSide  = 320
	thumbBytes = 30 << 10
	// fullBytes bounds what one picture costs to keep and to load: five times
	// what a phone sends of an ordinary one.
	fullBytes = 1 << 20
	// busyBytes is the decode size from which memory is given back at once.
	busyBytes = 8 << 20
)

// Result is a picture as it is stored: both files are encoded here from the
// pixels alone, so nothing else of what was sent (position, camera, hidden
// files) is left.
type Result struct {
	JPEG          []byte // of at most 1 MB
	Thumb         []byte // JPEG of at most 30 KB
	Width, Height int    // of JPEG
	Print         string // what the picture looks like, see dHash; "" = too plain to tell
}

// Processor turns what phones send into what is stored, one picture at a
// time: the decoder's memory is the server's largest single need.
type Processor struct {
	slot   chan struct{}
	budget time.Duration
}

// NewProcessor returns a Processor that gives each picture at most budget;
// 0 = 15 s, some thirty times what 24 megapixels need on one slow core.
func NewProcessor(budget time.Duration) *Processor {
	if budget <= 0 {
		budget = 15 * time.Second
	}
	return &Processor{slot: make(chan struct{}, 1), budget: budget}
}

// Process reads size bytes of r and makes the stored pictures. Its errors are
// fault.TooLarge, fault.BadImage (never worth a retry) and fault.Unavailable
// (ctx ended or r failed).
func (p *Processor) Process(ctx context.Context, r io.ReadSeeker, size int64) (Result, error) {
	if size > MaxFile {
		return Result{}, fault.New(fault.TooLarge, "")
	}
	select {
	case p.slot <- struct{}{}:
		defer func() { <-p.slot }()
	case <-ctx.Done():
		return Result{}, fault.Wrap(fault.Unavailable, ctx.Err())
	}
	b := make([]byte, max(size, 0))
	_, err := r.Seek(0, io.SeekStart)
	if err == nil {
		_, err = io.ReadFull(r, b)
	}
	if err != nil {
		return Result{}, fault.Wrap(fault.Unavailable, fmt.Errorf("photo: reading: %w", err))
	}
	mine, cancel := context.WithTimeout(ctx, p.budget)
	defer cancel()
	res, err := process(mine, b)
	switch {
	case err == nil:
		return res, nil
	case ctx.Err() != nil:
		return Result{}, fault.Wrap(fault.Unavailable, ctx.Err())
	}
	return Result{}, fault.Wrap(fault.BadImage, err)
}

// process may panic inside a decoder; that is a bad picture, not a crash.
func process(ctx context.Context, b []byte) (res Result, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("photo: decoder: %v", v)
		}
	}()
	f, err := check(b)
	if err != nil {
		return res, err
	}
	small, err := reduce(ctx, f, b)
	if err != nil {
		return res, err
	}
	img := upright(small, orientation(ctx, f, b))
	if res.JPEG, img, err = within(ctx, img, longSide, quality, fullBytes); err != nil {
		return res, err
	}
	res.Width, res.Height = img.Rect.Dx(), img.Rect.Dy()
	if res.Thumb, _, err = within(ctx, img, thumbSide, 70, thumbBytes); err != nil {
		return res, err
	}
	// Pixels that came out of this very encoder may come out of it again, byte
	// for byte. A mark that depends on the file sent makes sure that what is
	// stored is never what was sent (quality.md A6).
	mark := sha256.Sum256(b)
	res.JPEG, res.Thumb = marked(res.JPEG, mark[:8]), marked(res.Thumb, mark[:8])
	res.Print, err = dHash(ctx, img)
	return res, err
}

// marked puts a comment segment (ITU-T T.81, B.2.4.5) behind the first marker.
func marked(jpg, mark []byte) []byte {
	text := hex.EncodeToString(mark)
	out := append([]byte{0xff, 0xd8, 0xff, 0xfe, 0, byte(2 + len(text))}, text...)
	return append(out, jpg[2:]...)
}

// reduce decodes b at no more than the stored size.
func reduce(ctx context.Context, f format, b []byte) (*image.RGBA, error) {
	small, err := decodeSmall(ctx, f, b)
	if f.need > busyBytes {
		// Left to itself the collector lets two or three full pictures pile
		// up before it runs, whether they could be decoded or not.
		runtime.GC()
	}
	return small, err
}

func decodeSmall(ctx context.Context, f format, b []byte) (*image.RGBA, error) {
	full, err := f.decode(&guarded{ctx, bytes.NewReader(b)})
	if err != nil {
		return nil, err
	}
	size := full.Bounds().Size()
	w, h := fit(size.X, size.Y, longSide)
	return shrink(ctx, full, w, h)
}

// within encodes img at most side long in at most limit bytes: it lowers the
// quality, then the size, until the picture fits, and returns what it encoded.
func within(ctx context.Context, img *image.RGBA, side, best, limit int) ([]byte, *image.RGBA, error) {
	limit -= 64 // for the mark
	for ; side > 0; side /= 2 {
		w, h := fit(img.Rect.Dx(), img.Rect.Dy(), side)
		small := img
		if w != img.Rect.Dx() || h != img.Rect.Dy() {
			var err error
			if small, err = shrink(ctx, img, w, h); err != nil {
				return nil, nil, err
			}
		}
		for q := best; q >= 30; q -= 10 {
			b, err := encode(small, q)
			if err != nil || len(b) <= limit {
				return b, small, err
			}
		}
	}
	return nil, nil, errors.New("photo: no size fits")
}

func encode(img image.Image, q int) ([]byte, error) {
	var buf bytes.Buffer
	err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: q})
	return buf.Bytes(), err
}

// orientation reads the one EXIF tag that matters for the pixels. Whatever is
// wrong with the EXIF part, the picture is taken as it is.
func orientation(ctx context.Context, f format, b []byte) (o int) {
	kind, ok := map[string]imagemeta.ImageFormat{"jpeg": imagemeta.JPEG, "webp": imagemeta.WebP}[f.name]
	if !ok {
		return 1
	}
	defer func() {
		if recover() != nil {
			o = 1
		}
	}()
	o = 1
	_, err := imagemeta.Decode(imagemeta.Options{
		R: &guarded{ctx, bytes.NewReader(b)}, ImageFormat: kind, Sources: imagemeta.EXIF,
		LimitNumTags: 500, LimitTagSize: 64,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { return t.Tag == "Orientation" && t.Namespace == "IFD0" },
		HandleTag: func(t imagemeta.TagInfo) error {
			if v, ok := t.Value.(uint16); ok {
				o = int(v)
			}
			return imagemeta.ErrStopWalking
		},
	})
	if err != nil {
		return 1
	}
	return o
}

// guarded fails once ctx has ended, so that a decoder stops with it.
type guarded struct {
	ctx context.Context
	r   *bytes.Reader
}

// Read never gives more than 4 KB: that is how often ctx is looked at.
func (g *guarded) Read(p []byte) (int, error) {
	if err := g.ctx.Err(); err != nil {
		return 0, err
	}
	return g.r.Read(p[:min(len(p), 4096)])
}

// Seek lets the EXIF reader jump.
func (g *guarded) Seek(offset int64, whence int) (int64, error) { return g.r.Seek(offset, whence) }

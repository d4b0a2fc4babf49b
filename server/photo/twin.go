package photo

import (
	"context"
	"fmt"
	"image"
	"math/bits"
	"strconv"
)

const (
	// near is how many of the 64 bits of two prints may differ for one picture
	// to be called similar to another: what a new encoding, another size or a
	// drawn watermark changes stays below it, two different rooms lie around
	// half of the bits apart.
	nearBits = 6
	// plain is the least sum of brightness steps, of 64 of up to 255, that
	// makes a print: a white wall looks like any other.
	plain = 64 * 2
)

// dHash is what a picture looks like in 64 bits, as 16 hex digits: of a copy of
// 9 x 8 grey pixels each bit says whether a pixel is brighter than its right
// neighbour. "" = too small or too plain to tell.
func dHash(ctx context.Context, img *image.RGBA) (string, error) {
	const w, h = 9, 8
	if img.Rect.Dx() < w || img.Rect.Dy() < h {
		return "", nil
	}
	small, err := shrink(ctx, img, w, h)
	if err != nil {
		return "", err
	}
	grey := func(x, y int) int { // ITU-R BT.601
		p := small.Pix[y*small.Stride+4*x:]
		return (299*int(p[0]) + 587*int(p[1]) + 114*int(p[2])) / 1000
	}
	var print uint64
	steps := 0
	for y := range h {
		for x := range w - 1 {
			d := grey(x, y) - grey(x+1, y)
			steps += max(d, -d)
			print <<= 1
			if d > 0 {
				print |= 1
			}
		}
	}
	if steps < plain {
		return "", nil
	}
	return fmt.Sprintf("%016x", print), nil
}

// apart is how many bits two prints differ in; 64 when one is missing.
func apart(a, b string) int {
	x, err1 := strconv.ParseUint(a, 16, 64)
	y, err2 := strconv.ParseUint(b, 16, 64)
	if err1 != nil || err2 != nil {
		return 64
	}
	return bits.OnesCount64(x ^ y)
}

// twin looks for the picture of row p in another visit: the same file first,
// then what looks the same. It is a hint for the reviewer (quality.md A4): the
// same house on a later day may look the same.
func (d *Desk) twin(ctx context.Context, p *Photo, s Stored) (flag, id string, err error) {
	if s.State != stored {
		return "", "", nil
	}
	list, err := d.Finder.Alike(ctx, Body{Township: s.Township, Photo: p.ID, Author: s.Author, SHA256: s.SHA256, Print: s.Print})
	if err != nil {
		return "", "", err
	}
	best := nearBits + 1
	for _, o := range list {
		switch {
		case o.Visit == p.Visit:
		case o.SHA256 == s.SHA256:
			return flagReused, o.Photo, nil
		case apart(o.Print, s.Print) < best:
			best = apart(o.Print, s.Print)
			flag, id = flagSimilar, o.Photo
		}
	}
	return flag, id, nil
}

package photo

import (
	"context"
	"image"
	"image/color"
	"image/draw"
)

// fit returns the size of a w x h picture whose longer side is at most long.
func fit(w, h, long int) (int, int) {
	if w <= long && h <= long {
		return w, h
	}
	if w >= h {
		return long, max(1, h*long/w)
	}
	return max(1, w*long/h), long
}

// shrink averages src down to w x h (never larger than src), transparent
// parts on white. It works strip by strip: a whole 24-megapixel picture as
// RGBA would be 96 MB, and between strips it can be stopped.
func shrink(ctx context.Context, src image.Image, w, h int) (*image.RGBA, error) {
	b := src.Bounds()
	sw, sh := b.Dx(), b.Dy()
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	strip := image.NewRGBA(image.Rect(0, 0, sw, sh/h+1))
	white := image.NewUniform(color.White)
	for y := range h {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		y0, y1 := y*sh/h, (y+1)*sh/h
		part := image.Rect(0, 0, sw, y1-y0)
		draw.Draw(strip, part, white, image.Point{}, draw.Src)
		draw.Draw(strip, part, src, image.Pt(b.Min.X, b.Min.Y+y0), draw.Over)
		average(dst.Pix[y*dst.Stride:][:4*w], strip, y1-y0)
	}
	return dst, nil
}

// average makes one row of pixels out of the first rows of strip.
func average(row []byte, strip *image.RGBA, rows int) {
	w, sw := len(row)/4, strip.Rect.Dx()
	for x := range w {
		x0, x1 := x*sw/w, (x+1)*sw/w
		var r, g, b int
		for y := range rows {
			for p := strip.Pix[y*strip.Stride+4*x0 : y*strip.Stride+4*x1]; len(p) >= 4; p = p[4:] {
				r, g, b = r+int(p[0]), g+int(p[1]), b+int(p[2])
			}
		}
		n := rows * (x1 - x0)
		row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = byte((r+n/2)/n), byte((g+n/2)/n), byte((b+n/2)/n), 255
	}
}

// upright undoes an EXIF orientation (Exif 2.32, tag 0x0112): 1 to 8, other
// values mean "as it is".
func upright(src *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dw, dh := w, h
	if orientation >= 5 {
		dw, dh = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	for y := range dh {
		for x := range dw {
			sx, sy := origin(orientation, x, y, w, h)
			copy(dst.Pix[y*dst.Stride+4*x:][:4], src.Pix[sy*src.Stride+4*sx:][:4])
		}
	}
	return dst
}

// origin is where the upright pixel (x, y) lies in the stored w x h picture.
func origin(orientation, x, y, w, h int) (int, int) {
	switch orientation {
	case 2: // mirrored
		return w - 1 - x, y
	case 3: // upside down
		return w - 1 - x, h - 1 - y
	case 4: // upside down and mirrored
		return x, h - 1 - y
	case 5: // transposed
		return y, x
	case 6: // to be turned right
		return y, h - 1 - x
	case 7: // transposed over the other diagonal
		return w - 1 - y, h - 1 - x
	default: // 8: to be turned left
		return w - 1 - y, x
	}
}

package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// format is one kind of picture the server reads.
type format struct {
	name   string
	pixels int // most pixels
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	// memory estimates the bytes that decode will hold, from the header alone.
	memory func(b []byte, px int) (int, error)
	need   int // what memory said
}

// The limits. Phones take 12 to 24 megapixels; screenshots and edited
// pictures (PNG, WebP) are smaller. Their decoders need up to 8 bytes a pixel.
const (
	maxJPEG   = 24_000_000
	maxOther  = 12_000_000
	maxMemory = 128 << 20 // bytes one decode may hold
	// maxScans: libjpeg's default progressive script has 10 scans
	// (jcparam.c); each further one costs a walk over the whole picture.
	maxScans = 100
)

var errHeader = errors.New("photo: not an acceptable picture")

// sniff tells the format by the first bytes; the declared type is not trusted.
func sniff(b []byte) (format, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return format{"jpeg", maxJPEG, jpeg.DecodeConfig, jpeg.Decode, jpegMemory, 0}, true
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return format{"png", maxOther, png.DecodeConfig, png.Decode, pngMemory, 0}, true
	case len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return format{"webp", maxOther, webp.DecodeConfig, webp.Decode, webpMemory, 0}, true
	}
	return format{}, false
}

// check looks at the header only and refuses what would cost too much.
func check(b []byte) (format, error) {
	f, ok := sniff(b)
	if !ok {
		return f, errHeader
	}
	c, err := f.config(bytes.NewReader(b))
	if err != nil {
		return f, err
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > f.pixels/c.Height {
		return f, errHeader
	}
	if f.need, err = f.memory(b, c.Width*c.Height); err == nil && f.need > maxMemory {
		err = errHeader
	}
	return f, err
}

// pngMemory: 8 bytes a pixel at 16 bits a sample, else at most 4; an
// interlaced picture holds its last pass, half the size, as well.
func pngMemory(b []byte, px int) (int, error) {
	const depth, interlace = 24, 28 // offsets in the file of two IHDR bytes
	if len(b) <= interlace {
		return 0, errHeader
	}
	n := 4 * px
	if b[depth] == 16 {
		n *= 2
	}
	if b[interlace] != 0 {
		n += n / 2
	}
	return n, nil
}

// webpMemory: YCbCr, and for the alpha plane a whole NRGBA picture at first.
func webpMemory(_ []byte, px int) (int, error) { return 7 * px, nil }

// jpegMemory walks the segments as the decoder does, up to the first frame
// header, and counts the scans of the whole file.
func jpegMemory(b []byte, px int) (int, error) {
	// 0xff inside compressed data is always followed by 0x00 or a restart
	// marker, so this finds every scan; what a thumbnail or a colour profile
	// adds by chance is far below the limit.
	if bytes.Count(b, []byte{0xff, 0xda}) > maxScans {
		return 0, errors.New("photo: too many scans")
	}
	for i := 2; i+4 <= len(b); {
		m := b[i+1]
		switch {
		case b[i] != 0xff, m == 0, m == 0xff: // fill bytes
			i++
			continue
		case m >= 0xd0 && m <= 0xd7: // restart markers carry no length
			i += 2
			continue
		case m == 0xda, m == 0xd9: // data or end before any frame
			return 0, errHeader
		}
		n := int(binary.BigEndian.Uint16(b[i+2:]))
		if m >= 0xc0 && m <= 0xc2 {
			return frameMemory(b[i+4:min(len(b), i+2+n)], m == 0xc2, px)
		}
		i += 2 + n
	}
	return 0, errHeader
}

// frameMemory reads a frame header (ITU-T T.81, B.2.2): one byte a sample,
// four more for the coefficients of a progressive picture, four a pixel when
// the decoder turns CMYK or RGB planes into another picture.
func frameMemory(h []byte, progressive bool, px int) (int, error) {
	if len(h) < 6 || len(h) < 6+3*int(h[5]) {
		return 0, errHeader
	}
	comps := int(h[5])
	area, most, plain := 0, 1, true
	for c := range comps {
		hv := h[6+3*c+1]
		one := int(hv>>4) * int(hv&15)
		area, most = area+one, max(most, one)
		if c > 0 && one != 1 {
			plain = false
		}
	}
	n := px * comps // no subsampling, or an unusual one that is widened
	if plain && comps == 3 {
		n = px * area / most
	}
	if progressive {
		n *= 5
	}
	if comps == 4 || comps == 3 && h[6] == 'R' {
		n += 4 * px
	}
	return n, nil
}

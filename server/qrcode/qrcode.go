// Package qrcode draws QR codes: as a picture to print, and as text for a
// terminal. It knows the library and nothing else.
package qrcode

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	qr "github.com/piglig/go-qr"
)

const (
	// quiet is the white border in modules: ISO/IEC 18004 asks for 4.
	quiet = 4
	// pixels is the side of a module in the picture: a code of 33 modules is
	// then 410 pixels wide, 3.5 cm at 300 dpi.
	pixels = 10
)

// encode uses level M: a card in a kitchen gets dirty, and up to 15 % of it
// may be unreadable.
func encode(text string) (*qr.QrCode, error) {
	c, err := qr.EncodeText(text, qr.Medium)
	if err != nil {
		return nil, fmt.Errorf("qrcode: %w", err)
	}
	return c, nil
}

// PNG draws text as a black and white picture with its border.
func PNG(text string) ([]byte, error) {
	c, err := encode(text)
	if err != nil {
		return nil, err
	}
	side := (c.Size() + 2*quiet) * pixels
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if c.Module(x/pixels-quiet, y/pixels-quiet) {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img); err != nil {
		return nil, fmt.Errorf("qrcode: %w", err)
	}
	return b.Bytes(), nil
}

// Terminal draws text with half blocks, two rows of modules a line. Light
// modules are drawn and dark ones left out, for the light letters on a dark
// ground of most terminals.
func Terminal(text string) (string, error) {
	c, err := encode(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for y := -quiet; y < c.Size()+quiet; y += 2 {
		for x := -quiet; x < c.Size()+quiet; x++ {
			top, bottom := !c.Module(x, y), !c.Module(x, y+1)
			switch {
			case top && bottom:
				b.WriteString("█")
			case top:
				b.WriteString("▀")
			case bottom:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}

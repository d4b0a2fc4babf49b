package qrcode

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	zxing "github.com/makiuchi-d/gozxing/qrcode"
)

var texts = []string{"0A1B2C3D", "https://daohu.example/h/" + strings.Repeat("Ab-_", 11)[:43], strings.Repeat("到户", 40)}

// TestPNG reads the pictures with another program than drew them.
func TestPNG(t *testing.T) {
	for _, want := range texts {
		raw, err := PNG(want)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		bmp, err := gozxing.NewBinaryBitmapFromImage(img)
		if err != nil {
			t.Fatal(err)
		}
		got, err := zxing.NewQRCodeReader().Decode(bmp, nil)
		if err != nil || got.GetText() != want {
			t.Errorf("%q read as %v, %v", want, got, err)
		}
		if len(raw) > 4<<10 {
			t.Errorf("%d bytes for %q", len(raw), want)
		}
	}
	if _, err := PNG(strings.Repeat("x", 5000)); err == nil {
		t.Error("more than a code holds was drawn")
	}
}

// TestTerminal: what the terminal shows has the modules of the picture.
func TestTerminal(t *testing.T) {
	for _, text := range texts {
		out, err := Terminal(text)
		if err != nil {
			t.Fatal(err)
		}
		c, err := encode(text)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		for y := range c.Size() {
			for x := range c.Size() {
				cell := []rune(lines[(y+quiet)/2])[x+quiet]
				light := cell == '█' || cell == map[bool]rune{true: '▀', false: '▄'}[(y+quiet)%2 == 0]
				if light == c.Module(x, y) {
					t.Fatalf("%q: module %d,%d is wrong", text, x, y)
				}
			}
		}
	}
}

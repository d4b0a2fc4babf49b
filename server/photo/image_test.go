package photo

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"daohu/server/fault"
)

// noise makes a w x h picture that does not compress well.
func noise(w, h int, seed uint64) *image.RGBA {
	rng := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(rng.Uint32())
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

// quarters: red, green / blue, white.
func quarters(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	c := []color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}}
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, c[2*(2*y/h)+2*x/w])
		}
	}
	return img
}

func jpegOf(t testing.TB, img image.Image, q int) []byte {
	t.Helper()
	b, err := encode(img, q)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// chunk is one PNG chunk.
func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// pngHeader is a PNG that claims w x h and has no data.
func pngHeader(w, h uint32, depth, interlace byte) []byte {
	d := binary.BigEndian.AppendUint32(nil, w)
	d = binary.BigEndian.AppendUint32(d, h)
	d = append(d, depth, 6, 0, 0, interlace)
	return append(append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", d)...), chunk("IEND", nil)...)
}

const secret = "GPS-SECRET-24.5N"

// withEXIF puts an APP1 with orientation and a GPS folder into a JPEG.
func withEXIF(jpg []byte, orientation uint16) []byte {
	le := binary.LittleEndian
	t := append([]byte("II*\x00"), 8, 0, 0, 0)
	entry := func(tag, typ uint16, n, val uint32) {
		t = le.AppendUint16(le.AppendUint16(t, tag), typ)
		t = le.AppendUint32(le.AppendUint32(t, n), val)
	}
	t = le.AppendUint16(t, 2)
	entry(0x0112, 3, 1, uint32(orientation))
	entry(0x8825, 4, 1, 8+2+24+4) // GPS folder behind this one
	t = le.AppendUint32(t, 0)
	t = le.AppendUint16(t, 1)
	entry(0x001d, 2, uint32(len(secret)), uint32(len(t)+12+4))
	t = le.AppendUint32(t, 0)
	t = append(t, secret...)
	return withAPP1(jpg, t)
}

func withAPP1(jpg, tiff []byte) []byte {
	app := append([]byte{0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(2+6+len(tiff)))...)
	app = append(append(app, "Exif\x00\x00"...), tiff...)
	return append(append([]byte{0xff, 0xd8}, app...), jpg[2:]...)
}

// tinyWebP is a lossless WebP of one pixel: header, one VP8L chunk.
var tinyWebP = []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")

func run(b []byte) (Result, error) {
	return NewProcessor(0).Process(context.Background(), bytes.NewReader(b), int64(len(b)))
}

func TestProcessSizes(t *testing.T) {
	for name, c := range map[string]struct {
		in   []byte
		w, h int
	}{
		"small stays":   {jpegOf(t, quarters(40, 30), 90), 40, 30},
		"wide":          {jpegOf(t, quarters(3200, 1000), 90), 1600, 500},
		"tall":          {pngOf(t, quarters(900, 2400)), 600, 1600},
		"line":          {pngOf(t, quarters(60000, 2)), 1600, 1},
		"one pixel":     {pngOf(t, quarters(1, 1)), 1, 1},
		"gray":          {jpegOf(t, image.NewGray(image.Rect(0, 0, 50, 50)), 80), 50, 50},
		"noise":         {jpegOf(t, noise(1200, 900, 1), 80), 1200, 900},
		"16 bit":        {pngOf(t, image.NewNRGBA64(image.Rect(0, 0, 20, 10))), 20, 10},
		"paletted":      {pngOf(t, image.NewPaletted(image.Rect(0, 0, 9, 7), []color.Color{color.Black})), 9, 7},
		"WebP":          {tinyWebP, 1, 1},
		"24 megapixels": {jpegOf(t, image.NewYCbCr(image.Rect(0, 0, 6000, 4000), image.YCbCrSubsampleRatio420), 20), 1600, 1066},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := run(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if res.Width != c.w || res.Height != c.h {
				t.Errorf("size %dx%d, want %dx%d", res.Width, res.Height, c.w, c.h)
			}
			got, err := jpeg.DecodeConfig(bytes.NewReader(res.JPEG))
			if err != nil || got.Width != c.w || got.Height != c.h {
				t.Errorf("stored: %+v %v", got, err)
			}
			th, err := jpeg.DecodeConfig(bytes.NewReader(res.Thumb))
			if err != nil || len(res.Thumb) > thumbBytes || max(th.Width, th.Height) > thumbSide {
				t.Errorf("thumbnail: %+v %v, %d bytes", th, err, len(res.Thumb))
			}
			if bytes.Equal(res.JPEG, c.in) || bytes.Equal(res.Thumb, c.in) {
				t.Error("stored bytes equal the sent ones")
			}
		})
	}
}

func TestProcessKeepsColours(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 4000, 2000)) // transparent: white
	for y := range 2000 {
		for x := range 2000 {
			img.SetNRGBA(x, y, color.NRGBA{200, 40, 40, 255})
		}
	}
	res, err := run(pngOf(t, img))
	if err != nil {
		t.Fatal(err)
	}
	near(t, res.JPEG, 400, 400, color.RGBA{200, 40, 40, 255})
	near(t, res.JPEG, 1200, 400, color.RGBA{255, 255, 255, 255})
}

// near fails unless the pixel is c within what JPEG loses.
func near(t *testing.T, jpg []byte, x, y int, c color.RGBA) {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(jpg))
	if err != nil {
		t.Fatal(err)
	}
	got := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
	for _, d := range []int{int(got.R) - int(c.R), int(got.G) - int(c.G), int(got.B) - int(c.B)} {
		if d < -12 || d > 12 {
			t.Errorf("pixel %d,%d is %v, want %v", x, y, got, c)
			return
		}
	}
}

func TestProcessTurnsUprightAndForgetsEXIF(t *testing.T) {
	r, g, b, w := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}, color.RGBA{255, 255, 255, 255}
	// The stored corners red, green / blue, white, as a viewer must show them.
	want := map[uint16][4]color.RGBA{
		0: {r, g, b, w}, 1: {r, g, b, w}, 2: {g, r, w, b}, 3: {w, b, g, r}, 4: {b, w, r, g},
		5: {r, b, g, w}, 6: {b, r, w, g}, 7: {w, g, b, r}, 8: {g, w, r, b}, 9: {r, g, b, w},
	}
	for o, corners := range want {
		in := withEXIF(jpegOf(t, quarters(64, 48), 95), o)
		if !bytes.Contains(in, []byte(secret)) {
			t.Fatal("the test's own EXIF is missing")
		}
		res, err := run(in)
		if err != nil {
			t.Fatalf("orientation %d: %v", o, err)
		}
		if turned := o >= 5 && o <= 8; turned != (res.Height == 64) {
			t.Errorf("orientation %d: %dx%d", o, res.Width, res.Height)
		}
		for i, c := range corners {
			near(t, res.JPEG, 6+i%2*(res.Width-12), 6+i/2*(res.Height-12), c)
		}
		for _, f := range [][]byte{res.JPEG, res.Thumb} {
			if bytes.Contains(f, []byte(secret)) || bytes.Contains(f, []byte("Exif")) {
				t.Errorf("orientation %d: EXIF survived", o)
			}
		}
	}
}

func TestProcessIgnoresHostileEXIF(t *testing.T) {
	jpg := jpegOf(t, quarters(64, 48), 90)
	loop := []byte("II*\x00\x08\x00\x00\x00\x01\x00\x69\x87\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00\x08\x00\x00\x00")
	huge := []byte("MM\x00*\x00\x00\x00\x08\xff\xff\x01\x12\x00\x03\xff\xff\xff\xff\x00\x00\x00\x08")
	far := []byte("II*\x00\xff\xff\xff\x7f")
	in := map[string][]byte{"loop": loop, "huge": huge, "far": far, "empty": {}}
	rng := rand.New(rand.NewPCG(7, 7))
	good := withEXIF(jpg, 6)
	for i := range 200 {
		m := bytes.Clone(good)
		for range 1 + i%8 {
			m[12+rng.IntN(60)] = byte(rng.Uint32())
		}
		if res, err := run(m); err != nil || len(res.JPEG) == 0 {
			t.Fatalf("mutation %d: %v", i, err)
		}
	}
	for name, tiff := range in {
		res, err := run(withAPP1(jpg, tiff))
		if err != nil || res.Width != 64 {
			t.Errorf("%s: %v, width %d", name, err, res.Width)
		}
	}
}

func TestProcessRefuses(t *testing.T) {
	good := jpegOf(t, noise(200, 200, 3), 80)
	var anim bytes.Buffer
	if err := gif.Encode(&anim, quarters(20, 20), nil); err != nil {
		t.Fatal(err)
	}
	header, data, _ := bytes.Cut(good, []byte{0xff, 0xda})
	scan := append([]byte{0xff, 0xda}, data[:len(data)-2]...)
	scans := append(bytes.Clone(header), bytes.Repeat(scan[:14], 10000)...)
	big := bytes.Clone(good)
	at := bytes.Index(big, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(big[at+5:], 6000)
	binary.BigEndian.PutUint16(big[at+7:], 6000)
	prog := bytes.Clone(big) // 24 megapixels without subsampling, progressive: 360 MB
	prog[at+1] = 0xc2
	binary.BigEndian.PutUint16(prog[at+7:], 4000)
	prog[at+11] = 0x11
	bomb := append(pngHeader(19000, 20000, 8, 0), make([]byte, 389<<10)...)
	for name, in := range map[string][]byte{
		"empty": {}, "text": []byte("hello"), "GIF": anim.Bytes(),
		"lying PNG": pngHeader(60000, 60000, 8, 0), "PNG bomb": bomb, "PNG of 2^31": pngHeader(1<<31-1, 1<<31-1, 8, 0),
		"deep interlaced PNG": pngHeader(4000, 3000, 16, 1), "PNG without data": pngHeader(30, 30, 8, 0),
		"36 megapixel JPEG": big, "progressive memory": prog, "10000 scans": append(scans, 0xff, 0xd9),
		"truncated JPEG": good[:len(good)/2], "only a start": good[:3], "end before frame": []byte("\xff\xd8\xff\xd9\x00\x00\x00\x00"),
		"HTML first":   append([]byte("<html><script>"), good...),
		"header only":  header,
		"WebP of junk": []byte("RIFF\x20\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\xff\xff\xff\xff\xff\xff"),
		"SVG":          []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`),
	} {
		start := time.Now()
		res, err := run(in)
		if !fault.Is(err, fault.BadImage) {
			t.Errorf("%s: %v (stored %d bytes)", name, err, len(res.JPEG))
		}
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
	}
	if _, err := NewProcessor(0).Process(context.Background(), bytes.NewReader(nil), MaxFile+1); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := NewProcessor(0).Process(context.Background(), bytes.NewReader(good), int64(len(good))+1); !fault.Is(err, fault.Unavailable) {
		t.Errorf("file shorter than announced: %v", err)
	}
}

func TestProcessKillsPolyglots(t *testing.T) {
	const page = "<html><script>alert(1)</script>"
	jpg := jpegOf(t, quarters(80, 60), 90)
	comment := append([]byte{0xff, 0xfe, 0, byte(2 + len(page))}, page...)
	for name, in := range map[string][]byte{
		"appended": append(bytes.Clone(jpg), page...),
		"comment":  append(append([]byte{0xff, 0xd8}, comment...), jpg[2:]...),
		"PNG text": append(append(bytes.Clone(pngOf(t, quarters(80, 60))[:33]), chunk("tEXt", []byte("x\x00"+page))...), pngOf(t, quarters(80, 60))[33:]...),
	} {
		res, err := run(in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.Contains(string(res.JPEG)+string(res.Thumb), "script") {
			t.Errorf("%s: the page survived", name)
		}
	}
}

func TestProcessStops(t *testing.T) {
	in := jpegOf(t, image.NewYCbCr(image.Rect(0, 0, 4000, 3000), image.YCbCrSubsampleRatio420), 20)
	if _, err := NewProcessor(time.Nanosecond).Process(context.Background(), bytes.NewReader(in), int64(len(in))); !fault.Is(err, fault.BadImage) {
		t.Errorf("over budget: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := NewProcessor(0)
	p.slot <- struct{}{} // someone else is at work
	cancel()
	if _, err := p.Process(ctx, bytes.NewReader(in), int64(len(in))); !fault.Is(err, fault.Unavailable) {
		t.Errorf("cancelled while waiting: %v", err)
	}
	<-p.slot
	if _, err := p.Process(context.Background(), bytes.NewReader(in), int64(len(in))); err != nil {
		t.Errorf("the slot was not given back: %v", err)
	}
	g := &guarded{ctx, bytes.NewReader(in)}
	if _, err := io.ReadAll(g); err == nil {
		t.Error("a decoder would read on after the end of ctx")
	}
}

// TestProcessNeverStoresWhatWasSent sends what the encoder itself made, twice
// over: the same pixels may come out as the same bytes, but for the mark.
func TestProcessNeverStoresWhatWasSent(t *testing.T) {
	bare := 0
	for name, in := range map[string][]byte{
		"flat":     jpegOf(t, image.NewGray(image.Rect(0, 0, 64, 48)), quality),
		"quarters": jpegOf(t, quarters(64, 48), quality),
		"thumb":    jpegOf(t, quarters(64, 48), 70),
		"noise":    jpegOf(t, noise(64, 48, 9), quality),
	} {
		for round := range 4 {
			res, err := run(in)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, out := range [][]byte{res.JPEG, res.Thumb} {
				if bytes.Equal(out, in) {
					t.Errorf("%s, round %d: what is stored is what was sent", name, round)
				}
				if round > 0 && bytes.Equal(append([]byte{0xff, 0xd8}, out[22:]...), append([]byte{0xff, 0xd8}, in[22:]...)) {
					bare++
				}
			}
			in = res.JPEG
		}
	}
	if bare == 0 {
		t.Error("no output came back but for its mark: the test shows nothing")
	}
	t.Logf("32 results, %d equal to what was sent but for the mark, 0 with it", bare)
}

func TestProcessBoundsWhatIsStored(t *testing.T) {
	res, err := run(jpegOf(t, noise(1600, 1600, 11), 30)) // the worst: nothing in it compresses
	if err != nil {
		t.Fatal(err)
	}
	if len(res.JPEG) > fullBytes || len(res.Thumb) > thumbBytes {
		t.Errorf("stored %d and %d bytes", len(res.JPEG), len(res.Thumb))
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(res.JPEG))
	if err != nil || c.Width != res.Width || c.Height != res.Height {
		t.Errorf("says %dx%d, is %+v, %v", res.Width, res.Height, c, err)
	}
	t.Logf("noise of 1600x1600: %d KB and %d KB", len(res.JPEG)>>10, len(res.Thumb)>>10)
}

// scene is a picture with something to see in it: blocks of grey.
func scene(seed uint64, w, h int) *image.RGBA {
	rng := rand.New(rand.NewPCG(seed, 77))
	var tone [6][8]uint8
	for y := range tone {
		for x := range tone[y] {
			tone[y][x] = uint8(rng.IntN(256))
		}
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			g := tone[y*6/h][x*8/w]
			img.SetRGBA(x, y, color.RGBA{g, g, g, 255})
		}
	}
	return img
}

func TestPrintFindsThePictureAgain(t *testing.T) {
	look := func(b []byte) string {
		t.Helper()
		res, err := run(b)
		if err != nil {
			t.Fatal(err)
		}
		return res.Print
	}
	most, least := 0, 64
	for seed := range uint64(8) {
		img := scene(seed, 400, 300)
		was := look(jpegOf(t, img, 85))
		marked := scene(seed, 400, 300)
		draw.Draw(marked, image.Rect(0, 285, 400, 300), image.NewUniform(color.White), image.Point{}, draw.Src)
		for name, again := range map[string][]byte{
			"encoded anew": jpegOf(t, img, 40), "as PNG": pngOf(t, img), "smaller": jpegOf(t, scene(seed, 200, 150), 85), "with a watermark": jpegOf(t, marked, 85),
		} {
			d := apart(was, look(again))
			most = max(most, d)
			if d > nearBits {
				t.Errorf("scene %d %s: %d bits apart", seed, name, d)
			}
		}
		least = min(least, apart(was, look(jpegOf(t, scene(seed+1000, 400, 300), 85))))
	}
	if least <= nearBits {
		t.Errorf("two different scenes are %d bits apart", least)
	}
	for name, b := range map[string][]byte{"a white wall": jpegOf(t, image.NewGray(image.Rect(0, 0, 800, 600)), 85), "too small": jpegOf(t, quarters(8, 7), 85)} {
		if p := look(b); p != "" {
			t.Errorf("%s has the print %s", name, p)
		}
	}
	if apart("", "") != 64 || apart("0f", "") != 64 {
		t.Error("two pictures without a print are alike")
	}
	t.Logf("the same picture: at most %d bits apart; another: at least %d; called similar up to %d", most, least, nearBits)
}

package booklet

import (
	"bytes"
	"testing"

	"daohu/server/fault"
)

// The headers of silent frames, by hand from ISO/IEC 11172-3 table 2.4.2.3 and
// 13818-3: sync, version, layer III, no checksum; bitrate, rate; mono.
var (
	mpeg1 = header{[4]byte{0xff, 0xfb, 0x50, 0xc0}, 208, 1152, 44100} // 64 kbit/s at 44.1 kHz
	mpeg2 = header{[4]byte{0xff, 0xf3, 0x40, 0xc0}, 104, 576, 22050}  // 32 kbit/s at 22.05 kHz
	mpeg3 = header{[4]byte{0xff, 0xe3, 0x48, 0xc0}, 288, 576, 8000}   // MPEG 2.5: 32 kbit/s at 8 kHz
)

type header struct {
	bytes   [4]byte
	size    int // of the frame
	samples int
	rate    int
}

// sound is n frames that begin with h.
func (h header) sound(n int) []byte {
	frame := make([]byte, h.size)
	copy(frame, h.bytes[:])
	return bytes.Repeat(frame, n)
}

// tag is an ID3v2.4 tag of n bytes behind its head.
func tag(n int) []byte {
	b := append([]byte("ID3\x04\x00\x00"), byte(n>>21&127), byte(n>>14&127), byte(n>>7&127), byte(n&127))
	return append(b, bytes.Repeat([]byte("x"), n)...)
}

func TestStripTakesSound(t *testing.T) {
	old := append([]byte("TAG"), make([]byte, 125)...)
	padded := mpeg1.sound(60)
	padded[2] |= 2 // one byte more in the first frame
	padded = append(padded[:208:208], append([]byte{0}, padded[208:]...)...)
	faster := mpeg1.sound(60)
	faster = append(faster, append([]byte{0xff, 0xfb, 0x90, 0xc0}, make([]byte, 413)...)...) // 128 kbit/s: 417 bytes
	footed := tag(20)
	footed[5] = 0x10
	footed = append(footed, "3DI\x04\x00\x10\x00\x00\x00\x14"...)
	for name, c := range map[string]struct {
		file   []byte
		sound  []byte
		millis int64
	}{
		"MPEG 1":                 {mpeg1.sound(60), mpeg1.sound(60), 1568}, // 60 * 1152 / 44100
		"MPEG 2":                 {mpeg2.sound(60), mpeg2.sound(60), 1568},
		"MPEG 2.5":               {mpeg3.sound(60), mpeg3.sound(60), 4320},
		"noted in front":         {append(tag(300), mpeg1.sound(60)...), mpeg1.sound(60), 1568},
		"noted twice":            {append(append(tag(5), tag(0)...), mpeg1.sound(60)...), mpeg1.sound(60), 1568},
		"noted with a footer":    {append(footed, mpeg1.sound(60)...), mpeg1.sound(60), 1568},
		"noted behind":           {append(mpeg1.sound(60), old...), mpeg1.sound(60), 1568},
		"cut in its last frame":  {mpeg1.sound(61)[:60*208+100], mpeg1.sound(60), 1568},
		"cut in its last header": {mpeg1.sound(61)[:60*208+3], mpeg1.sound(60), 1568},
		"padded":                 {padded, padded, 1568},
		"of more than one speed": {faster, faster, 1594},
		"just one second":        {mpeg1.sound(39), mpeg1.sound(39), 1019},
		"just 300 KB":            {mpeg3.sound(1067)[:MaxClip], mpeg3.sound(1066), 76752},
	} {
		t.Run(name, func(t *testing.T) {
			sound, millis, err := Strip(c.file)
			if err != nil || millis != c.millis || !bytes.Equal(sound, c.sound) {
				t.Errorf("%d bytes of %d, %d ms, %v; want %d bytes, %d ms", len(sound), len(c.file), millis, err, len(c.sound), c.millis)
			}
		})
	}
}

func TestStripRefuses(t *testing.T) {
	with := func(i int, b byte) []byte {
		file := mpeg1.sound(60)
		file[i] = b
		return file
	}
	slow := header{[4]byte{0xff, 0xe3, 0x18, 0xc0}, 72, 576, 8000} // 8 kbit/s: 90 s are 90 KB
	for name, c := range map[string]struct {
		file []byte
		code fault.Code
	}{
		"nothing":                 {nil, fault.Invalid},
		"a text":                  {[]byte("<script>alert(1)</script>"), fault.Invalid},
		"a tag alone":             {tag(300), fault.Invalid},
		"a tag without a length":  {append([]byte("ID3\x04\x00\x00\xff\xff\xff\xff"), mpeg1.sound(60)...), fault.Invalid},
		"a tag longer than it is": {append(tag(300)[:10], mpeg1.sound(1)...), fault.Invalid},
		"stereo":                  {with(3, 0x00), fault.Invalid},
		"stereo later":            {with(208+3, 0x40), fault.Invalid},
		"another rate later":      {with(208+2, 0x54), fault.Invalid},
		"layer II":                {with(1, 0xfd), fault.Invalid},
		"reserved version":        {with(1, 0xeb), fault.Invalid},
		"free bitrate":            {with(2, 0x00), fault.Invalid},
		"bad bitrate":             {with(2, 0xf0), fault.Invalid},
		"reserved rate":           {with(2, 0x5c), fault.Invalid},
		"reserved emphasis":       {with(3, 0xc2), fault.Invalid},
		"something in between":    {append(append(mpeg1.sound(30), "<html>"...), mpeg1.sound(30)...), fault.Invalid},
		"something behind":        {append(mpeg1.sound(60), "PK\x03\x04 an archive"...), fault.Invalid},
		"less than a second":      {mpeg1.sound(38), fault.Invalid},
		"more than ninety":        {slow.sound(1251), fault.Invalid},
		"more than 300 KB":        {mpeg1.sound(MaxClip/208 + 1), fault.TooLarge},
	} {
		if sound, _, err := Strip(c.file); !fault.Is(err, c.code) || sound != nil {
			t.Errorf("%s: %d bytes, %v", name, len(sound), err)
		}
	}
	if _, millis, err := Strip(slow.sound(1250)); err != nil || millis != 90_000 {
		t.Errorf("just ninety seconds: %d ms, %v", millis, err)
	}
}

// FuzzStrip: no panic, and what is taken is sound that is taken again as it is.
func FuzzStrip(f *testing.F) {
	for _, h := range []header{mpeg1, mpeg2, mpeg3} {
		f.Add(h.sound(60))
		f.Add(append(tag(20), h.sound(61)[:60*h.size+7]...))
	}
	f.Add([]byte("ID3\x04\x00\x10\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		sound, millis, err := Strip(file)
		if err != nil {
			if sound != nil {
				t.Fatal("refused and given")
			}
			return
		}
		if millis < 1000 || millis > 90_000 || len(sound) > len(file) || !bytes.Contains(file, sound) {
			t.Fatalf("%d ms, %d bytes of %d", millis, len(sound), len(file))
		}
		again, same, err := Strip(sound)
		if err != nil || same != millis || !bytes.Equal(again, sound) {
			t.Fatalf("taken again: %d ms of %d, %v", same, millis, err)
		}
	})
}

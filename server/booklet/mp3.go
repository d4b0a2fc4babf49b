package booklet

import (
	"bytes"
	"encoding/binary"

	"daohu/server/fault"
)

// Strip reads an mp3 frame by frame and returns its sound alone, without what
// was noted in front of or behind it (ID3: who, where, with which phone), and
// how many milliseconds it lasts, rounded up. Taken is one mono MPEG 1, 2 or
// 2.5 Layer III stream of one sampling rate, from 1 to 90 seconds (ISO/IEC
// 11172-3, 13818-3; ID3 2.4.0). A last frame that was cut off is left out.
// Anything between frames is refused: a file is sound or it is not taken.
// Codes: invalid, too-large.
func Strip(file []byte) (sound []byte, millis int64, err error) {
	if len(file) > MaxClip {
		return nil, 0, fault.New(fault.TooLarge, "录音太大，最多 300 KB。请录短一些。")
	}
	body := untag(file)
	var first frame
	var samples int64
	at := 0
	for len(body)-at >= 4 || at == 0 {
		f, ok := frameAt(body[at:])
		switch {
		case !ok:
			return nil, 0, noSound("这不是能播放的 mp3 录音，请重新录。")
		case !f.mono:
			return nil, 0, noSound("请用单声道录音。")
		case at > 0 && (f.version != first.version || f.rate != first.rate):
			return nil, 0, noSound("录音中间换了格式，请重新录。")
		}
		if at == 0 {
			first = f
		}
		if at+f.size > len(body) {
			break
		}
		at, samples = at+f.size, samples+f.samples
	}
	if samples == 0 {
		return nil, 0, noSound("录音里没有声音，请重新录。")
	}
	millis = (samples*1000 + first.rate - 1) / first.rate
	switch {
	case millis < 1000:
		return nil, 0, noSound("录音不到 1 秒，请重新录。")
	case millis > maxSeconds*1000:
		return nil, 0, noSound("录音超过 90 秒，请录短一些。")
	}
	return body[:at], millis, nil
}

func noSound(why string) error {
	return fault.Bad(fault.Field{Name: "body", Code: "format", Detail: why})
}

// untag takes off ID3v2 in front and ID3v1 behind, as often as they stand there.
func untag(b []byte) []byte {
	const head, tail = 10, 128
	for len(b) >= head && bytes.HasPrefix(b, []byte("ID3")) {
		size := 0
		for _, x := range b[6:head] {
			if x > 127 {
				return nil // no length: no tag, and no frame either
			}
			size = size<<7 | int(x)
		}
		if size += head; b[5]&0x10 != 0 {
			size += head // a footer
		}
		b = b[min(size, len(b)):]
	}
	for len(b) >= tail && bytes.HasPrefix(b[len(b)-tail:], []byte("TAG")) {
		b = b[:len(b)-tail]
	}
	return b
}

// frame is what the header of one frame says.
type frame struct {
	version uint32 // 0 = MPEG 2.5, 2 = MPEG 2, 3 = MPEG 1
	rate    int64  // samples a second
	samples int64
	size    int // bytes, with the header
	mono    bool
}

// frameAt reads the header at the beginning of b.
func frameAt(b []byte) (frame, bool) {
	if len(b) < 4 {
		return frame{}, false
	}
	h := binary.BigEndian.Uint32(b)
	bits := func(from, n int) uint32 { return h >> (32 - from - n) & (1<<n - 1) }
	f := frame{version: bits(11, 2), samples: 1152, mono: bits(24, 2) == 3}
	rate, kbit := bits(20, 2), bits(16, 4)
	if bits(0, 11) != 0x7ff || f.version == 1 || bits(13, 2) != 1 || rate == 3 || kbit == 0 || kbit == 15 || bits(30, 2) == 2 {
		return f, false
	}
	f.rate = []int64{44100, 48000, 32000}[rate]
	speed := []int64{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}[kbit]
	if f.version != 3 {
		f.samples = 576
		f.rate /= map[uint32]int64{2: 2, 0: 4}[f.version]
		speed = []int64{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}[kbit]
	}
	f.size = int(f.samples/8*speed*1000/f.rate) + int(bits(22, 1))
	return f, true
}

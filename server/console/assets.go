package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

//go:embed templates/*.html
var templateFiles embed.FS

// asset is one file the browser fetches: its address holds its hash, so that
// it may be kept for ever.
type asset struct {
	url, media   string
	raw, zipped  []byte
	lengthRaw    string
	lengthZipped string
}

// assets are all of them, by name and by address.
type assets struct{ byName, byURL map[string]*asset }

func loadAssets() (assets, error) {
	out := assets{map[string]*asset{}, map[string]*asset{}}
	files, err := fs.Glob(assetFiles, "assets/*.*")
	if err != nil {
		return out, err
	}
	for _, file := range files {
		raw, err := assetFiles.ReadFile(file)
		if err != nil {
			return out, err
		}
		name := path.Base(file)
		ext := path.Ext(name)
		sum := sha256.Sum256(raw)
		a := &asset{media: mime.TypeByExtension(ext), raw: raw, url: "/assets/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext}
		if packed := zip(raw); len(packed) < len(raw) {
			a.zipped = packed
		}
		a.lengthRaw, a.lengthZipped = strconv.Itoa(len(a.raw)), strconv.Itoa(len(a.zipped))
		out.byName[name], out.byURL[a.url] = a, a
	}
	return out, nil
}

func zip(raw []byte) []byte {
	var buf bytes.Buffer
	z, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is a constant of the package
	_, _ = z.Write(raw)                                     // a buffer does not fail
	_ = z.Close()
	return buf.Bytes()
}

// address is the address of an asset by its name.
func (s assets) address(name string) (string, error) {
	if a := s.byName[name]; a != nil {
		return a.url, nil
	}
	return "", fmt.Errorf("console: no asset %q", name)
}

// serve sends an asset; false = there is none of that address.
func (s assets) serve(w http.ResponseWriter, r *http.Request) bool {
	a := s.byURL[r.URL.Path]
	if a == nil {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", a.media)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	body := a.raw
	if a.zipped != nil {
		h.Add("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			body = a.zipped
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a reader that has gone is no failure of ours
	return true
}

package app_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daohu/server/account"
	"daohu/server/activity"
	"daohu/server/app"
	"daohu/server/config"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/seal"
	"daohu/server/servertest"
	"daohu/server/store"
)

func quiet(string, int, int) {}

// ruin is a machine on which only the program is left: the same key, an empty
// database, an empty data folder.
func ruin(t *testing.T, dsn, word string) (*app.App, []*seal.Box) {
	t.Helper()
	key := sha256.Sum256([]byte(word))
	env := map[string]string{"DAOHU_DATA": t.TempDir(), "DAOHU_DB": dsn, "DAOHU_KEY": hex.EncodeToString(key[:])}
	c, err := config.Load(func(k string) string { return env[k] })
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), app.Options{Config: c, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Rand: rand.Reader, Unsafe: true, WeChat: codes{}, Hash: account.HashParams{MemoryKiB: 64, Passes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	boxes, err := app.Boxes(c)
	if err != nil {
		t.Fatal(err)
	}
	return a, boxes
}

// wholes are the ways between the databases.
func wholes(t *testing.T, f func(t *testing.T, from *site, toDSN string)) {
	mariadb := func(t *testing.T) string { return servertest.MariaDB(t, servertest.MariaDBOptions{}) }
	t.Run("sqlite", func(t *testing.T) { f(t, newSite(t, "", ""), "") })
	t.Run("mariadb", func(t *testing.T) { f(t, newSite(t, mariadb(t), ""), mariadb(t)) })
	t.Run("sqlite to mariadb", func(t *testing.T) { f(t, newSite(t, "", ""), mariadb(t)) })
}

// photographed pushes a visit with a picture and returns the photo's id and
// its two stored sizes.
func photographed(t *testing.T, c *person, house string) (id string, body, thumb []byte) {
	t.Helper()
	pic := picture(t)
	sum := sha256.Sum256(pic)
	visit, photo := c.s.DB.NewID(), c.s.DB.NewID()
	c.sync(c.mutation("visit", visit, house, map[string]any{"day": "2026-03-02", "text": "记：屋顶漏雨"}),
		c.mutation("photo", photo, house, map[string]any{"visit": visit, "sha256": hex.EncodeToString(sum[:]), "size": len(pic), "mime": "image/jpeg"}))
	c.upload(photo, pic)
	return photo, c.photo(photo, ""), c.photo(photo, "?size=thumb")
}

func (p *person) photo(id, query string) []byte {
	p.s.t.Helper()
	code, body, _ := p.do("GET", "/api/v1/photos/"+id+query, nil)
	if code != 200 || len(body) == 0 {
		p.s.t.Fatalf("photo %s%s: %d", id, query, code)
	}
	return body
}

// TestBackupAndRestoreTheWhole: a township at work, its photos, a backup, the
// machine lost; on a new machine everyone logs in again, the photos are equal
// byte for byte, and what a phone wrote since the backup comes back by itself.
func TestBackupAndRestoreTheWhole(t *testing.T) {
	wholes(t, func(t *testing.T, s *site, dsn string) {
		house := s.paired("cadre-201", 0)
		c := s.login("cadre-201")
		c.sync()
		photo, body, thumb := photographed(t, c, house)
		dir := filepath.Join(t.TempDir(), "backups", "today")
		m, err := s.Backup(t.Context(), dir, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(m.Files) - len(m.Tables); n != 2 || len(m.Missing) > 0 || m.Rows() < 500 {
			t.Fatalf("%d photo files, %d rows, missing %v", n, m.Rows(), m.Missing)
		}
		noSecrets(t, dir)
		if _, err := s.Backup(t.Context(), dir, quiet); err == nil {
			t.Error("a second backup into the same folder")
		}
		late := c.mutation("visit", s.DB.NewID(), house, map[string]any{"day": "2026-03-03", "text": "记：备份之后"})
		c.sync(late)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}

		a, boxes := ruin(t, dsn, "scenario")
		b, err := app.OpenBackup(dir, boxes, false)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		audit, err := a.Restore(t.Context(), b, quiet)
		if err != nil || len(audit) != 2 || len(audit[0].Findings) > 0 || audit[0].Lines < 3 {
			t.Fatalf("%v %+v", err, audit)
		}
		if _, err := a.Restore(t.Context(), b, quiet); !errors.Is(err, store.ErrNotEmpty) {
			t.Fatalf("restored twice: %v", err)
		}
		s.App, s.url = a, serve(t, a)
		if code, out, _ := c.do("POST", "/api/v1/sync", c.request()); code != 401 {
			t.Fatalf("an old session: %d %s", code, out)
		}
		again := s.login("cadre-201")
		c.token = again.token
		if !bytes.Equal(c.photo(photo, ""), body) || !bytes.Equal(c.photo(photo, "?size=thumb"), thumb) {
			t.Error("the photo is another one")
		}
		var out struct{ Reconcile, Epoch bool }
		c.want(200, "POST", "/api/v1/sync", c.request(), &out)
		if !out.Reconcile || !out.Epoch {
			t.Fatalf("%+v", out)
		}
		again.mid = 1
		again.sync("[1" + late[strings.IndexByte(late, ','):])
		if n := s.made(activity.VisitType); n != 2 {
			t.Errorf("%d visits, want the one before the backup and the one after it", n)
		}
		if audit, err = a.Audit(t.Context(), store.Audit{Heads: m.Heads}); err != nil || len(audit[0].Findings) > 0 {
			t.Errorf("%v %+v", err, audit)
		}
	})
}

// noSecrets: neither the key nor anything a person of the book is known by
// stands in a file's name or outside the tables; the key stands nowhere.
func noSecrets(t *testing.T, dir string) {
	t.Helper()
	key := sha256.Sum256([]byte("scenario"))
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", p, info.Mode())
		}
		raw, err := os.ReadFile(p)
		if bytes.Contains(raw, key[:]) || bytes.Contains(raw, []byte(hex.EncodeToString(key[:]))) {
			t.Errorf("the key stands in %s", p)
		}
		if strings.HasPrefix(e.Name(), "manifest") && (bytes.Contains(raw, []byte("999999")) || bytes.Contains(raw, []byte("户主"))) {
			t.Errorf("personal data in %s", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDamagedBackupIsRefused bends one byte of every file, and takes every
// file away once: nothing is opened, so nothing can be written.
func TestDamagedBackupIsRefused(t *testing.T) {
	s := newSite(t, "", "")
	c := s.login("cadre-201")
	c.sync()
	photographed(t, c, s.paired("cadre-201", 0))
	dir := filepath.Join(t.TempDir(), "b")
	m, err := s.Backup(t.Context(), dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	_, boxes := ruin(t, "", "scenario")
	refused := func(what string) {
		t.Helper()
		b, err := app.OpenBackup(dir, boxes, true)
		if err == nil {
			_ = b.Close()
			t.Errorf("%s: opened", what)
		}
	}
	files := []string{"manifest.json", "manifest.sum"}
	for _, f := range m.Files {
		files = append(files, f.Path)
	}
	for i, f := range files {
		p := filepath.Join(dir, filepath.FromSlash(f))
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		at := i * 7919 % len(raw)
		if f == "manifest.sum" {
			at = 10 // within the hash; the seal below it is what --any-key passes over
		}
		bent := bytes.Clone(raw)
		bent[at] ^= 1
		if err := os.WriteFile(p, bent, 0o600); err != nil {
			t.Fatal(err)
		}
		refused("one bit of " + f)
		if err := os.WriteFile(p, raw[:len(raw)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		refused("half of " + f)
		if err := os.Remove(p); err != nil {
			t.Fatal(err)
		}
		refused("without " + f)
		if err := os.WriteFile(p, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := app.OpenBackup(dir, boxes, false); err != nil {
		t.Fatal(err)
	} else {
		_ = b.Close()
	}
	forge(t, dir)
	if _, err := app.OpenBackup(dir, boxes, false); !errors.Is(err, app.ErrOtherKey) {
		t.Errorf("a forged backup: %v", err)
	}
}

// forge changes the manifest and makes its plain hash anew, as anyone can.
func forge(t *testing.T, dir string) {
	t.Helper()
	var m app.Manifest
	p := filepath.Join(dir, "manifest.json")
	raw, err := os.ReadFile(p)
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	m.Program = "forged"
	raw, _ = json.Marshal(m)
	h := sha256.Sum256(raw)
	sum, err := os.ReadFile(filepath.Join(dir, "manifest.sum"))
	if err != nil {
		t.Fatal(err)
	}
	_, seal, _ := strings.Cut(string(sum), "\n")
	text := "sha256 " + hex.EncodeToString(h[:]) + "\n" + seal
	if err := errors.Join(os.WriteFile(p, raw, 0o600), os.WriteFile(filepath.Join(dir, "manifest.sum"), []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// TestKeyLossDrill: without the key a backup is refused with words that say
// what is lost; taken all the same, the open data is there and the sealed is not.
func TestKeyLossDrill(t *testing.T) {
	s := newSite(t, "", "")
	dir := filepath.Join(t.TempDir(), "b")
	if _, err := s.Backup(t.Context(), dir, quiet); err != nil {
		t.Fatal(err)
	}
	a, boxes := ruin(t, "", "another key")
	if _, err := app.OpenBackup(dir, boxes, false); !errors.Is(err, app.ErrOtherKey) || !strings.Contains(err.Error(), "cannot be read") {
		t.Fatalf("%v", err)
	}
	b, err := app.OpenBackup(dir, boxes, true)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	audit, err := a.Restore(t.Context(), b, quiet)
	if err != nil || len(audit[0].Findings) == 0 {
		t.Fatalf("the audit fits without the key: %v", err)
	}
	readable, closed := 0, 0
	for _, r := range s.sealedIDs(a) {
		if _, err := a.Box.Open(r); err == nil {
			readable++
		} else {
			closed++
		}
	}
	if readable > 0 || closed < 60 {
		t.Errorf("%d ID numbers readable, %d closed", readable, closed)
	}
}

// TestBackupNamesMissingPhotos: a file the store lost does not stop a backup;
// it is named.
func TestBackupNamesMissingPhotos(t *testing.T) {
	s := newSite(t, "", "")
	c := s.login("cadre-201")
	c.sync()
	photographed(t, c, s.paired("cadre-201", 0))
	dir := filepath.Join(t.TempDir(), "b")
	m, err := s.Backup(t.Context(), dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	photos := slices.DeleteFunc(slices.Clone(m.Files), func(f app.BackupFile) bool { return !strings.HasPrefix(f.Path, "photos/") })
	s.losePhoto(strings.TrimPrefix(photos[0].Path, "photos/"))
	m, err = s.Backup(t.Context(), dir+"2", quiet)
	if err != nil || len(m.Missing) != 1 || "photos/"+m.Missing[0] != photos[0].Path {
		t.Fatalf("missing %v: %v", m.Missing, err)
	}
	a, boxes := ruin(t, "", "scenario")
	b, err := app.OpenBackup(dir+"2", boxes, false)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := a.Restore(t.Context(), b, quiet); err != nil {
		t.Fatal(err)
	}
}

// serve puts a restored program behind a server of its own.
func serve(t *testing.T, a *app.App) string {
	t.Helper()
	srv := httptest.NewServer(a.API)
	t.Cleanup(srv.Close)
	return srv.URL
}

// sealedIDs are the stored ID numbers of all members, as a has them.
func (s *site) sealedIDs(a *app.App) []record.Sealed {
	s.t.Helper()
	recs, err := a.DB.Page(s.t.Context(), household.MemberType, registry.PageQuery{Township: s.where, Limit: 1000})
	if err != nil {
		s.t.Fatal(err)
	}
	var out []record.Sealed
	for _, r := range recs {
		if m := r.(*household.Member); m.IDNo != "" {
			out = append(out, m.IDNo)
		}
	}
	return out
}

// losePhoto removes the file of a stored body, wherever the test keeps it.
func (s *site) losePhoto(key string) {
	s.t.Helper()
	err := filepath.WalkDir(filepath.Dir(s.t.TempDir()), // all folders of a test lie side by side
		func(p string, e fs.DirEntry, err error) error {
			if err == nil && e.Name() == path.Base(key) {
				return os.Remove(p)
			}
			return err
		})
	if err != nil {
		s.t.Fatal(err)
	}
}

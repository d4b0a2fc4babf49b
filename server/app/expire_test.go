package app

import (
	"net/http"
	"strconv"
	"testing"
)

// TestSessionEndsDuringAnUpload ends the phone's session after every chunk of a
// photo: what the server has stays, the next session asks where to go on, and
// no byte it has is sent again (quality.md F11).
func TestSessionEndsDuringAnUpload(t *testing.T) {
	m := &matrix{fixture: newFixture(t, fixtureOptions{MariaDB: true}), seen: map[string]bool{}}
	h := m.Towns[0].Houses[0]
	visit, photo, body := m.DB.NewID(), m.DB.NewID(), matrixJPEG(5)
	token := m.FreshToken(h.Cadre)
	m.Phone(token).Send(fixtureMut{Type: "visit", ID: visit, House: h.ID, Patch: map[string]any{"day": m.Today()}},
		fixtureMut{Type: "photo", ID: photo, House: h.ID, Patch: matrixPhoto(visit, body, "")})
	a := m.create(token, photo, body, false)
	at := a.Header.Get("Location")
	if a.Status != http.StatusCreated || at == "" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	send := func(method string, offset int, b []byte) fixtureAnswer {
		heads := []string{"Tus-Resumable", "1.0.0", "X-HTTP-Method-Override", method, "Content-Type", "application/offset+octet-stream"}
		if method == "PATCH" {
			heads = append(heads, "Upload-Offset", strconv.Itoa(offset))
		}
		return m.Do("POST", token, at, string(b), heads...)
	}
	chunk, ended := len(body)/8+1, 0
	for sent := 0; sent < len(body); {
		if a := m.Do("POST", token, "/api/v1/logout", nil); a.Status != http.StatusNoContent && a.Status != http.StatusOK {
			t.Fatalf("log-out: %d %s", a.Status, a.Body)
		}
		next := body[sent:min(sent+chunk, len(body))]
		if a := send("PATCH", sent, next); a.Status != http.StatusUnauthorized {
			t.Fatalf("without a session: %d %s", a.Status, a.Body)
		}
		ended++
		token = m.FreshToken(h.Cadre)
		if a := send("HEAD", 0, nil); a.Header.Get("Upload-Offset") != strconv.Itoa(sent) {
			t.Fatalf("%d sent, the server has %s (%d)", sent, a.Header.Get("Upload-Offset"), a.Status)
		}
		if a := send("PATCH", sent, next); a.Status != http.StatusNoContent {
			t.Fatalf("at %d: %d %s", sent, a.Status, a.Body)
		}
		sent += len(next)
	}
	if ids := m.RowsOf("photo", m.Towns[0], h.ID); len(ids) != 1 {
		t.Errorf("%d photos", len(ids))
	}
	if _, a := m.link(token, photo, "full"); a.Status != http.StatusOK {
		t.Errorf("the picture is not there: %d %s", a.Status, a.Body)
	}
	fixtureFigure(t, "session ended at each of "+strconv.Itoa(ended)+" chunks of an upload: 0 bytes the server had were sent again")
}

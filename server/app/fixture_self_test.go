package app

import "testing"

// TestFixture: the fixture itself works on both sets of services.
func TestFixture(t *testing.T) {
	for name, o := range map[string]fixtureOptions{"embedded": {}, "mariadb": {MariaDB: true}} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, o)
			house := f.Towns[0].Houses[0].ID
			f.Phone(f.Token("cadre-1-0")).Send(fixtureMut{Type: "visit", ID: f.DB.NewID(), House: house, Patch: map[string]any{"day": f.Today()}})
			if got := f.RowsOf("visit", f.Towns[0], house); len(got) != 2 {
				t.Errorf("visits: %v", got)
			}
		})
	}
}

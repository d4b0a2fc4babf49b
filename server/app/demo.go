package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/calendar"
	"daohu/server/config"
	"daohu/server/demo"
	"daohu/server/pairing"
	"daohu/server/roster"
	"daohu/server/wechat"
	"daohu/server/write"
)

// shanghai is the programme's time.
var shanghai = calendar.Zone()

// DemoSeed makes the demo the same on every machine on the same day.
const DemoSeed = 20260101

// DemoPassword opens the console accounts of the demo, which listens on
// loopback only.
const DemoPassword = "demo-Daohu-2026"

// DemoNotes is what the demo prints; it is written once, when it is built.
type DemoNotes struct {
	Card    string // card token of household-0001
	PIN     string
	Files   []string // the workbooks that were imported
	BuiltAt int64    // Unix ms
}

// DemoConfig is the configuration of the demo in folder dir: embedded, on
// loopback, with a key of its own that is made on first use.
func DemoConfig(dir string, getenv func(string) string) (config.Config, error) {
	file := filepath.Join(dir, "key")
	key, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		raw := make([]byte, 32)
		if _, err := rand.Read(raw); err != nil {
			return config.Config{}, err
		}
		key = []byte(hex.EncodeToString(raw))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return config.Config{}, err
		}
		err = os.WriteFile(file, key, 0o600)
	}
	if err != nil {
		return config.Config{}, err
	}
	return config.Load(func(name string) string {
		switch name {
		case "DAOHU_KEY":
			return string(bytes.TrimSpace(key))
		case "DAOHU_DATA":
			return dir
		}
		return getenv(name)
	})
}

// previews reports whether the phone is shown in the browser.
func (a *App) previews() bool { return a.opt.Demo && a.opt.Phone != "" }

// BuildDemo fills an empty database through the importer, workbook by
// workbook, as a township would, and adds the accounts of the other roles.
// With lately, cadres have sent papers and visits of the last weeks; without,
// nothing waits and nobody was asked.
func (a *App) BuildDemo(ctx context.Context, dir string, lately bool, progress func(stage string, done, total int)) error {
	if !a.opt.Demo {
		return ErrDemo
	}
	if err := a.DB.Migrate(ctx); err != nil {
		return err
	}
	notes := DemoNotes{BuiltAt: a.opt.Now().UnixMilli()}
	for i, b := range demo.Townships(DemoSeed, a.opt.Now().In(shanghai)) {
		var buf bytes.Buffer
		if err := roster.Write(&buf, b); err != nil {
			return err
		}
		name := fmt.Sprintf("township-%d.xlsx", i+1)
		if err := os.WriteFile(filepath.Join(dir, name), buf.Bytes(), 0o600); err != nil {
			return err
		}
		notes.Files = append(notes.Files, name)
		stage := func(s string, d, t int) { progress(fmt.Sprintf("乡镇 %d · %s", i+1, s), d, t) }
		got, err := a.Import(ctx, Import{File: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len()), Progress: stage, OpenID: wechat.FakeOpenID})
		if err != nil {
			return err
		}
		if !got.Stored {
			return fmt.Errorf("the demo workbook has %d errors, first: %+v", len(got.Issues), got.Issues[0])
		}
		if err := a.demoAccounts(ctx, i, b, got, &notes, stage); err != nil {
			return err
		}
		if i == 0 {
			if err := errors.Join(a.demoCases(ctx, b, got), a.demoBooklet(ctx, b, got), a.demoRecording(ctx, got), a.demoMoney(ctx, b, got)); err != nil {
				return err
			}
			if lately {
				if err := a.demoLately(ctx, b, got, stage); err != nil {
					return err
				}
			}
		}
	}
	text, err := json.MarshalIndent(notes, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "demo.json"), text, 0o600)
}

// ReadDemo returns what BuildDemo wrote; os.ErrNotExist = not built.
func ReadDemo(dir string) (DemoNotes, error) {
	var n DemoNotes
	text, err := os.ReadFile(filepath.Join(dir, "demo.json"))
	if err != nil {
		return n, err
	}
	return n, json.Unmarshal(text, &n)
}

// demoAccounts adds admins, county, auditor and the paired households.
func (a *App) demoAccounts(ctx context.Context, i int, b *roster.Book, got *Imported, notes *DemoNotes, say func(string, int, int)) error {
	county := demo.County
	add := func(login, name string, role access.Role, township string) error {
		_, err := a.Accounts.CreateUser(ctx, account.NewUser{Login: login, Name: name, Role: role, County: county, Township: township, Password: DemoPassword, OpenID: wechat.FakeOpenID(login)})
		return err
	}
	if i > 0 {
		return add("admin-2", "管理员乙", access.Township, got.Township)
	}
	// Two admins: nobody approves what they wrote, policy cards among it.
	err := errors.Join(add("admin", "管理员甲", access.Township, got.Township), add("admin-b", "管理员丙", access.Township, got.Township), add("county", "县管理员", access.County, ""), add("auditor", "审计员", access.Auditor, ""))
	if err != nil {
		return err
	}
	var paired []string
	for _, p := range b.Pairings {
		if p.To == "" {
			paired = append(paired, p.House)
		}
	}
	slices.Sort(paired)
	homes := map[string][]string{}
	for n, code := range paired {
		login := fmt.Sprintf("household-%04d", n+1)
		u, err := a.Accounts.CreateUser(ctx, account.NewUser{Login: login, Name: "农户", Role: access.Household, County: county, Township: got.Township, Household: got.IDs[code], OpenID: wechat.FakeOpenID(login)})
		if err != nil {
			return err
		}
		homes[u.ID] = []string{got.IDs[code]}
		if n == 0 {
			if notes.Card, notes.PIN, err = a.Accounts.IssueCard(ctx, u.ID); err != nil {
				return err
			}
		}
		say("农户账号", n+1, len(paired))
	}
	if err := a.assignHomes(ctx, got.Township, homes); err != nil {
		return err
	}
	changes, err := demo.Changes(b, DemoSeed, a.opt.Now().In(shanghai))
	if err != nil {
		return err
	}
	return a.demoChanges(ctx, changes, got, say)
}

// assignHomes lets household logins hold their household.
func (a *App) assignHomes(ctx context.Context, township string, homes map[string][]string) error {
	common, err := a.DB.Common(ctx, township)
	if err != nil {
		return err
	}
	in := write.Intent{Township: township, Action: "users", Households: []string{common}}
	for _, ids := range homes {
		in.Households = append(in.Households, ids...)
	}
	_, err = a.DB.Write(ctx, in, func(tx write.Tx) error {
		return pairing.Assign(tx, common, "H", pairing.SourceSelf, homes)
	})
	return err
}

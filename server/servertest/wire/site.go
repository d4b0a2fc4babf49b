package wire

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"daohu/server/account"
	"daohu/server/activity"
	"daohu/server/app"
	"daohu/server/config"
	"daohu/server/demo"
	"daohu/server/fault"
	"daohu/server/roster"
)

// Size is the township a Site holds: one cadre with all the households, and a
// village worker with the same.
type Size struct {
	Houses int // at most 373
	Visits int // of each household
}

// Options say how a Site is put together.
type Options struct {
	Size
	Dir   string           // for its files
	MySQL string           // DSN of an empty database; "" = SQLite in Dir
	Redis string           // "" = in the process
	Now   func() time.Time // default: time.Now
}

// Site is the whole program, as serve runs it, on a loopback address, with a
// township out of the demo's book: households, members and texts are as long
// as they are there.
type Site struct {
	*app.App
	Addr      string
	Township  string
	Houses    []string // ids
	Cadre     Account
	Worker    Account
	statement atomic.Int64
	stop      func() error
}

// Statements is how many SQL statements have run.
func (s *Site) Statements() int64 { return s.statement.Load() }

// codes stands for WeChat itself, which no test can reach: the code is the
// login.
type codes struct{}

func (codes) Code2Session(_ context.Context, code string) (string, error) { return "wx:" + code, nil }
func (codes) PhoneNumber(context.Context, string) (string, error) {
	return "", fault.New(fault.BadLogin, "")
}

// cadre and worker are the logins in the demo's book.
const cadre, worker = "cadre-001", "village-01"

// Serve builds and starts a Site; Close ends it.
func Serve(ctx context.Context, o Options) (*Site, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	env := map[string]string{"DAOHU_DATA": o.Dir, "DAOHU_DB": o.MySQL, "DAOHU_REDIS": o.Redis, "DAOHU_KEY": hex.EncodeToString(key)}
	c, err := config.Load(func(k string) string { return env[k] })
	if err != nil {
		return nil, err
	}
	s := &Site{}
	s.App, err = app.New(ctx, app.Options{Config: c, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: o.Now, Rand: rand.Reader, Unsafe: true,
		WeChat: codes{}, Hash: account.HashParams{MemoryKiB: 64, Passes: 1, Lanes: 1}, Trace: func(string) { s.statement.Add(1) }})
	if err != nil {
		return nil, err
	}
	err = s.fill(ctx, o.Size)
	if err == nil {
		err = s.listen(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.App.Close())
	}
	return s, nil
}

// Close stops the server and closes what it opened.
func (s *Site) Close() error { return errors.Join(s.stop(), s.App.Close()) }

func (s *Site) listen(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.Addr = l.Addr().String()
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- s.Run(run, l) }()
	s.stop = func() error { cancel(); return <-ended }
	return nil
}

// fill imports the township and logs its people in.
func (s *Site) fill(ctx context.Context, size Size) error {
	if err := s.DB.Migrate(ctx); err != nil {
		return err
	}
	b := Book(size)
	var buf bytes.Buffer
	if err := roster.Write(&buf, b); err != nil {
		return err
	}
	got, err := s.Import(ctx, app.Import{File: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len()), OpenID: func(l string) string { return "wx:" + l }})
	if err != nil {
		return err
	}
	if !got.Stored {
		return fmt.Errorf("the township was not stored: %+v", got.Issues[0])
	}
	s.Township = got.Township
	for _, h := range b.Households {
		s.Houses = append(s.Houses, got.IDs[h.Rec.Code])
	}
	for login, who := range map[string]*Account{cadre: &s.Cadre, worker: &s.Worker} {
		if *who, err = s.Login(ctx, login); err != nil {
			return err
		}
	}
	return nil
}

// Login begins a session of somebody in the book.
func (s *Site) Login(ctx context.Context, login string) (Account, error) {
	in, err := s.Accounts.LoginWeChat(ctx, login, "")
	return Account{in.User.ID, in.Token}, err
}

// Book is the first size.Houses paired households of the demo, all with one
// cadre and in one village.
func Book(size Size) *roster.Book {
	whole := demo.Townships(app.DemoSeed, time.Now())[0]
	b := &roster.Book{Areas: whole.Areas}
	for _, c := range whole.Cadres {
		if c.Login == cadre || c.Login == worker {
			b.Cadres = append(b.Cadres, c)
		}
	}
	village := b.Cadres[slices.IndexFunc(b.Cadres, func(c roster.CadreRow) bool { return c.Login == worker })].Village
	mine := map[string]bool{}
	for _, p := range whole.Pairings {
		if p.To == "" && len(mine) < size.Houses {
			mine[p.House] = true
			p.Cadre = cadre
			b.Pairings = append(b.Pairings, p)
		}
	}
	for _, h := range whole.Households {
		if mine[h.Rec.Code] {
			h.Rec.Village = village
			b.Households = append(b.Households, h)
		}
	}
	for _, m := range whole.Members {
		if mine[m.House] {
			b.Members = append(b.Members, m)
		}
	}
	b.Visits = visits(whole, b.Pairings, size.Visits)
	b.Settle()
	return b
}

// visits gives every pairing n of the demo's visits, one a fortnight and
// backwards from the newest, no text twice in a household.
func visits(whole *roster.Book, pairings []roster.PairingRow, n int) []roster.VisitRow {
	texts := map[string]bool{}
	var stock []activity.Visit
	for _, v := range whole.Visits {
		if !texts[v.Rec.Text] {
			texts[v.Rec.Text] = true
			stock = append(stock, v.Rec)
		}
	}
	today := time.Now()
	var out []roster.VisitRow
	for i, p := range pairings {
		for k := range n {
			v := stock[(i*31+k*7)%len(stock)]
			v.Day = today.AddDate(0, 0, -14*(k+1)).Format(time.DateOnly)
			out = append(out, roster.VisitRow{House: p.House, Cadre: p.Cadre, Rec: v})
		}
	}
	slices.SortStableFunc(out, func(a, b roster.VisitRow) int { return strings.Compare(a.Rec.Day, b.Rec.Day) })
	return out
}

// Package app puts the program together: what main runs and what tests of the
// whole use. Everything a part depends on is handed to it here.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"daohu/server/account"
	"daohu/server/account/staff"
	"daohu/server/activity"
	"daohu/server/api"
	"daohu/server/booklet"
	"daohu/server/casework"
	"daohu/server/config"
	"daohu/server/delta"
	"daohu/server/figures"
	"daohu/server/form"
	"daohu/server/form/rate"
	"daohu/server/household"
	"daohu/server/ledger"
	"daohu/server/notice"
	"daohu/server/outbox"
	"daohu/server/pairing"
	"daohu/server/photo"
	"daohu/server/preview"
	"daohu/server/quality"
	"daohu/server/rediskv"
	"daohu/server/registry"
	"daohu/server/retention"
	"daohu/server/roster"
	"daohu/server/seal"
	"daohu/server/setting"
	"daohu/server/store"
	"daohu/server/types"
	"daohu/server/wechat"
	"daohu/server/workflow"
)

// decodeBudget is how long one picture may take to decode.
const decodeBudget = 10 * time.Second

// Options say how to put the program together.
type Options struct {
	Config config.Config
	Log    *slog.Logger
	Now    func() time.Time // default: time.Now
	Rand   io.Reader        // required: crypto/rand outside tests
	// Demo wires the fake WeChat. New refuses it with anything that looks like
	// production: an app id, a database server, a bucket, an address beyond loopback.
	Demo bool
	// Phone is the folder of the phone in the browser, served at /phone by the
	// demo alone; "" = none.
	Phone string
	// Unsafe does not wait for the disk: building the demo aside, and tests.
	Unsafe bool
	Hash   account.HashParams // zero = the safe default
	Trace  func(sql string)   // every SQL statement; nil = none (tests)
	WeChat account.WeChat     // default: as configured; tests of the whole hand in their own
}

// App is the assembled program.
type App struct {
	DB        *store.DB
	Accounts  *account.Service
	Staff     *staff.Service
	Phones    *staff.Phones
	Delta     *delta.Service
	Registry  *registry.Service
	Retention *retention.Service
	Workflow  *workflow.Service
	Pairing   *pairing.Service
	Loader    *roster.Loader
	Box       *seal.Box
	WeChat    account.WeChat
	Settings  *setting.Service
	Notices   *notice.Service
	Forms     *form.Service
	Cards     *booklet.Service
	Rates     *rate.Service
	Ledger    *ledger.Service
	API       *api.API

	opt      Options
	editions quality.Editions
	headsOf  string // day the heads were last said
	kv       *rediskv.KV
	blobs    blobs
	uploads  *photo.Uploads

	Outbox        *outbox.Worker // nil = nothing is sent
	subscriptions *outbox.Desk
	store         watched // what services write through
}

// ErrDemo says why the fake WeChat is refused.
var ErrDemo = errors.New("the demo runs on the embedded database and on loopback only; use `daohu serve` for real work")

// New connects and assembles; it does not migrate. Close what it returns.
func New(ctx context.Context, o Options) (*App, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Demo && (o.Config.WeChatAppID != "" || o.Config.DB != "" || o.Config.S3.Host != "" || !loopback(o.Config.Addr)) {
		return nil, ErrDemo
	}
	a := &App{opt: o}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	if err := a.assemble(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// open opens what lies outside the process: keys, database, Redis, files.
func (a *App) open(ctx context.Context) error {
	c := a.opt.Config
	keys := []seal.Key{}
	for _, k := range c.Keys {
		keys = append(keys, seal.Key{ID: k.ID, Bytes: k.Bytes()})
	}
	var err error
	if a.Box, err = seal.New(keys...); err != nil {
		return err
	}
	a.DB, err = store.Open(ctx, store.Options{
		MySQL: c.DB.Reveal(), File: filepath.Join(c.Data, "daohu.db"), Unsafe: a.opt.Unsafe,
		Now: a.opt.Now, Rand: a.opt.Rand, Chain: a.Box, Sealer: a.Box, Types: types.All(), Trace: a.opt.Trace,
	})
	if err != nil {
		return err
	}
	if a.kv, err = rediskv.Open(c.Redis.Reveal(), rediskv.Options{Now: a.opt.Now, Log: a.opt.Log}); err != nil {
		return err
	}
	if a.blobs, err = openBlobs(c, a.opt.Now()); err != nil {
		return err
	}
	return a.openWeChat()
}

func (a *App) openWeChat() (err error) {
	c := a.opt.Config
	switch {
	case a.opt.WeChat != nil:
		a.WeChat = a.opt.WeChat
	case a.opt.Demo:
		a.WeChat = wechat.NewFake()
	case c.WeChatAppID == "":
		a.WeChat = wechat.None{}
	default:
		a.WeChat, err = wechat.New(wechat.Options{AppID: c.WeChatAppID, Secret: c.WeChatSecret.Reveal(), Cache: a.kv, Locks: a.kv})
	}
	return err
}

// assemble builds the services on what open opened.
func (a *App) assemble(ctx context.Context) error {
	c := a.opt.Config
	formers, err := a.formers(ctx)
	if err != nil {
		return err
	}
	var oldKeys [][]byte
	var oldTags []func([]byte) uint32
	for _, k := range formers {
		oldKeys, oldTags = append(oldKeys, k.Accounts), append(oldTags, k.Tag)
	}
	a.assembleOutbox()
	kept := a.DB.Accounts()
	a.Accounts, err = account.New(account.Config{
		Users: kept, Sessions: kept, Codes: kept, Attempts: kept, Janitor: kept, Factors: kept, Cache: a.kv, WeChat: a.WeChat,
		Sealer: a.Box, Key: a.Box.Subkeys()[0].Accounts, OldKeys: oldKeys, Hash: a.opt.Hash, Now: a.opt.Now, Rand: a.opt.Rand, Log: a.opt.Log,
	})
	if err != nil {
		return err
	}
	a.Phones = &staff.Phones{Store: a.DB, Writer: a.DB, Now: a.opt.Now}
	a.Staff = &staff.Service{Accounts: a.Accounts, Store: a.DB, Writer: a.DB, Sealer: a.Box, Phones: a.Phones}
	a.Delta = delta.New(delta.Config{
		Store: a.store, Types: types.All(), Rules: types.Rules(), Sealer: a.Box, Tag: a.Box.Tag, OldTags: oldTags, Now: a.opt.Now,
		Jitter: rand.IntN, Schema: types.Schema, Oldest: types.Oldest, Log: a.opt.Log,
	})
	a.Registry = &registry.Service{Store: a.DB, Writer: a.store, Sealer: a.Box, Types: types.All(), Rules: types.Rules(), NewID: a.DB.NewID, Guesses: a.Accounts}
	if err := a.assembleRetention(); err != nil {
		return err
	}
	kinds, err := a.settingKinds()
	if err != nil {
		return err
	}
	a.Notices = &notice.Service{Store: a.DB, Writer: a.store, Today: a.today}
	a.Settings = &setting.Service{Store: a.DB, Writer: a.DB, Kinds: kinds}
	a.Forms, a.Rates = &form.Service{Store: a.DB, Writer: a.DB}, &rate.Service{Store: a.DB, Targets: a.Settings, Now: a.opt.Now}
	a.Cards = &booklet.Service{Store: a.DB, Writer: a.store, Terms: a.Settings}
	a.Workflow = &workflow.Service{Store: a.DB, Writer: a.store, Sealer: a.Box, Types: types.All(), Now: a.opt.Now, Rules: types.Rules(), Faults: a.faults, Flows: a.flows, Calendar: a.calendar,
		Effects: map[string]workflow.Prepare{booklet.Type.Name: a.Cards.Approved}}
	a.Ledger = &ledger.Service{Store: a.DB, Rows: a.Registry, Writer: a.store}
	a.Pairing = &pairing.Service{Writer: a.store, People: people{a.Accounts}, Common: a.DB.Common, Books: a.Settings, Store: a.DB, Sealer: a.Box, Review: a.Workflow, Now: a.opt.Now}
	a.Loader = &roster.Loader{Writer: a.DB, Registry: a.DB, Sealer: a.Box, NewID: a.DB.NewID}
	cases := &casework.Desk{Store: a.DB, Rows: a.Registry, Writer: a.store, Sealer: a.Box, Rules: casework.Builtin(), Now: a.opt.Now}
	browser, err := a.console()
	if err != nil {
		return err
	}
	var pages http.Handler = browser
	if a.previews() {
		pages = preview.Handler(a.opt.Phone, pages)
	}
	desk := &photo.Desk{Finder: a.DB, Scope: a.Registry, Writer: a.DB, Blobs: a.blobs}
	a.uploads, err = photo.NewUploads(photo.UploadsConfig{
		Dir: filepath.Join(c.Data, "uploads"), Path: "/api/v1/uploads", Rows: desk, Bodies: a.DB, Blobs: a.blobs,
		Images: photo.NewProcessor(decodeBudget), Actor: actorOf, Fail: api.Fail, Now: a.opt.Now,
	})
	if err != nil {
		return err
	}
	a.API, err = api.New(api.Deps{
		Types:          types.All(),
		Accounts:       a.Accounts,
		Scope:          a.Registry,
		Sync:           a.Delta,
		Records:        a.Registry,
		Registry:       a.Registry,
		Approval:       approval{a.Registry, a.Workflow, a.Delta, a.Pairing, a.DB, a.uploads},
		Inbox:          a.Workflow,
		Rescue:         rescues{a.Accounts, a.Delta, a.uploads},
		Quality:        checker{a},
		Pairing:        pairs{a.Pairing, a.Registry},
		Pairings:       a.Pairing,
		Rules:          a.Settings,
		Visits:         duties{&activity.DueList{Store: a.DB, Settings: a.Settings}, a.DB, a.DB, a.Registry, a.today},
		Notices:        notices{a.Notices, a.Registry},
		Counting:       &figures.Service{Store: a.DB},
		Cases:          cases,
		Forms:          forms{a.Forms},
		Rates:          a.Rates,
		Ledger:         a.Ledger,
		Own:            own{a.Registry},
		Settings:       a.Accounts,
		Users:          a.Staff,
		Rosters:        rosters{a},
		Devices:        a.Phones,
		Audit:          auditLog{a},
		Erasure:        erasure{a.Retention, a.Registry},
		Rights:         rights{&casework.Rights{Desk: cases, Eraser: erasure{a.Retention, a.Registry}, Member: household.MemberType}, a},
		Findings:       &casework.Findings{Desk: cases, Types: types.All()},
		Bodies:         a.Registry,
		Cards:          a.Cards,
		Clips:          a.clips(),
		Photos:         a.photos(desk),
		Uploads:        a.uploads,
		Subscriptions:  a.subscriptions,
		Other:          pages,
		About:          api.About{Operator: c.Operator, Filing: c.Filing, Hotline: c.Hotline},
		Checks:         []api.Check{{Name: "database", Ping: a.DB.Ping}, {Name: "redis", Ping: a.kv.Ping, Soft: true}, {Name: "key", Ping: a.keyCheck}, {Name: "photos", Ping: a.blobs.Ping, Soft: true}},
		Counters:       append(a.counters(), a.outboxCounters()...),
		Classify:       store.Classify,
		PerIP:          a.limit(rediskv.Rate{N: 60, Per: time.Minute}),
		PerUser:        a.limit(rediskv.Rate{N: 600, Per: time.Minute}),
		TrustedProxies: c.TrustedProxies,
		PublicURL:      c.PublicURL,
		MetricsToken:   c.MetricsToken.Reveal(),
		Version:        Version(),
		Log:            a.opt.Log,
		Now:            a.opt.Now,
		Rand:           a.opt.Rand,
	})
	return err
}

func (a *App) limit(r rediskv.Rate) api.Limit {
	return func(ctx context.Context, key string) (bool, time.Duration) { return a.kv.Allow(ctx, "rate:"+key, r) }
}

func (a *App) counters() []api.Counter {
	st := a.Delta.Stats()
	count := func(name, help string, read func() int64) api.Counter {
		return api.Counter{Name: "daohu_sync_" + name + "_total", Help: help, Read: func() float64 { return float64(read()) }}
	}
	return []api.Counter{
		count("exchanges", "Exchanges answered.", st.Exchanges.Load),
		count("mutations", "Mutations received.", st.Mutations.Load),
		count("refused", "Mutations given back to their author.", st.Refused.Load),
		count("quarantined", "Mutations kept for the township admin.", st.Quarantined.Load),
		count("conflicts", "Fields two people changed at once.", st.Conflicts.Load),
		count("clones", "Phones that shared a client id.", st.Clones.Load),
		count("epochs", "Times a restored server was noticed.", st.Epochs.Load),
		count("healed", "Households whose digest was wrong: must stay 0.", st.Healed.Load),
		{Name: "daohu_redis_failures_total", Help: "Redis calls that failed.", Read: func() float64 { return float64(a.kv.Failures()) }},
	}
}

// Run serves on the listener until ctx ends, then lets open requests finish
// for up to 10 seconds. Uploads nobody goes on with are forgotten hourly.
func (a *App) Run(ctx context.Context, l net.Listener) error {
	c := a.opt.Config
	var conf *tls.Config
	if c.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return fmt.Errorf("reading DAOHU_TLS_CERT and DAOHU_TLS_KEY: %w", err)
		}
		conf = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	}
	srv := api.Server(c.Addr, a.API, conf, a.opt.Log)
	ended := make(chan error, 1)
	go func() {
		if conf != nil {
			ended <- srv.ServeTLS(l, "", "")
			return
		}
		ended <- srv.Serve(l)
	}()
	a.minutely(ctx)
	defer a.startOutbox(ctx)()
	hourly, minutely := time.NewTicker(time.Hour), time.NewTicker(time.Minute)
	defer hourly.Stop()
	defer minutely.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-hourly.C:
			a.housekeep(ctx)
		case <-minutely.C:
			a.minutely(ctx)
		case <-ctx.Done():
			grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			err := srv.Shutdown(grace)
			if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
				err = errors.Join(err, e)
			}
			return err
		}
	}
}

// today is the running day of the programme, 2006-01-02.
func (a *App) today() string { return a.opt.Now().In(shanghai).Format(time.DateOnly) }

func (a *App) housekeep(ctx context.Context) {
	if _, err := a.uploads.Reap(ctx, a.opt.Now().UnixMilli()); err != nil {
		a.opt.Log.ErrorContext(ctx, "forgetting old uploads failed", "err", err)
	}
	if n, err := a.uploads.Sweep(ctx, a.opt.Now().UnixMilli()); err != nil {
		a.opt.Log.ErrorContext(ctx, "looking for forgotten pictures failed", "err", err)
	} else if n > 0 {
		a.opt.Log.InfoContext(ctx, "forgotten pictures removed", "files", n)
	}
	if _, err := a.Retention.Pass(ctx, true); err != nil {
		a.opt.Log.ErrorContext(ctx, "applying the rules of retention failed", "err", err)
	}
}

// minutely takes down what has run out, and once a day says in the log how far
// the audit chains have come: a log that is kept elsewhere shows when an old
// state was put back (docs/operations.md, "Audit").
func (a *App) minutely(ctx context.Context) {
	if day := a.today(); day != a.headsOf {
		a.headsOf = day
		a.sayHeads(ctx)
	}
	if _, err := a.Notices.Expire(ctx); err != nil && ctx.Err() == nil {
		a.opt.Log.ErrorContext(ctx, "taking notices down failed", "err", err)
	}
}

func (a *App) sayHeads(ctx context.Context) {
	heads, err := a.DB.Heads(ctx)
	if err != nil && ctx.Err() == nil {
		a.opt.Log.ErrorContext(ctx, "reading the ends of the audit chains failed", "err", err)
	}
	for _, h := range heads {
		a.opt.Log.InfoContext(ctx, "audit head", "chain", h.Township, "line", h.Seq, "hash", h.Hash)
	}
}

// Close closes what New opened.
func (a *App) Close() error {
	var errs []error
	if a.kv != nil {
		errs = append(errs, a.kv.Close())
	}
	if a.blobs.Store != nil {
		errs = append(errs, a.blobs.Close())
	}
	if a.DB != nil {
		errs = append(errs, a.DB.Close())
	}
	return errors.Join(errs...)
}

package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"daohu/server/api"
	"daohu/server/outbox"
	"daohu/server/store"
	"daohu/server/types"
	"daohu/server/wechat"
	"daohu/server/write"
)

var (
	_ outbox.WeChat = (*wechat.Client)(nil)
	_ outbox.WeChat = (*wechat.Fake)(nil)
)

// drainEvery is how long a row waits at the most on an idle server.
const drainEvery = 10 * time.Second

// watched is the store as the services have it that write: what follows from a
// change goes into the outbox with it.
type watched struct {
	*store.DB
	writer write.Writer
}

func (w watched) Write(ctx context.Context, in write.Intent, decide func(write.Tx) error) (int64, error) {
	return w.writer.Write(ctx, in, decide)
}

// assembleOutbox decides what is sent at all. Without WeChat, and without a
// template or an app id, nothing is put into the outbox and nobody drains it.
func (a *App) assembleOutbox() {
	c := a.opt.Config
	a.store = watched{a.DB, a.DB}
	templates := outbox.Templates{}
	messenger, ok := a.WeChat.(outbox.WeChat)
	if _, none := a.WeChat.(wechat.None); none || !ok {
		a.subscriptions = &outbox.Desk{Grants: a.DB}
		return
	}
	for cause, t := range c.Templates {
		templates[cause] = outbox.Template(t)
	}
	a.subscriptions = &outbox.Desk{Grants: a.DB, Templates: templates}
	check := c.WeChatAppID != ""
	if !check && len(templates) == 0 {
		return
	}
	a.store.writer = &outbox.Watch{Writer: a.DB, Sealer: a.Box, Templates: templates, Check: check}
	a.Outbox = &outbox.Worker{
		Queue: a.DB, Grants: a.DB, Users: a.DB.Accounts(), Rows: a.DB, Writer: a.DB, Sealer: a.Box, WeChat: messenger, Templates: templates,
		Types: types.All(), Now: a.opt.Now, Jitter: rand.Int64N, Log: a.opt.Log,
	}
}

// drainOutbox does what is due until ctx ends, one drain at a time.
func (a *App) drainOutbox(ctx context.Context) {
	if a.Outbox == nil {
		return
	}
	tick := time.NewTicker(drainEvery)
	defer tick.Stop()
	for {
		if _, err := a.Outbox.Drain(ctx); err != nil && ctx.Err() == nil {
			a.opt.Log.ErrorContext(ctx, "draining the outbox failed", "err", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// startOutbox drains beside the server; end stops that and waits for it.
func (a *App) startOutbox(ctx context.Context) (end func()) {
	ctx, stop := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		a.drainOutbox(ctx)
	}()
	return func() { stop(); <-over }
}

func (a *App) outboxCounters() []api.Counter {
	read := func(of func(*outbox.Worker) int64) func() float64 {
		return func() float64 {
			if a.Outbox == nil {
				return 0
			}
			return float64(of(a.Outbox))
		}
	}
	return []api.Counter{
		{Name: "daohu_outbox_open", Help: "Reminders and checks that wait.", Gauge: true, Read: read(func(w *outbox.Worker) int64 { return w.Open.Load() })},
		{Name: "daohu_outbox_dead", Help: "Reminders and checks given up and not yet forgotten.", Gauge: true, Read: read(func(w *outbox.Worker) int64 { return w.Dead.Load() })},
	}
}

// OutboxState says for an operator what waits to be sent and what was given up.
func (a *App) OutboxState(ctx context.Context) (string, error) {
	n, err := a.DB.OutboxCounts(ctx)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("outbox: %d rows wait, %d were given up within 30 days", n[write.OutboxOpen], n[write.OutboxDead])
	if a.Outbox == nil {
		text += "; nothing is sent (DAOHU_WECHAT_APPID, DAOHU_WECHAT_TEMPLATES)"
	}
	return text, nil
}

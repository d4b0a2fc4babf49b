package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"daohu/server/servertest/wire"
)

// clients ask side by side; rounds take turns, so that a busy moment of the
// machine meets all of them alike.
const (
	clients = 4
	rounds  = 5
	turn    = 600 * time.Millisecond
)

// polls compares no-change polls over loopback HTTP/1.1 with bare gin and with
// gin + session + one SELECT by primary key on the same database.
func polls(ctx context.Context, b *board, d database) error {
	dsn, home, err := d.fresh(ctx)
	if err != nil {
		return err
	}
	s, err := wire.Serve(ctx, wire.Options{Size: wire.Size{Houses: 20, Visits: 6}, Dir: home, MySQL: dsn, Now: hurried()})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }() // its files go with the folder
	client := s.DB.NewID()
	actor, err := s.Accounts.Authenticate(ctx, s.Cadre.Token)
	if err != nil {
		return err
	}
	cursor, err := settle(ctx, s.Delta, actor, client)
	if err != nil {
		return err
	}
	raw, err := second(dsn, filepath.Join(home, "daohu.db"))
	if err != nil {
		return err
	}
	defer raw.Close()
	limits, err := listen(limitsOf(s, raw))
	if err != nil {
		return err
	}
	defer limits.Close()
	urls := []string{
		"http://" + s.Addr + "/api/v1/sync?cursor=" + cursor + "&schema=1&client=" + client + "&pack=1",
		"http://" + limits.addr + "/bare", "http://" + limits.addr + "/session",
	}
	rates := make([][]float64, len(urls))
	for range rounds {
		for i, u := range urls {
			n, err := ask(ctx, u, s.Cadre.Token)
			if err != nil {
				return err
			}
			rates[i] = append(rates[i], n)
		}
	}
	poll, bare, session := median(rates[0]), median(rates[1]), median(rates[2])
	b.ratio("poll_vs_bare_gin_"+d.name, d.name+": polls/s beside bare gin with JSON", poll, bare, 0)
	b.ratio("poll_vs_limit_"+d.name, d.name+": polls/s beside gin + session + SELECT by primary key", poll, session, 0.6)
	if d.maria == nil {
		b.keep["poll_vs_limit"] = round(poll / session)
	}
	return nil
}

// hurried is a clock that goes on by 50 ms whenever it is read: one
// user may ask 600 times a minute, and the bench asks more often. The limiter
// stays in what is measured.
func hurried() func() time.Time {
	began, n := time.Now(), new(atomic.Int64)
	return func() time.Time { return began.Add(time.Duration(n.Add(1)) * 50 * time.Millisecond) }
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func limitsOf(s *wire.Site, db *sql.DB) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	g := gin.New()
	g.GET("/bare", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"cursor": "c", "next": 300, "now": 1}) })
	g.GET("/session", func(c *gin.Context) {
		const bearer = len("Bearer ")
		if _, err := s.Accounts.Authenticate(c.Request.Context(), c.GetHeader("Authorization")[bearer:]); err != nil {
			c.Status(http.StatusUnauthorized)
			return
		}
		var seq int64
		if err := db.QueryRowContext(c.Request.Context(), "SELECT `seq` FROM `space` WHERE `no` = ?", 1).Scan(&seq); err != nil {
			c.Status(http.StatusInternalServerError)
			return
		}
		c.Status(http.StatusNoContent)
	})
	return g
}

type listener struct {
	*http.Server
	addr string
}

func listen(h http.Handler) (*listener, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &listener{&http.Server{Handler: h, ReadHeaderTimeout: time.Minute}, l.Addr().String()}
	go func() { _ = s.Serve(l) }() // Close ends it
	return s, nil
}

// ask is answers a second, for one turn.
func ask(ctx context.Context, url, token string) (float64, error) {
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer c.CloseIdleConnections()
	return rate(func() error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		a, err := c.Do(r)
		if err != nil {
			return err
		}
		defer a.Body.Close()
		if _, err := io.Copy(io.Discard, a.Body); err != nil {
			return err
		}
		if a.StatusCode >= 300 {
			return fmt.Errorf("%s: status %d", url, a.StatusCode)
		}
		return nil
	})
}

// rate calls f from all clients for one turn and says how often a second.
func rate(f func() error) (float64, error) {
	var n atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	began := time.Now()
	for range clients {
		all.Go(func() {
			for time.Since(began) < turn && failed.Load() == nil {
				if err := f(); err != nil {
					failed.Store(&err)
					return
				}
				n.Add(1)
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(n.Load()) / time.Since(began).Seconds(), nil
}

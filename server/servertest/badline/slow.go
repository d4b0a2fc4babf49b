// Package badline puts what phones meet in the field before the real server: slow
// links, links that cut, double and repeat requests, and programs of another
// edition (quality.md F7, F16, F18). The phone is the product's own sync core.
package badline

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Slow is a line of a fixed rate and latency that now and then cuts. Times are
// those of the line; Speed makes them pass faster.
type Slow struct {
	Rate int64         // bytes per second, each way
	RTT  time.Duration // of everything; a connection costs one more
	// Cut is how many of every 10 exchanges are cut, in an order of chance: within
	// the first bytes of the request or, as often, of the answer.
	Cut   int
	Speed int // line seconds per second

	Addr   string
	Asked  atomic.Int64 // exchanges begun
	Broken atomic.Int64 // of them cut
	to     string
	in     net.Listener
	mu     sync.Mutex
	dice   *rand.Rand
	deck   []int // fates to come: those below Cut are bad
	up     bucket
	down   bucket
	wg     sync.WaitGroup
	open   map[net.Conn]bool
	closed bool
}

// bucket is one direction: when the line is free again.
type bucket struct {
	mu   sync.Mutex
	free time.Time
}

// Listen begins to carry connections to the server at to.
func (s *Slow) Listen(to string, seed uint64) error {
	in, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.in, s.to, s.Addr, s.dice, s.open = in, to, in.Addr().String(), rand.New(rand.NewPCG(seed, 18)), map[net.Conn]bool{}
	s.wg.Go(func() {
		for {
			near, err := in.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() { s.carry(near) })
		}
	})
	return nil
}

// Close ends everything and waits for it.
func (s *Slow) Close() {
	_ = s.in.Close()
	s.mu.Lock()
	s.closed = true
	for c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// Change makes it another line; connections stay.
func (s *Slow) Change(rate int64, rtt time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Rate, s.RTT = rate, rtt
}

func (s *Slow) keep(cs ...net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range cs {
		s.open[c] = true
	}
	return !s.closed
}

func (s *Slow) carry(near net.Conn) {
	far, err := new(net.Dialer).DialContext(context.Background(), "tcp", s.to)
	if err != nil {
		_ = near.Close()
		return
	}
	x := &exchange{s: s}
	end := func() {
		_, _ = near.Close(), far.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, near)
		delete(s.open, far)
	}
	if s.keep(near, far) {
		s.mu.Lock()
		hello := s.RTT / time.Duration(s.Speed)
		s.mu.Unlock()
		var both sync.WaitGroup
		both.Go(func() { s.pass(far, near, &s.up, time.Now().Add(hello), x.asks); end() })
		both.Go(func() { s.pass(near, far, &s.down, time.Time{}, x.answers); end() })
		both.Wait()
	}
	end()
}

// piece is what travels, and when it arrives.
type piece struct {
	b   []byte
	at  time.Time
	cut bool // the connection ends behind it
}

// pass carries one direction until it ends or is cut.
func (s *Slow) pass(to io.Writer, from io.Reader, b *bucket, notBefore time.Time, doom func(n int) int) {
	line := make(chan piece, 1024)
	gone := make(chan struct{})
	s.wg.Go(func() {
		defer close(line)
		for {
			buf := make([]byte, 512)
			n, err := from.Read(buf)
			if n > 0 {
				p := piece{b: buf[:n]}
				if k := doom(n); k >= 0 {
					p.b, p.cut = buf[:k], true
				}
				p.at = s.arrival(b, len(p.b), notBefore)
				select {
				case line <- p:
				case <-gone:
					return
				}
			}
			if err != nil {
				return
			}
		}
	})
	defer close(gone)
	for p := range line {
		if wait := time.Until(p.at); wait > 0 {
			<-time.After(wait) // the line itself: nothing is waited for
		}
		if _, err := to.Write(p.b); err != nil || p.cut {
			return
		}
	}
}

// arrival takes the line for n bytes.
func (s *Slow) arrival(b *bucket, n int, notBefore time.Time) time.Time {
	s.mu.Lock()
	took := time.Duration(int64(n) * int64(time.Second) / s.Rate / int64(s.Speed))
	way := s.RTT / 2 / time.Duration(s.Speed)
	s.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for _, t := range []time.Time{notBefore, b.free} {
		if t.After(now) {
			now = t
		}
	}
	b.free = now.Add(took)
	return b.free.Add(way)
}

// exchange is one request and its answer on a connection.
type exchange struct {
	s       *Slow
	mu      sync.Mutex
	asking  bool // bytes of a request are under way
	fate    int  // 0 = it goes well, 1 = the request is cut, 2 = the answer is
	settled bool
}

// asks says after how many of n bytes of a request the line is cut; -1 = not.
func (x *exchange) asks(n int) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.asking {
		x.asking, x.settled = true, false
		x.s.Asked.Add(1)
		x.s.mu.Lock()
		x.fate = 0
		if len(x.s.deck) == 0 {
			x.s.deck = x.s.dice.Perm(10)
		}
		card := x.s.deck[0]
		x.s.deck = x.s.deck[1:]
		if card < x.s.Cut {
			x.fate = 1 + x.s.dice.IntN(2)
			x.s.Broken.Add(1)
		}
		x.s.mu.Unlock()
	}
	return x.cut(1, n)
}

// answers is asks for the way back.
func (x *exchange) answers(n int) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asking = false
	return x.cut(2, n)
}

func (x *exchange) cut(way, n int) int {
	if x.fate != way || x.settled {
		return -1
	}
	x.settled = true
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	return x.s.dice.IntN(n)
}

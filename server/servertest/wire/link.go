// Package wire measures what the program costs on a real link: the whole
// server behind real TCP, the phone's own sync core, and between them a line
// that counts bytes.
package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// Link is a line to one server: it listens on loopback, passes everything on
// and counts it.
type Link struct {
	Addr     string
	to       string
	in       net.Listener
	up, down counter
	conns    atomic.Int64
	wg       sync.WaitGroup
	mu       sync.Mutex
	open     map[net.Conn]bool
	done     bool
}

// counter counts what is written to it, and once takes no more than cut bytes
// in all when cut is not 0.
type counter struct{ n, cut atomic.Int64 }

var errCut = errors.New("wire: the link was cut")

func (c *counter) Write(b []byte) (int, error) {
	n := c.n.Add(int64(len(b)))
	cut := c.cut.Load()
	if cut == 0 || n < cut || !c.cut.CompareAndSwap(cut, 0) {
		return len(b), nil
	}
	c.n.Add(cut - n)
	return len(b) - int(n-cut), errCut
}

// Open begins to listen for connections to the server at to.
func Open(to string) (*Link, error) {
	in, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	k := &Link{Addr: in.Addr().String(), to: to, in: in, open: map[net.Conn]bool{}}
	k.wg.Go(k.accept)
	return k, nil
}

// Close cuts everything and waits until nothing runs any more.
func (k *Link) Close() {
	_ = k.in.Close()
	k.mu.Lock()
	k.done = true
	for c := range k.open {
		_ = c.Close()
	}
	k.mu.Unlock()
	k.wg.Wait()
}

// Count is what passed so far: bytes inside TCP, and connections.
type Count struct{ Up, Down, Conns int64 }

// Count reads the counters. A byte is counted before it is passed on, so what
// a peer has received is in it.
func (k *Link) Count() Count { return Count{k.up.n.Load(), k.down.n.Load(), k.conns.Load()} }

// Since is what passed after an earlier count.
func (c Count) Since(before Count) Count {
	return Count{c.Up - before.Up, c.Down - before.Down, c.Conns - before.Conns}
}

// Sum is the bytes of both directions.
func (c Count) Sum() int64 { return c.Up + c.Down }

// CutUp ends the connection that carries the n-th byte upwards from now on,
// after that byte.
func (k *Link) CutUp(n int64) { k.up.cut.Store(k.up.n.Load() + n) }

func (k *Link) accept() {
	for {
		c, err := k.in.Accept()
		if err != nil {
			return
		}
		if k.keep(c) {
			k.conns.Add(1)
			k.wg.Go(func() { k.carry(c) })
		}
	}
}

// keep remembers a connection so that Close can end it.
func (k *Link) keep(c net.Conn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.done {
		_ = c.Close()
		return false
	}
	k.open[c] = true
	return true
}

func (k *Link) drop(c net.Conn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.open, c)
	_ = c.Close()
}

func (k *Link) carry(near net.Conn) {
	defer k.drop(near)
	far, err := new(net.Dialer).DialContext(context.Background(), "tcp", k.to)
	if err != nil || !k.keep(far) {
		return
	}
	defer k.drop(far)
	var both sync.WaitGroup
	pass := func(to, from net.Conn, c *counter) {
		_, _ = io.Copy(to, io.TeeReader(from, c)) // however it ends, it ends the connection
		_, _ = near.Close(), far.Close()
	}
	both.Go(func() { pass(far, near, &k.up) })
	both.Go(func() { pass(near, far, &k.down) })
	both.Wait()
}

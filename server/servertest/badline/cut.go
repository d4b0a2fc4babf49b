package badline

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
)

// Fate is what a line does to one exchange. The zero value lets it pass.
type Fate struct {
	// Up = n cuts the line after n-1 bytes of the request, Down = n after n-1 of
	// the answer; 0 = not. A request shorter than n is taken whole, and the line
	// is cut before the answer.
	Up, Down int
	Twice    bool // the server hears it twice at once; the first answer is passed on
	Late     bool // the line is cut, and the server hears it when Release is called
	Echo     bool // the server hears the request of before once more, before this one
}

// Line passes exchanges whole, one after the other, and does to each what it is
// told. Requests and answers go on byte for byte.
type Line struct {
	Addr string
	to   string
	in   net.Listener
	wg   sync.WaitGroup
	mu   sync.Mutex
	next Fate
	past []byte   // the request before
	late [][]byte // held back
	up   int      // bytes of the last request
	down int      // and of its answer, 0 = none came
	open map[net.Conn]bool
}

// OpenLine begins to carry exchanges to the server at to.
func OpenLine(to string) (*Line, error) {
	in, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Line{Addr: in.Addr().String(), to: to, in: in, open: map[net.Conn]bool{}}
	l.wg.Go(func() {
		for {
			c, err := in.Accept()
			if err != nil {
				return
			}
			l.mu.Lock()
			l.open[c] = true
			l.mu.Unlock()
			l.wg.Go(func() { l.serve(c) })
		}
	})
	return l, nil
}

// Close ends it.
func (l *Line) Close() {
	_ = l.in.Close()
	l.mu.Lock()
	for c := range l.open {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.wg.Wait()
}

// Next says what becomes of the next exchange.
func (l *Line) Next(f Fate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = f
}

// Lengths are the bytes of the last request and of its answer; 0 = there was
// none.
func (l *Line) Lengths() (up, down int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.up, l.down
}

// Release lets the server hear what was held back, the newest first.
func (l *Line) Release() error {
	l.mu.Lock()
	late := l.late
	l.late = nil
	l.mu.Unlock()
	for i := len(late) - 1; i >= 0; i-- {
		if _, err := l.ask(late[i]); err != nil {
			return err
		}
	}
	return nil
}

func (l *Line) serve(c net.Conn) {
	defer func() {
		_ = c.Close()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.open, c)
	}()
	in := bufio.NewReader(c)
	for {
		raw, err := whole(in)
		if err != nil {
			return
		}
		answer, err := l.carry(raw)
		if len(answer) > 0 {
			if _, err := c.Write(answer); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// whole reads one request as it came.
func whole(in *bufio.Reader) ([]byte, error) {
	var raw bytes.Buffer
	head := bufio.NewReaderSize(io.TeeReader(oneByte{in}, &raw), 16)
	r, err := http.ReadRequest(head)
	if err == nil {
		_, err = io.Copy(io.Discard, r.Body)
	}
	return raw.Bytes(), err
}

// oneByte hands out single bytes, so that nothing behind a request is taken.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(b []byte) (int, error) { return o.r.Read(b[:min(1, len(b))]) }

// carry does to an exchange what was told; an error ends the phone's line
// behind the answer.
func (l *Line) carry(raw []byte) ([]byte, error) {
	l.mu.Lock()
	f, past := l.next, l.past
	l.next, l.past, l.up, l.down = Fate{}, raw, len(raw), 0
	if f.Late {
		l.late = append(l.late, raw)
	}
	l.mu.Unlock()
	switch {
	case f.Late:
		return nil, io.ErrUnexpectedEOF
	case f.Up > 0 && f.Up <= len(raw):
		c, err := l.dial(raw[:f.Up-1])
		if err == nil {
			_ = c.Close()
		}
		return nil, io.ErrUnexpectedEOF
	case f.Echo && past != nil:
		if _, err := l.ask(past); err != nil {
			return nil, err
		}
	}
	var twin sync.WaitGroup
	if f.Twice {
		twin.Go(func() { _, _ = l.ask(raw) })
	}
	answer, err := l.ask(raw)
	twin.Wait()
	l.mu.Lock()
	l.down = len(answer)
	l.mu.Unlock()
	switch {
	case f.Up > 0:
		return nil, io.ErrUnexpectedEOF
	case f.Down > 0 && f.Down <= len(answer):
		return answer[:f.Down-1], io.ErrUnexpectedEOF
	}
	return answer, err
}

func (l *Line) dial(first []byte) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(context.Background(), "tcp", l.to)
	if err != nil {
		return nil, err
	}
	if _, err := c.Write(first); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// ask makes one exchange with the server on a connection of its own and returns
// the answer as it came.
func (l *Line) ask(raw []byte) ([]byte, error) {
	c, err := l.dial(raw)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	var answer bytes.Buffer
	a, err := http.ReadResponse(bufio.NewReader(io.TeeReader(c, &answer)), nil)
	if err == nil {
		_, err = io.Copy(io.Discard, a.Body)
		_ = a.Body.Close()
	}
	return answer.Bytes(), err
}

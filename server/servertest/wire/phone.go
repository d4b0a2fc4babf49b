package wire

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"daohu/server/servertest/phonebuild"
)

// Headers are what WeChat 8 on Android adds to every wx.request, with the app
// id and the model of nobody.
func Headers() map[string]string {
	return map[string]string{
		"charset":         "utf-8",
		"referer":         "https://servicewechat.com/wx0123456789abcdef/12/page-frame.html",
		"user-agent":      "Mozilla/5.0 (Linux; Android 12; M2102J2SC Build/SKQ1.211006.001) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.188 Mobile Safari/537.36 XWEB/1260117 MMWEBID/1234 MicroMessenger/8.0.50 WeChat/arm64 MiniProgramEnv/android",
		"content-type":    "application/json",
		"accept-encoding": "gzip,compress,br,deflate",
	}
}

// Root is the top folder of the repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

// BuildPhone compiles the phone's sync core and returns the program to run.
func BuildPhone(ctx context.Context) (string, error) {
	build, err := phonebuild.Build(ctx, Root())
	return filepath.Join(build, "sim", "remote.js"), err
}

// Phone is one phone: the product's sync core in a process of its own.
type Phone struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	calls int
}

// Account is who uses a phone.
type Account struct{ User, Token string }

// Start begins a phone at url.
func Start(ctx context.Context, program, url string, who Account) (*Phone, error) {
	p := &Phone{cmd: exec.CommandContext(ctx, "node", program)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReaderSize(out, 1<<20)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	err = p.ask(map[string]any{"op": "open", "url": url, "token": who.Token, "user": who.User, "headers": Headers()}, nil)
	return p, err
}

// Close ends the phone's process.
func (p *Phone) Close() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

func (p *Phone) ask(line map[string]any, into any) error {
	p.calls++
	line["n"] = p.calls
	raw, err := json.Marshal(line)
	if err == nil {
		_, err = p.in.Write(append(raw, '\n'))
	}
	if err != nil {
		return err
	}
	text, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("the phone's process ended: %w", err)
	}
	var head struct {
		N     int
		Error string
	}
	switch err := json.Unmarshal(text, &head); {
	case err != nil:
		return err
	case head.Error != "":
		return errors.New(head.Error)
	case head.N != p.calls:
		return fmt.Errorf("answer to %d, asked %d", head.N, p.calls)
	case into == nil:
		return nil
	}
	return json.Unmarshal(text, into)
}

// Report is how a sync ended.
type Report struct {
	State    string // as the core calls it; done = all is sent and fetched
	Requests int
	Acked    int
	Outcomes int // returned, or waiting at the township
}

// Do is one of sync and poll.
func (p *Phone) Do(op string) (r Report, err error) { return r, p.ask(map[string]any{"op": op}, &r) }

// Change is one thing a user writes.
type Change struct {
	Type      string         `json:"type"`
	ID        string         `json:"id"`
	Household string         `json:"household"`
	Patch     map[string]any `json:"patch"`
}

// Save writes changes on the phone.
func (p *Phone) Save(changes ...Change) error {
	return p.ask(map[string]any{"op": "save", "changes": changes}, nil)
}

// Photo puts a photo of visit into the outbox of the phone and of its camera.
func (p *Phone) Photo(id, house, visit string, jpeg []byte) error {
	sum := fmt.Sprintf("%x", sha256.Sum256(jpeg))
	row := Change{"photo", id, house, map[string]any{"visit": visit, "sha256": sum, "size": len(jpeg), "mime": "image/jpeg"}}
	return p.ask(map[string]any{"op": "photo", "changes": []Change{row}, "file": jpeg, "sha256": sum}, nil)
}

// Sent is how a try to send photos ended.
type Sent struct {
	State    string // done, offline, login or storage
	Requests int
	Left     int // photos that still wait
}

// Upload sends the photos that wait until the link is cut.
func (p *Phone) Upload() (s Sent, err error) { return s, p.ask(map[string]any{"op": "upload"}, &s) }

// Facts are what the phone knows of itself.
type Facts struct {
	Client, Cursor    string
	Households, Forms []string
	Unsent            int
	ID                string // a new record id
}

// Facts asks for them.
func (p *Phone) Facts() (f Facts, err error) {
	return f, p.ask(map[string]any{"op": "facts"}, &f)
}

// Stored is what the phone's storage holds, bytes as UTF-8.
type Stored struct{ Total, Largest, Keys int }

// Stored asks for it.
func (p *Phone) Stored() (s Stored, err error) {
	return s, p.ask(map[string]any{"op": "size"}, &s)
}

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"daohu/server/app"
	"daohu/server/config"
)

type serveCmd struct{}

// Run serves until it is told to stop. It never wires the fake WeChat.
func (serveCmd) Run(e *env) error {
	a, c, err := e.open(e.ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	if c.DB.Reveal() == "" {
		err = a.DB.Migrate(e.ctx) // only the embedded mode migrates by itself
	} else {
		err = a.DB.CheckSchema(e.ctx)
	}
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", c.Addr, err)
	}
	e.log.Info("serving", "addr", l.Addr().String(), "database", a.DB.Dialect(), "version", app.Version())
	return a.Run(e.ctx, l)
}

// open loads the configuration and assembles the program for real work.
func (e *env) open(ctx context.Context) (*app.App, config.Config, error) {
	c, err := config.Load(e.getenv)
	if err == nil {
		err = c.NeedKey()
	}
	if err != nil {
		return nil, c, err
	}
	a, err := app.New(ctx, app.Options{Config: c, Log: e.log, Rand: rand.Reader})
	return a, c, err
}

type migrateCmd struct{}

// Run migrates; it may be run again after an interruption, and by several
// machines at once.
func (migrateCmd) Run(e *env) error {
	a, _, err := e.open(e.ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.DB.Migrate(e.ctx); err != nil {
		return err
	}
	fmt.Fprintln(e.out, "The schema is up to date.")
	return nil
}

type versionCmd struct{}

func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.out, "daohu", app.Version())
	return err
}

type demoCmd struct {
	Fresh bool   `help:"Build the demo anew, forgetting what was done in it."`
	Bare  bool   `help:"Build it without the papers and visits of the last weeks: nothing waits in the queue (tests)."`
	Phone string `help:"Folder of the phone in the browser, as make phone builds it; served at /phone." default:"miniprogram/dist/phone" placeholder:"DIR"`
}

// Run builds the demo on first use, aside and then renamed, so that a build
// that is cut short leaves nothing half-made, and serves it.
func (d demoCmd) Run(e *env) error {
	base, err := config.Load(func(name string) string {
		if name == "DAOHU_DATA" || name == "DAOHU_ADDR" {
			return e.getenv(name)
		}
		return ""
	})
	if err != nil {
		return err
	}
	dir := filepath.Join(base.Data, "demo")
	if d.Fresh {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	if _, err := app.ReadDemo(dir); errors.Is(err, fs.ErrNotExist) {
		if err := e.buildDemo(dir, !d.Bare); err != nil {
			return err
		}
	}
	notes, err := app.ReadDemo(dir)
	if err != nil {
		return err
	}
	a, c, err := e.openDemo(dir, d.Phone, false)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.DB.Migrate(e.ctx); err != nil {
		return fmt.Errorf("%w (to build the demo anew: daohu demo --fresh)", err)
	}
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w (another address: DAOHU_ADDR=127.0.0.1:8081)", c.Addr, err)
	}
	e.greet(l.Addr().String(), dir, notes)
	return a.Run(e.ctx, l)
}

func (e *env) openDemo(dir, phone string, unsafe bool) (*app.App, config.Config, error) {
	c, err := app.DemoConfig(dir, e.getenv)
	if err != nil {
		return nil, c, err
	}
	a, err := app.New(e.ctx, app.Options{Config: c, Log: e.log, Rand: rand.Reader, Demo: true, Phone: phone, Unsafe: unsafe})
	return a, c, err
}

func (e *env) buildDemo(dir string, lately bool) error {
	start := time.Now()
	aside := dir + ".building"
	if err := os.RemoveAll(aside); err != nil {
		return err
	}
	fmt.Fprintln(e.err, "第一次运行：正在建演示乡镇（1896 户、8640 人）……")
	a, _, err := e.openDemo(aside, "", true)
	if err != nil {
		return err
	}
	bar := newBar(e.err)
	err = a.BuildDemo(e.ctx, aside, lately, bar.step)
	bar.end()
	if err := errors.Join(err, a.Close()); err != nil {
		return err
	}
	if err := os.Rename(aside, dir); err != nil {
		return err
	}
	fmt.Fprintf(e.err, "建好了，用了 %.1f 秒。\n", time.Since(start).Seconds())
	return nil
}

// greet says loudly that this is a demo and how to get in.
func (e *env) greet(addr, dir string, n app.DemoNotes) {
	url := "http://" + addr
	fmt.Fprintf(e.out, `
================================================================
  这是演示：人和事都是编的，微信是假的，只在本机能打开。
  This is a DEMO: invented people, a fake WeChat, loopback only.
  正式使用请运行 daohu serve。
================================================================
  管理员    %s/       账号和密码见下
  手机      %s/phone
  接口文档  %s/openapi.json
  状态      %s/healthz  %s/readyz  %s/metrics

  微信登录码（POST %s/api/v1/login/wechat {"code": "…"}）
    帮扶干部  demo:cadre-001 … demo:cadre-157
    村干部    demo:village-01 …
    农户      demo:household-0001 … demo:household-0373
    管理员    demo:admin（同镇第二位 demo:admin-b，第二个乡镇 demo:admin-2）
    县、审计  demo:county  demo:auditor
  账号密码登录（/api/v1/login/password）
    admin  admin-b  admin-2  county  auditor    密码 %s
  农户卡登录（/api/v1/login/household），household-0001
    卡号 %s   PIN %s

  导入的花名册  %s/%v
  一步一步怎么用：docs/walkthrough.md      停止：Ctrl-C
`, url, url, url, url, url, url, url, app.DemoPassword, n.Card, n.PIN, dir, n.Files)
}

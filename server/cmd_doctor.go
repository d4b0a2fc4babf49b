package main

import (
	"errors"
	"fmt"

	"daohu/server/app"
	"daohu/server/config"
)

type doctorCmd struct{}

// errSick says that at least one check failed; they are printed already.
var errSick = errors.New("not everything is in order")

// Run checks one thing after the other and names what to do. It changes nothing.
func (doctorCmd) Run(e *env) error {
	sick := false
	say := func(name string, err error) {
		if err != nil {
			sick = true
			fmt.Fprintf(e.out, "FAIL  %-14s %v\n", name, err)
			return
		}
		fmt.Fprintf(e.out, "ok    %s\n", name)
	}
	c, err := config.Load(e.getenv)
	say("configuration", err)
	say("key", c.NeedKey())
	if sick {
		return errSick
	}
	a, _, err := e.open(e.ctx)
	say("connections", err)
	if err != nil {
		return errSick
	}
	defer a.Close()
	for _, check := range a.Checks() {
		say(check.Name, check.Run(e.ctx))
	}
	keys, err := a.Keys(e.ctx)
	if err != nil {
		say("keys", err)
	}
	for _, k := range keys {
		if text, bad := k.Say(); bad {
			say("key "+k.ID, errors.New(text))
		} else {
			fmt.Fprintf(e.out, "note  key %s: %s\n", k.ID, text)
		}
	}
	if c.WeChatAppID == "" {
		fmt.Fprintln(e.out, "note  WeChat is not configured: phones cannot log in (DAOHU_WECHAT_APPID, DAOHU_WECHAT_SECRET)")
	}
	if text, err := a.OutboxState(e.ctx); err != nil {
		say("outbox", err)
	} else {
		fmt.Fprintln(e.out, "note  "+text)
	}
	fmt.Fprintf(e.out, "note  version %s, database %s\n", app.Version(), a.DB.Dialect())
	if sick {
		return errSick
	}
	return nil
}

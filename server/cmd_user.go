package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/api"
	"daohu/server/app"
	"daohu/server/qrcode"
)

type userCmd struct {
	Add      userAdd      `cmd:"" help:"Make an account."`
	List     userList     `cmd:"" help:"List accounts."`
	Code     userCode     `cmd:"" help:"Print a one-time code that binds a WeChat account."`
	Card     userCard     `cmd:"" help:"Print a new card token and PIN of a household's account."`
	Password userPassword `cmd:"" help:"Set a console password, read from the terminal or standard input."`
	Totp     userTotp     `cmd:"" name:"totp-reset" help:"Take an account's second factor away and end its console sessions."`
	Disable  userDisable  `cmd:"" help:"Disable an account; its phone may still hand in unsent work for 30 days."`
	Enable   userEnable   `cmd:"" help:"Enable a disabled account."`
}

type userAdd struct {
	Login     string `arg:"" help:"2 to 40 of a-z 0-9 : . _ -"`
	Name      string `required:"" help:"As shown to others."`
	Role      string `required:"" enum:"H,C,V,T,K,A" help:"H household, C cadre, V village worker, T township admin, K county admin, A auditor."`
	County    string `required:"" help:"Area code of the county."`
	Township  string `help:"Area code of the home township (H, C, V, T)."`
	Area      string `help:"Area code of the village (V)."`
	Household string `help:"Household id (H)."`
	Unit      string `help:"Where the person works."`
}

// with opens the program for one action on its accounts.
func (e *env) with(f func(a *app.App) error) error {
	a, _, err := e.open(e.ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.DB.CheckSchema(e.ctx); err != nil {
		return err
	}
	return f(a)
}

// of finds the account of a login first.
func (e *env) of(login string, f func(a *app.App, u account.User) error) error {
	return e.with(func(a *app.App) error {
		u, err := a.Accounts.User(e.ctx, account.ByLogin, login)
		if err != nil {
			return err
		}
		return f(a, u)
	})
}

func (c userAdd) Run(e *env) error {
	return e.with(func(a *app.App) error {
		u, err := a.AddUser(e.ctx, account.NewUser{Login: c.Login, Name: c.Name, Role: access.Role(c.Role), County: c.County, Township: c.Township, Area: c.Area, Household: c.Household, Unit: c.Unit})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(e.out, u.ID)
		return err
	})
}

type userList struct {
	Township string `help:"Area code; default: all."`
}

func (c userList) Run(e *env) error {
	return e.with(func(a *app.App) error {
		f := account.Filter{Township: c.Township, Limit: 1000}
		for {
			us, err := a.Accounts.Users(e.ctx, f)
			if err != nil {
				return err
			}
			for _, u := range us {
				state := "in use"
				if u.DisabledAt > 0 {
					state = "disabled"
				}
				fmt.Fprintf(e.out, "%s\t%s\t%s\t%s\t%s\n", u.Login, u.Role, u.Township, u.ID, state)
				f.After = u.Login
			}
			if len(us) < f.Limit {
				return nil
			}
		}
	})
}

type userCode struct {
	Login string `arg:""`
	QR    bool   `name:"qr" help:"Also draw the code, to be scanned from the screen."`
}

func (c userCode) Run(e *env) error {
	return e.of(c.Login, func(a *app.App, u account.User) error {
		code, until, err := a.Accounts.IssueCode(e.ctx, u.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.out, "%s\t有效到 %s\n", code, time.UnixMilli(until).In(app.Shanghai()).Format("2006-01-02 15:04"))
		return e.draw(c.QR, code)
	})
}

// draw prints text as a QR code, if it is wanted.
func (e *env) draw(wanted bool, text string) error {
	if !wanted {
		return nil
	}
	picture, err := qrcode.Terminal(text)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(e.out, picture)
	return err
}

type userCard struct {
	Login string `arg:""`
	QR    bool   `name:"qr" help:"Also draw the address of the household's page; needs DAOHU_PUBLIC_URL."`
}

var errNoURL = errors.New("DAOHU_PUBLIC_URL is not set: there is no address to draw; no new card was made")

func (c userCard) Run(e *env) error {
	return e.of(c.Login, func(a *app.App, u account.User) error {
		public := a.PublicURL()
		if c.QR && public == "" { // before the old card is void
			return errNoURL
		}
		token, pin, err := a.Accounts.IssueCard(e.ctx, u.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.out, "卡号 %s\tPIN %s\n", token, pin)
		url := api.CardURL(public, token)
		if url != "" {
			fmt.Fprintf(e.out, "网址 %s\n", url)
		}
		return e.draw(c.QR, url)
	})
}

type userPassword struct {
	Login string `arg:""`
}

func (c userPassword) Run(e *env) error {
	return e.of(c.Login, func(a *app.App, u account.User) error {
		password, err := e.secret("New password: ")
		if err != nil {
			return err
		}
		return a.Accounts.SetPassword(e.ctx, u.ID, password)
	})
}

// secret reads a line without showing it, or from a pipe.
func (e *env) secret(prompt string) (string, error) {
	if term.IsTerminal(int(os.Stdin.Fd())) {
		fmt.Fprint(e.err, prompt)
		b, err := term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(e.err)
		return string(b), err
	}
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line != "" {
		return line, nil
	}
	return "", errors.Join(errors.New("no password on standard input"), err)
}

type userTotp struct {
	Login string `arg:""`
}

func (c userTotp) Run(e *env) error {
	return e.of(c.Login, func(a *app.App, u account.User) error { return a.Accounts.ResetTOTP(e.ctx, u.ID) })
}

type userDisable struct {
	Login  string `arg:""`
	Anyway bool   `help:"Although a phone may hold work that has not arrived."`
}

var errUnsent = errors.New("the account was not disabled: work may be lost; to do it nevertheless add --anyway")

func (c userDisable) Run(e *env) error {
	return e.of(c.Login, func(a *app.App, u account.User) error {
		why, err := a.Phones.Unsent(e.ctx, u.ID)
		if err != nil {
			return err
		}
		for _, w := range why {
			fmt.Fprintln(e.out, w)
		}
		if len(why) > 0 && !c.Anyway {
			return errUnsent
		}
		return a.Accounts.Disable(e.ctx, u.ID, true)
	})
}

type userEnable struct {
	Login string `arg:""`
}

func (c userEnable) Run(e *env) error {
	return e.of(c.Login, func(a *app.App, u account.User) error { return a.Accounts.Disable(e.ctx, u.ID, false) })
}

package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"daohu/server/app"
	"daohu/server/store"
)

type auditCmd struct {
	Verify   auditVerify   `cmd:"" help:"Check the audit logs, and every row, account, export and look against them; exit 1 if anything was changed behind the program's back."`
	Accounts auditAccounts `cmd:"" help:"List what was done to accounts, by whom: ids only."`
	Head     auditHead     `cmd:"" help:"Print the end of each township's audit log and of the accounts': write them down elsewhere every day."`
}

type auditVerify struct {
	Township string `help:"Area code; default: all."`
	Heads    string `type:"existingfile" help:"File with lines that 'audit head' printed earlier; each must still be in the log."`
}

// shownFindings is how many findings of one township are printed.
const shownFindings = 100

var errTampered = errors.New("the data is not as the program left it; keep a copy of the database and the lines above")

func (c auditVerify) Run(e *env) error {
	return e.with(func(a *app.App) error {
		in := store.Audit{Township: c.Township}
		var err error
		if in.Heads, err = readHeads(c.Heads); err != nil {
			return err
		}
		all, err := a.Audit(e.ctx, in)
		if err != nil {
			return err
		}
		if c.Township != "" && len(all) == 0 {
			return fmt.Errorf("there is no township %s", c.Township)
		}
		for _, h := range in.Heads {
			if c.Township == "" && !holds(all, h.Township) {
				all = append(all, store.Verified{Head: store.Head{Township: h.Township}, Findings: []store.Finding{{Township: h.Township, Seq: h.Seq, What: "a head was written down earlier, and now there is no such township"}}})
			}
		}
		return e.report(all)
	})
}

func holds(all []store.Verified, township string) bool {
	for _, v := range all {
		if v.Township == township {
			return true
		}
	}
	return false
}

// report prints findings, counts and heads.
func (e *env) report(all []store.Verified) error {
	found := 0
	for _, v := range all {
		found += len(v.Findings)
		for i, f := range v.Findings {
			if i == shownFindings {
				fmt.Fprintf(e.out, "FOUND  %s: and %d more\n", chainName(v.Township), len(v.Findings)-i)
				break
			}
			fmt.Fprintln(e.out, "FOUND ", f)
		}
		if v.Lines > 0 || len(v.Findings) == 0 {
			fmt.Fprintf(e.out, "%s: %d lines, %d rows, %d assignments checked, %d findings\n", chainName(v.Township), v.Lines, v.Rows, v.Grants, len(v.Findings))
			printHead(e, v.Head)
		}
	}
	if found > 0 {
		return errTampered
	}
	fmt.Fprintln(e.out, "nothing was changed, removed, added or moved.")
	return nil
}

func chainName(township string) string {
	if township == store.AccountsChain {
		return township
	}
	return "township " + township
}

func printHead(e *env, h store.Head) {
	hash, at := h.Hash, "-"
	if hash == "" {
		hash = "-"
	} else {
		at = time.UnixMilli(h.At).In(app.Shanghai()).Format(time.RFC3339)
	}
	fmt.Fprintf(e.out, "head\t%s\t%d\t%s\t%s\n", h.Township, h.Seq, hash, at)
}

type auditAccounts struct {
	After int64 `help:"Number of the line after which to begin."`
}

func (c auditAccounts) Run(e *env) error {
	return e.with(func(a *app.App) error {
		for after := c.After; ; {
			list, err := a.DB.AccountLines(e.ctx, after)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, l := range list {
				fmt.Fprintf(e.out, "%d\t%s\t%s\t%s\t%s\n", l.Seq, time.UnixMilli(l.At).In(app.Shanghai()).Format(time.RFC3339), cmp.Or(l.Actor, "-"), l.Action, l.Rows)
				after = l.Seq
			}
		}
	})
}

type auditHead struct{}

func (auditHead) Run(e *env) error {
	return e.with(func(a *app.App) error {
		all, err := a.DB.Heads(e.ctx)
		for _, h := range all {
			printHead(e, h)
		}
		return err
	})
}

// readHeads reads the lines of `audit head`; others are skipped, so that the
// whole output of `audit verify` may be kept as well. "" = none.
func readHeads(file string) ([]store.Head, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []store.Head
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		p := strings.Fields(lines.Text())
		if len(p) < 4 || p[0] != "head" || p[3] == "-" {
			continue
		}
		seq, err := strconv.ParseInt(p[2], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %q is no line of `daohu audit head`", file, lines.Text())
		}
		out = append(out, store.Head{Township: p[1], Seq: seq, Hash: p[3]})
	}
	if len(out) == 0 && lines.Err() == nil {
		return nil, fmt.Errorf("%s: no line of `daohu audit head` in it", file)
	}
	return out, lines.Err()
}

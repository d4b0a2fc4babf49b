package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"daohu/server/app"
	"daohu/server/config"
	"daohu/server/quality"
)

// look opens the database for a command that only reads it.
func (e *env) look(demo bool) (*app.App, error) {
	a, err := e.lookAt(demo)
	if err != nil {
		return nil, err
	}
	if err := a.DB.CheckSchema(e.ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// each looks at the township given, or at every one.
func (e *env) each(demo bool, only string, f func(a *app.App, township string) error) error {
	a, err := e.look(demo)
	if err != nil {
		return err
	}
	defer a.Close()
	codes, err := a.Townships(e.ctx, only)
	if err != nil {
		return err
	}
	for _, township := range codes {
		if err := f(a, township); err != nil {
			return err
		}
	}
	return nil
}

func (e *env) lookAt(demo bool) (*app.App, error) {
	if demo {
		dir, err := demoDir(e)
		if err != nil {
			return nil, err
		}
		a, _, err := e.openDemo(dir, "", false)
		return a, err
	}
	a, _, err := e.open(e.ctx)
	return a, err
}

// demoDir is where the demo lies; it must have been built.
func demoDir(e *env) (string, error) {
	base, err := config.Load(func(name string) string {
		if name == "DAOHU_DATA" {
			return e.getenv(name)
		}
		return ""
	})
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base.Data, "demo")
	if _, err := app.ReadDemo(dir); err != nil {
		return "", fmt.Errorf("there is no demo yet, run `daohu demo` first: %w", err)
	}
	return dir, nil
}

type qualityCmd struct {
	Township string `placeholder:"CODE" help:"Only this township."`
	Village  string `placeholder:"CODE" help:"Only this village."`
	Demo     bool   `help:"Look at the demo's database."`
}

// errFaulty says that the report, printed already, has errors.
var errFaulty = errors.New("the registry has errors: they block approval until they are corrected")

// Run prints every finding and the counts by village. It changes nothing and
// prints no personal data but 户编号.
func (c qualityCmd) Run(e *env) error {
	a, err := e.look(c.Demo)
	if err != nil {
		return err
	}
	defer a.Close()
	reports, err := a.Quality(e.ctx, c.Township, c.Village)
	if err != nil {
		return err
	}
	codes, err := a.HouseholdCodes(e.ctx, c.Township)
	if err != nil {
		return err
	}
	blocked := false
	for _, r := range reports {
		printReport(e.out, r, codes)
		if err := printSources(e, a, r); err != nil {
			return err
		}
		blocked = blocked || r.Blocked
	}
	if blocked {
		return errFaulty
	}
	return nil
}

// printSources puts what other sources say of the township behind its report.
func printSources(e *env, a *app.App, r *quality.Report) error {
	f, err := a.Figures(e.ctx, r.Township, 0)
	if err != nil {
		return err
	}
	for _, s := range f.Sources {
		fmt.Fprintln(e.out, s.Line(f.All.Figures))
	}
	return nil
}

func printReport(w io.Writer, r *quality.Report, codes map[string]string) {
	for _, f := range r.Results {
		fmt.Fprintf(w, "%s\t%s\t户 %s\t%s\t%s\t%s\t%s\n", f.Severity, f.Rule, codes[f.Household], f.Household, f.Member, f.Field, f.Sentence)
	}
	fmt.Fprintf(w, "规则 %s 版\n村\t户\t有错误的户\t错误\t提醒\t待问\n", r.Edition)
	for _, v := range r.Villages() {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\n", v.Village, v.Households, v.Faulty, v.BySeverity[quality.Error], v.BySeverity[quality.Warning], v.BySeverity[quality.Question])
		for _, rule := range r.Rules() {
			if n := v.ByRule[rule.Code]; n > 0 {
				fmt.Fprintf(w, "\t%s\t%d\t%s\n", rule.Code, n, rule.Sentence)
			}
		}
	}
	if len(r.Results) == 0 {
		fmt.Fprintln(w, "没有发现问题。")
	}
}

// Command daohu is the whole server: `daohu demo` shows it, `daohu serve` runs
// it, the other commands look after its data.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // Asia/Shanghai on machines without a zone database

	"github.com/alecthomas/kong"

	"daohu/server/config"
	"daohu/server/fault"
)

// cli is every command; kong reads it.
type cli struct {
	Demo      demoCmd      `cmd:"" help:"Run the demo township on this machine: embedded database, fake WeChat, loopback only."`
	Serve     serveCmd     `cmd:"" help:"Serve for real. Needs DAOHU_KEY."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database schema up to this program."`
	Import    importCmd    `cmd:"" help:"Import a township workbook (xlsx) or its sheets (csv), whole or not at all."`
	Export    exportCmd    `cmd:"" help:"Write a township as a workbook, masked by role; every export is logged."`
	Quality   qualityCmd   `cmd:"" help:"Check the registry by the data-quality rules, village by village."`
	Figures   figuresCmd   `cmd:"" help:"Print the townships' figures, counted in the database."`
	Funds     fundsCmd     `cmd:"" help:"Print the funds with their balances and add every entry up anew; exit 1 when the sums differ."`
	Setting   settingCmd   `cmd:"" help:"Look at and change the rules a township goes by."`
	Cases     casesCmd     `cmd:"" help:"Print the needs and problems that wait, township by township, and what is overdue."`
	Pair      pairCmd      `cmd:"" help:"Look at pairings, and hand households over."`
	Form      formCmd      `cmd:"" help:"Make drafts of papers from workbooks."`
	Rates     ratesCmd     `cmd:"" help:"Print the awareness rate by village and topic; small cells are hidden."`
	User      userCmd      `cmd:"" help:"Make and look after accounts."`
	Doctor    doctorCmd    `cmd:"" help:"Check configuration, database, Redis, files."`
	Audit     auditCmd     `cmd:"" help:"Check the audit log, or print its end."`
	Retention retentionCmd `cmd:"" help:"Show what is due to be deleted or erased by the rules; --apply does it."`
	Backup    backupCmd    `cmd:"" help:"Copy database and photos into a folder while the server runs."`
	Restore   restoreCmd   `cmd:"" help:"Fill an empty database and the photos from a backup."`
	Rekey     rekeyCmd     `cmd:"" help:"Seal everything anew with the first key of DAOHU_KEY, while the server runs."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

// env is what commands work with.
type env struct {
	ctx    context.Context
	out    io.Writer // results
	err    io.Writer // progress and messages
	getenv func(string) string
	log    *slog.Logger
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	e := &env{ctx: ctx, out: os.Stdout, err: os.Stderr, getenv: os.Getenv, log: slog.New(slog.NewJSONHandler(os.Stderr, nil))}
	os.Exit(e.run(os.Args[1:]))
}

// run parses and runs one command and returns the exit code: 0 done, 1 failed,
// 2 called wrongly.
func (e *env) run(args []string) int {
	exit := -1
	parser, err := kong.New(&cli{}, kong.Name("daohu"), kong.Description("Daohu 到户: the record-keeping system of a pairing-assistance programme.\n\n"+config.Help()),
		kong.Writers(e.out, e.err), kong.Bind(e), kong.UsageOnError(), kong.Exit(func(code int) { exit = code }))
	if err != nil {
		fmt.Fprintln(e.err, "daohu:", err)
		return 2
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	c, err := parser.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		fmt.Fprintln(e.err, "daohu:", err)
		fmt.Fprintln(e.err, "Run `daohu --help` for the commands.")
		return 2
	}
	if err := c.Run(e); err != nil {
		e.explain(err)
		return 1
	}
	return 0
}

// explain prints an error for the person at the terminal: the sentence and the
// fields of our own errors, the text of others.
func (e *env) explain(err error) {
	f, ours := errors.AsType[*fault.Error](err)
	if !ours {
		fmt.Fprintln(e.err, "daohu:", err)
		return
	}
	fmt.Fprintf(e.err, "daohu: %s (%s)\n", f.Sentence(), f.Code)
	for _, field := range f.Fields {
		fmt.Fprintf(e.err, "  %s: %s\n", field.Name, field.Detail)
	}
	if f.Err != nil {
		fmt.Fprintln(e.err, "  cause:", f.Err)
	}
}

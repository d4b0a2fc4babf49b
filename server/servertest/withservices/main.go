// Command withservices starts one MariaDB for each isolation setting and one
// Redis in temp folders on free ports, runs a command with their addresses in
// the environment, stops them and exits as the command did. Tests are run
// through it by deploy/test/with-services.sh, so that all packages of one run
// share two MariaDB servers.
//
// What the environment already names is used and not started again.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"daohu/server/servertest"
)

// grace is how long the command may take to end after a signal was passed on.
const grace = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code, err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "with-services:", err)
	}
	os.Exit(code)
}

// wanted is one service and the variable that tells tests about it.
type wanted struct {
	env   string
	note  string
	start func(context.Context) (*servertest.Service, error)
}

func all() []wanted {
	return []wanted{
		{servertest.EnvMariaDB, "snapshot isolation OFF", func(ctx context.Context) (*servertest.Service, error) {
			return servertest.StartMariaDB(ctx, servertest.MariaDBOptions{})
		}},
		{servertest.EnvSnapshot, "snapshot isolation ON", func(ctx context.Context) (*servertest.Service, error) {
			return servertest.StartMariaDB(ctx, servertest.MariaDBOptions{Snapshot: true})
		}},
		{servertest.EnvRedis, "", servertest.StartRedis},
	}
}

// run starts what is wanted, runs argv and returns its exit code; 125 when it
// did not come to that.
func run(ctx context.Context, argv []string) (int, error) {
	if len(argv) == 0 {
		return 2, errors.New("usage: with-services.sh command [argument...]")
	}
	from := time.Now()
	var todo []wanted
	for _, w := range all() {
		if os.Getenv(w.env) == "" {
			todo = append(todo, w)
		}
	}
	env, stop, err := start(ctx, todo)
	defer stop()
	if err != nil {
		return 125, err
	}
	if len(todo) > 0 {
		fmt.Fprintf(os.Stderr, "figure: services ready in %.2f s\n", time.Since(from).Seconds())
	}
	return command(ctx, argv, append(os.Environ(), env...))
}

// start brings the services up side by side. stop is never nil and ends those
// that did start, also after an error.
func start(ctx context.Context, todo []wanted) (env []string, stop func(), err error) {
	up := make([]*servertest.Service, len(todo))
	errs := make([]error, len(todo))
	var wg sync.WaitGroup
	for i, w := range todo {
		wg.Go(func() { up[i], errs[i] = w.start(ctx) })
	}
	wg.Wait()
	for i, s := range up {
		if s == nil {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s %s %s on %s, started in %.2f s\n", s.Name, s.Version, todo[i].note, s.Addr, s.Took.Seconds())
		where := s.Addr
		if dsn := s.DSN(); dsn != "" {
			where = dsn
		}
		env = append(env, todo[i].env+"="+where)
	}
	return env, func() {
		for _, s := range up {
			s.Stop()
		}
	}, errors.Join(errs...)
}

// command runs argv in a process group of its own. When ctx ends, the whole
// group is told to end, and killed after the grace.
func command(ctx context.Context, argv, env []string) (int, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = grace
	err := cmd.Run()
	if cmd.Process != nil && ctx.Err() != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 130, ctx.Err()
	case errors.As(err, &exit):
		return exit.ExitCode(), nil
	case err != nil:
		return 125, err
	}
	return 0, nil
}

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daohu/server/servertest"
)

// given names services that are never contacted, so that run starts none.
func given(t *testing.T) {
	for _, w := range all() {
		t.Setenv(w.env, "given-"+w.env)
	}
}

func TestRunPassesOnTheExitCodeAndTheGivenServices(t *testing.T) {
	given(t)
	out := filepath.Join(t.TempDir(), "out")
	code, err := run(t.Context(), []string{"sh", "-c", "echo $" + servertest.EnvRedis + " >" + out + "; exit 7"})
	if code != 7 || err != nil {
		t.Errorf("%d %v", code, err)
	}
	if b, _ := os.ReadFile(out); string(b) != "given-"+servertest.EnvRedis+"\n" {
		t.Errorf("the command saw %q", b)
	}
	if code, err := run(t.Context(), []string{"true"}); code != 0 || err != nil {
		t.Errorf("%d %v", code, err)
	}
	if code, err := run(t.Context(), []string{"no-such-program-here"}); code != 125 || err == nil {
		t.Errorf("%d %v", code, err)
	}
	if code, err := run(t.Context(), nil); code != 2 || err == nil {
		t.Errorf("%d %v", code, err)
	}
}

func TestRunEndsTheCommandsChildrenToo(t *testing.T) {
	given(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	from := time.Now()
	code, err := run(ctx, []string{"sh", "-c", "sh -c 'sleep 60'; true"})
	if code != 130 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%d %v", code, err)
	}
	if took := time.Since(from); took > grace {
		t.Errorf("took %v", took)
	}
}

func TestStartStopsWhatCameUpWhenAnotherFails(t *testing.T) {
	_, stop, err := start(t.Context(), []wanted{
		{"X", "", func(context.Context) (*servertest.Service, error) { return nil, errors.New("no room") }},
		{"Y", "", func(context.Context) (*servertest.Service, error) { return &servertest.Service{Name: "y"}, nil }},
	})
	stop()
	if err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("got %v", err)
	}
}

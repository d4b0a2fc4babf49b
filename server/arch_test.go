package main_test

import (
	"os"
	"testing"

	"daohu/server/servertest/arch"
)

// TestArchitecture holds the whole repository to the rules of
// server/servertest/arch, whose own tests show that each of them can fail.
func TestArchitecture(t *testing.T) {
	broken, err := arch.Check(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range broken {
		t.Error(v)
	}
}

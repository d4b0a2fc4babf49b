// Command pagelist prints the pages of the console as JSON, for the tests that
// walk them in a browser.
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"daohu/server/console"
)

func main() {
	type page struct {
		Path   string `json:"path"`
		Title  string `json:"title"`
		Roles  string `json:"roles"`
		Sample string `json:"sample"`

		Acts []string `json:"acts"` // what its forms do
	}
	var all []page
	for _, p := range console.Pages() {
		all = append(all, page{p.Path, p.Title, p.Roles, p.Sample, slices.Sorted(maps.Keys(p.Acts))})
	}
	if err := json.NewEncoder(os.Stdout).Encode(all); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

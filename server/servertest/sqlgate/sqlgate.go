// Package sqlgate tells whether SQL stays inside what MySQL 8 and TiDB
// understand, without running either. MariaDB, on which the tests run, accepts
// more than they do and a little less.
package sqlgate

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pingcap/tidb/pkg/parser"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver" // literals for a parser without TiDB's own types
)

// Parse reports the first thing in sql that TiDB's grammar, which follows that
// of MySQL 8, does not accept. Several statements may stand in one text; none
// at all is an error too.
func Parse(sql string) error {
	nodes, _, err := parser.New().Parse(sql, "", "")
	if err != nil {
		return fmt.Errorf("not MySQL 8 / TiDB grammar: %w\n%s", err, strings.TrimSpace(sql))
	}
	if len(nodes) == 0 {
		return fmt.Errorf("no statement in %q", sql)
	}
	return nil
}

// rules are constructs one of MySQL 8, TiDB and MariaDB lacks although the
// parser lets them pass. They are matched in text whose strings, quoted names
// and comments are blanked out.
var rules = []struct {
	pattern *regexp.Regexp
	why     string
}{
	{regexp.MustCompile(`(?i)\bRETURNING\b`), "RETURNING: neither MySQL 8 nor TiDB has it"},
	{regexp.MustCompile(`->`), "-> and ->>: MariaDB has neither; use JSON_EXTRACT and JSON_UNQUOTE"},
	{regexp.MustCompile(`(?i)\)\s*AS\s+new\b`), "row alias AS new: MariaDB lacks it; use VALUES(column)"},
	{regexp.MustCompile(`(?is)\bVALUES\b.*\)\s*AS\s+\w+\s*(\([^()]*\)\s*)?ON\s+DUPLICATE\b`), "row alias before ON DUPLICATE KEY: MariaDB lacks it; use VALUES(column)"},
	{regexp.MustCompile(`(?i)\bNEXT\s+VALUE\s+FOR\b|\b(CREATE|ALTER|DROP)\s+SEQUENCE\b`), "sequences: MySQL 8 lacks them"},
	{regexp.MustCompile(`(?i)\bAUTO_RANDOM\b|\bSHARD_ROW_ID_BITS\b`), "TiDB only"},
}

// Forbidden reports a construct that some of the databases lacks.
func Forbidden(sql string) error {
	plain := blank(sql)
	for _, r := range rules {
		if r.pattern.MatchString(plain) {
			return fmt.Errorf("%s\n%s", r.why, strings.TrimSpace(sql))
		}
	}
	return nil
}

// Check is Parse and Forbidden in one.
func Check(sql string) error {
	if err := Forbidden(sql); err != nil {
		return err
	}
	return Parse(sql)
}

// quoted matches what is not code: strings, quoted names and comments. A quote
// is doubled or, in strings, escaped by a backslash.
var quoted = regexp.MustCompile("(?s)'(?:[^'\\\\]|\\\\.|'')*'|\"(?:[^\"\\\\]|\\\\.|\"\")*\"|`(?:[^`]|``)*`|/\\*.*?\\*/|--[ \\t][^\\n]*|--\\n|#[^\\n]*")

// blank replaces strings and quoted names with the letter q and comments with
// nothing, keeping the words around them apart.
func blank(sql string) string {
	return quoted.ReplaceAllStringFunc(sql, func(s string) string {
		if strings.ContainsRune("'\"`", rune(s[0])) {
			return " q "
		}
		return " "
	})
}

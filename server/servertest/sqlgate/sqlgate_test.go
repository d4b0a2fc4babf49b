package sqlgate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daohu/migrations"
)

func TestGoodStatements(t *testing.T) {
	for _, sql := range []string{
		"SELECT `a`, COUNT(*) FROM `visit` WHERE `township` = ? AND `seq` > ? GROUP BY `a` ORDER BY `seq` LIMIT 5 FOR UPDATE",
		"SELECT a FROM x WHERE id IN (?, ?, ?) AND (note = 'RETURNING' OR note = 'it''s ->> AS new')",
		"SELECT `returning` FROM x -- RETURNING what is asked\nWHERE a = 1",
		"INSERT INTO x (a, b) VALUES (?, ?), (?, ?) ON DUPLICATE KEY UPDATE b = VALUES(b)",
		"INSERT IGNORE INTO x (a) SELECT b FROM y AS z WHERE z.c = 1",
		"SELECT n FROM (SELECT 1 AS n) AS newest",
		"UPDATE space SET seq = seq + 1 WHERE township = 'a' AND seq = 7",
		"DELETE FROM x WHERE a = 1 ORDER BY b LIMIT 100",
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
		"CREATE TABLE x (id VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, PRIMARY KEY (id)) DEFAULT CHARSET=utf8mb4",
		"SELECT JSON_UNQUOTE(JSON_EXTRACT(doc, '$.a')) FROM x",
		"WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3) SELECT n FROM c",
		"SELECT 1; SELECT 2",
	} {
		if err := Check(sql); err != nil {
			t.Error(err)
		}
	}
}

func TestStatementsOutsideTheGrammar(t *testing.T) {
	for _, sql := range []string{
		"",
		"-- nothing",
		"SELEC 1",
		"INSERT INTO x (a) VALUES (1) ON CONFLICT (a) DO NOTHING",
		"INSERT INTO x (a) VALUES (1) RETURNING a",
		"CREATE TABLE x (id INTEGER PRIMARY KEY AUTOINCREMENT)",
		"PRAGMA journal_mode = WAL",
		"CREATE OR REPLACE TABLE x (a INT)",
		"CREATE TABLE x (a INT) WITH SYSTEM VERSIONING",
		"SELECT a::text FROM x",
		"SELECT 'open",
	} {
		if err := Parse(sql); err == nil {
			t.Errorf("parsed: %q", sql)
		}
	}
}

func TestForbidden(t *testing.T) {
	for sql, word := range map[string]string{
		"DELETE FROM x WHERE a = 1 returning a": "RETURNING",
		"SELECT doc->>'$.a' FROM x":             "JSON_EXTRACT",
		"SELECT doc -> '$.a' FROM x":            "JSON_EXTRACT",
		"INSERT INTO x (a) VALUES ('-- it''s') AS new ON DUPLICATE KEY UPDATE a = new.a": "AS new",
		"INSERT INTO x (a) VALUES (1)\nAS n(b)\nON DUPLICATE KEY UPDATE a = n.b":         "row alias",
		"INSERT INTO x (a) VALUES (\"\\\"\") AS `n` ON DUPLICATE KEY UPDATE a = n.a":     "row alias",
		"SELECT NEXT VALUE FOR s":                                                         "sequences",
		"CREATE SEQUENCE s":                                                               "sequences",
		"CREATE TABLE x (id BIGINT AUTO_RANDOM PRIMARY KEY)":                              "TiDB",
		"SELECT '/*' FROM x WHERE b = doc->'$.a' AND c = '*/'":                            "JSON_EXTRACT",
		"INSERT INTO x (a) VALUES (1) /* why */ AS n ON DUPLICATE KEY UPDATE a = n.a;":    "row alias",
		"INSERT INTO x (a) VALUES (1), (2) as NEW on duplicate key update a = new.a":      "AS new",
		"SELECT a FROM x WHERE b = 'back\\'slash' AND c IN (SELECT 1) # no\n RETURNING a": "RETURNING",
		"SELECT a FROM x WHERE b = 5--1 AND doc->'$.a' = 1":                               "JSON_EXTRACT",
	} {
		if err := Forbidden(sql); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v", sql, err)
		}
		if Check(sql) == nil {
			t.Errorf("Check let %q pass", sql)
		}
	}
}

// TestMigrations holds every MySQL migration to the grammar.
func TestMigrations(t *testing.T) {
	files, err := filepath.Glob("../../../migrations/mysql/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations found: %v", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		statements := migrations.Statements(string(text))
		if len(statements) == 0 {
			t.Errorf("%s: no statements", f)
		}
		for _, s := range statements {
			if err := Check(s); err != nil {
				t.Errorf("%s: %v", filepath.Base(f), err)
			}
		}
	}
}

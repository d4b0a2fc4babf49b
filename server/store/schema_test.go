package store_test

import (
	"database/sql"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm/schema"

	"daohu/server/account"
	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/outbox"
	"daohu/server/photo"
	"daohu/server/quality"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/roster"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/types"
	"daohu/server/write"
)

// models are the tables written by hand and the structs they are read into;
// extra are columns that only the database knows.
var models = []struct {
	model any
	extra []string
}{
	{write.Client{}, nil}, {write.Grant{}, nil}, {write.History{}, []string{"no"}}, {write.Result{}, nil},
	{write.Receipt{}, nil}, {write.Quarantine{}, nil}, {write.Step{}, []string{"no"}}, {write.Blob{}, nil},
	{account.User{}, nil}, {account.Session{}, nil}, {account.Code{}, nil}, {account.Attempt{}, nil}, {account.Factor{}, nil},
	{photo.Body{}, nil}, {area.Area{}, nil}, {roster.Release{}, nil}, {roster.Run{}, nil}, {registry.Access{}, nil}, {store.Kept{}, nil}, {quality.Source{}, nil},
	{write.Outbox{}, nil}, {outbox.Grant{}, nil},
}

// plain are the tables that no struct mirrors.
var plain = map[string][]string{
	"burden":        {"township", "month", "what", "value", "n"},
	"space":         {"no", "township", "county", "common", "seq", "epoch", "min_cursor", "audit_head"},
	"account_chain": {"no", "seq", "audit_head"},
	"audit":         {"space", "seq", "at", "actor", "action", "rows", "hash"},
}

type column struct {
	name, kind, collation string
	length                int64 // characters, 0 = not a text
	nullable              bool
}

// tables lists ours, without the migrator's own.
func tables(t *testing.T, p *place) []string {
	t.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
	if p.mysql {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name"
	}
	rows, err := p.raw.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, "goose") {
			out = append(out, name)
		}
	}
	return out
}

func columns(t *testing.T, p *place, table string) []column {
	t.Helper()
	query := "SELECT name, lower(type), '', 0, 1 - \"notnull\" FROM pragma_table_info(?) ORDER BY cid"
	if p.mysql {
		query = "SELECT column_name, data_type, COALESCE(collation_name, ''), COALESCE(character_maximum_length, 0), is_nullable = 'YES' " +
			"FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position"
	}
	rows, err := p.raw.QueryContext(t.Context(), query, table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []column
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.kind, &c.collation, &c.length, &c.nullable); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func names(cs []column) []string {
	var out []string
	for _, c := range cs {
		out = append(out, c.name)
	}
	return out
}

// TestSchemaIsTheDeclarations: the tables of the synced types have exactly the
// declared columns, in the declared order, of kinds that hold every value the
// declaration allows.
func TestSchemaIsTheDeclarations(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		for _, typ := range types.All() {
			cs := columns(t, p, typ.Name)
			if got := names(cs); !slices.Equal(got, typ.Columns()) {
				t.Errorf("%s: table %v, declared %v", typ.Name, got, typ.Columns())
				continue
			}
			for i, c := range cs {
				f := record.Field{Kind: record.Int}
				if c.collation != "" || c.kind == "text" {
					f = record.Field{Kind: record.Text, Max: 12}
				}
				if i >= len(record.MetaColumns) {
					f = typ.Fields[i-len(record.MetaColumns)]
				}
				if why := unfit(p.mysql, c, f); why != "" {
					t.Errorf("%s.%s (%s, %d characters): %s", typ.Name, c.name, c.kind, c.length, why)
				}
			}
		}
	})
}

func unfit(mysql bool, c column, f record.Field) string {
	number := f.Kind == record.Int || f.Kind == record.Bool
	if c.nullable {
		return "may be NULL"
	}
	if !mysql {
		if want := map[bool]string{true: "integer", false: "text"}[number]; c.kind != want {
			return "want " + want
		}
		return ""
	}
	switch f.Kind {
	case record.Int:
		if c.kind != "bigint" {
			return "want bigint"
		}
	case record.Bool:
		if c.kind != "tinyint" {
			return "want tinyint"
		}
	case record.Array:
		if c.kind != "text" && c.kind != "mediumtext" { // record.Field.Decode takes 16 KB
			return "want text"
		}
	case record.Secret: // AES-GCM and base64 over at most 4 bytes a rune
		if c.collation != "ascii_bin" || c.length < (f.Max*4+28)*4/3+8 {
			return "ciphertext does not fit"
		}
	case record.Text:
		need := f.Max
		if f.Enum != nil {
			need = 0
			for _, e := range f.Enum {
				need = max(need, int64(len([]rune(e))))
			}
		}
		if w, ok := map[string]int64{"day": 10, "month": 7, "sha256": 64, "area": 16, "id": 12}[f.Format]; ok {
			need = w
		}
		if f.Name == "" && f.GoName != "" { // the one hidden text is a blind index
			need = 32
		}
		if c.kind == "text" {
			need *= 4 // a TEXT is measured in bytes
		}
		if c.length < need {
			return "shorter than declared"
		}
	}
	return ""
}

// TestModelsAreTheTables: structs of hand-written tables have exactly the
// table's columns, their primary keys agree, and no table is left over.
func TestModelsAreTheTables(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		known := maps.Clone(plain)
		for _, m := range models {
			s, err := schema.Parse(m.model, &sync.Map{}, schema.NamingStrategy{IdentifierMaxLength: 64})
			if err != nil {
				t.Fatal(err)
			}
			known[s.Table] = slices.Concat(s.DBNames, m.extra)
			for _, f := range s.Fields {
				if f.DBName != "" && !slices.Contains([]schema.DataType{schema.String, schema.Int, schema.Bool, schema.Bytes}, f.GORMDataType) {
					t.Errorf("%s.%s is a %s", s.Table, f.Name, f.GORMDataType)
				}
			}
			if len(s.PrimaryFields) > 0 {
				var want []string
				for _, f := range s.PrimaryFields {
					want = append(want, f.DBName)
				}
				if got := primaryKey(t, p, s.Table); !slices.Equal(got, want) {
					t.Errorf("%s: primary key %v, struct %v", s.Table, got, want)
				}
			}
		}
		for _, typ := range types.All() {
			known[typ.Name] = typ.Columns()
			if got := primaryKey(t, p, typ.Name); !slices.Equal(got, []string{"township", "household", "id"}) {
				t.Errorf("%s: primary key %v", typ.Name, got)
			}
		}
		all := tables(t, p)
		if got := slices.Sorted(maps.Keys(known)); !slices.Equal(all, got) {
			t.Errorf("tables %v, known %v", all, got)
		}
		for table, want := range known {
			got := names(columns(t, p, table))
			slices.Sort(got)
			if want := slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
				t.Errorf("%s: table %v, struct %v", table, got, want)
			}
		}
	})
}

func primaryKey(t *testing.T, p *place, table string) []string {
	t.Helper()
	query := "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk"
	if p.mysql {
		query = "SELECT column_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? AND index_name = 'PRIMARY' ORDER BY seq_in_index"
	}
	return texts(t, p.raw, query, table)
}

func texts(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// TestNamesFit: names that are stored as values fit their columns.
func TestNamesFit(t *testing.T) {
	p := newPlace(t, "mariadb")
	width := func(table, name string) int64 {
		return p.number(t, "SELECT character_maximum_length FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?", table, name)
	}
	for _, typ := range types.All() {
		for _, w := range []int64{width("history", "type"), width("step", "type"), width("proposal", "target")} {
			if int64(len(typ.Name)) > w {
				t.Errorf("type %s does not fit %d", typ.Name, w)
			}
		}
		for _, f := range typ.Fields {
			if w := min(width("history", "field"), width("proposal", "field")); int64(len(f.Name)) > w {
				t.Errorf("field %s does not fit %d", f.Name, w)
			}
		}
	}
	for _, c := range fault.Codes {
		if w := width("result", "code"); int64(len(c.Code)) > w {
			t.Errorf("code %s does not fit %d", c.Code, w)
		}
		if w := width("result", "reason"); int64(len([]rune(c.Detail))) > w {
			t.Errorf("sentence of %s does not fit %d", c.Code, w)
		}
	}
}

// bytewise are the hand-written columns that name something; beside them
// every column of a key, and of a synced type every id, hash, code and secret.
var bytewise = strings.Fields("id household township county common area user client actor author principal row ref by settled_by made_by " +
	"hash sha256 upload audit_head openid card_hash password_hash pin_hash subject body_key thumb_key photo parent login")

func TestCollation(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		if !p.mysql {
			return // SQLite compares bytes unless told otherwise; TestIDsKeepTheirCase shows it
		}
		must := map[string]bool{}
		for _, table := range tables(t, p) {
			for _, c := range slices.Concat(bytewise, texts(t, p.raw, "SELECT column_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? AND index_name IN (SELECT constraint_name FROM information_schema.table_constraints WHERE table_schema = DATABASE() AND constraint_type IN ('PRIMARY KEY', 'UNIQUE'))", table)) {
				must[table+"."+c] = true
			}
		}
		for _, typ := range types.All() {
			for _, f := range typ.Fields {
				if f.Kind == record.Secret || slices.Contains([]string{"id", "sha256", "area", "day", "month"}, f.Format) || strings.Contains(f.Column, "index") {
					must[typ.Name+"."+f.Column] = true
				}
			}
		}
		seen := 0
		for _, table := range tables(t, p) {
			for _, c := range columns(t, p, table) {
				name := table + "." + c.name
				switch {
				case c.collation == "":
				case must[name] && c.collation != "ascii_bin":
					t.Errorf("%s is %s, want ascii_bin", name, c.collation)
				case must[name]:
					seen++
				case !strings.HasSuffix(c.collation, "_bin"):
					t.Errorf("%s is %s, which may take two texts for one", name, c.collation)
				case c.collation != "ascii_bin" && !strings.HasPrefix(c.collation, "utf8mb4"):
					t.Errorf("%s is %s, want utf8mb4", name, c.collation)
				}
			}
		}
		if seen < 100 {
			t.Errorf("only %d columns looked at", seen)
		}
	})
}

// TestIDsKeepTheirCase writes two of everything under ids that differ in case
// only. Under utf8mb4_general_ci the second of each would be a duplicate.
func TestIDsKeepTheirCase(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := p.town(t, town.Size{Houses: 1})
		ids := []string{"abcDEFabcDEF", "ABCdefABCdef"}
		for i, id := range ids {
			if _, err := p.DB.Client(t.Context(), id, "user00000001"); err != nil {
				t.Fatal(err)
			}
			put(t, p.DB, write.Intent{Township: tw.Township, Client: id, Households: []string{id}}, func(tx write.Tx) error {
				tx.Put(household.HouseholdType, &household.Household{Meta: record.Meta{ID: id, Household: id}, People: int64(i)})
				tx.Put(household.MemberType, &household.Member{Meta: record.Meta{ID: id, Household: id}, Name: "甲", IDIndex: id})
				tx.Add([]*write.Result{{Client: id, Mid: 1, Hash: strings.Repeat("a", 16)}})
				tx.Add([]*write.Receipt{{Row: id, Hash: "aBcdefabcdefabcd"}, {Row: id, Hash: "Abcdefabcdefabcd"}})
				tx.Add(&write.Quarantine{ID: id, Household: id, State: "open"})
				tx.Grant(write.Grant{Principal: id, Household: id, Role: "C", Source: "pairing"})
				return nil
			})
		}
		for i, id := range ids {
			h, err := findHouse(t.Context(), tw, id)
			if err != nil || h.People != int64(i) {
				t.Errorf("household %s: %v %v", id, h, err)
			}
			if held, err := p.DB.Held(t.Context(), id, ids[1-i]); err != nil || held != "" {
				t.Errorf("%s holds the household of the other: %q %v", id, held, err)
			}
			if known, err := p.DB.LivingNumbers(t.Context(), tw.Township, []string{id}); err != nil || !known[id] || len(known) != 1 {
				t.Errorf("numbers %v %v", known, err)
			}
		}
		for table, want := range map[string]int64{"client": 2, "result": 2, "receipt": 4, "quarantine": 2, "assignment": 2} {
			if got := p.number(t, "SELECT COUNT(*) FROM `"+table+"`"); got != want {
				t.Errorf("%s: %d rows, want %d", table, got, want)
			}
		}
	})
}

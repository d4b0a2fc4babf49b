package main

import (
	"bytes"
	"fmt"
	"strings"

	"daohu/server/record"
)

const synced = "HCV" // roles whose phones sync

// records is miniprogram/src/data/records.ts: one interface per record type.
func records(types []*record.Type) []byte {
	var b bytes.Buffer
	b.WriteString(`// Written by "make gen" from the declarations in server/. DO NOT EDIT.

import { List } from '../sync/types';
import { Word } from './lists';

// Zero values are left out of a row: a missing text is '', a number 0, a list [].
`)
	for _, t := range types {
		if onPhone(t) {
			row(&b, t)
		}
	}
	return b.Bytes()
}

// tables is miniprogram/src/data/tables.ts: what the sync core and forms work by.
func tables(types []*record.Type, schema int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `// Written by "make gen" from the declarations in server/. Do not edit.

import { FieldDef, TypeDef } from '../sync/types';
import { ListName } from './lists';

/** What a form needs to know of a field. */
export interface Field extends FieldDef {
  /** Longest text in characters, longest list in items, or largest number. */
  readonly max?: number;
  /** Smallest number. */
  readonly min?: number;
  /** The only values besides ''. */
  readonly enum?: readonly string[];
  /** The code list whose words are the only values besides ''. */
  readonly list?: ListName;
  /** The code list to choose from; other words are kept too. */
  readonly offer?: ListName;
  /** May not be empty when the row is made. */
  readonly required?: boolean;
  readonly format?: 'day' | 'month' | 'sha256' | 'area' | 'id';
}

export interface Type extends TypeDef {
  readonly fields: readonly Field[];
}

/** Every synced type, fields in declared order. */
export const TABLES: { readonly schema: number; readonly types: readonly Type[] } = {
  schema: %d,
  types: [
`, schema)
	for _, t := range types {
		if onPhone(t) {
			table(&b, t)
		}
	}
	b.WriteString("  ],\n};\n")
	return b.Bytes()
}

// codeLists is miniprogram/src/data/lists.ts: the code lists fields choose from.
func codeLists(lists []record.CodeList) []byte {
	var b bytes.Buffer
	b.WriteString(`// Written by "make gen" from the code lists in server/record/lists. Do not edit.

/** One word of a code list. */
export interface Code<W extends string = string> {
  /** What is stored and shown. */
  readonly word: W;
  /** Terminology profiles that offer it; absent = all. */
  readonly profiles?: readonly string[];
  /** The only sex a relation fits. */
  readonly sex?: string;
}

const list = <W extends string>(...items: readonly Code<W>[]): readonly Code<W>[] => items;

/** The code lists by name, words in their order. */
export const LISTS = {
`)
	for _, l := range lists {
		fmt.Fprintf(&b, "  /** %s, edition %d */\n  %s: list(\n", comment(l.Title), l.Edition, l.Name)
		for _, it := range l.Items {
			fmt.Fprintf(&b, "    { word: %s", quote(it.Word))
			if len(it.Profiles) > 0 {
				fmt.Fprintf(&b, ", profiles: [%s]", strings.Join(quoted(it.Profiles), ", "))
			}
			if it.Sex != "" {
				fmt.Fprintf(&b, ", sex: %s", quote(it.Sex))
			}
			b.WriteString(" },\n")
		}
		b.WriteString("  ),\n")
	}
	b.WriteString(`} as const;

export type ListName = keyof typeof LISTS;

/** A word of the list called N. */
export type Word<N extends ListName> = (typeof LISTS)[N][number]['word'];
`)
	return b.Bytes()
}

// onPhone reports whether any phone sees rows of t.
func onPhone(t *record.Type) bool { return strings.ContainsAny(t.Readers, synced) }

// phoneFields are the fields some syncing role reads or writes.
func phoneFields(t *record.Type) []record.Field {
	var out []record.Field
	for _, f := range t.Fields {
		writes := (f.Class == record.Author || f.Class == record.Merge || f.Class == record.Propose) && strings.ContainsAny(t.Readers+t.Creators, synced)
		if f.Name != "" && (writes || strings.ContainsAny(f.Read+f.Mask, synced)) {
			out = append(out, f)
		}
	}
	return out
}

var tsKinds = map[record.Kind]string{record.Text: "string", record.Secret: "string", record.Int: "number", record.Bool: "boolean", record.Array: "List"}

func row(b *bytes.Buffer, t *record.Type) {
	fmt.Fprintf(b, "\n/** %s */\nexport interface %s {\n  id: string;\n  /** User id of the author; not sent to households. */\n  by?: string;\n", comment(t.Doc), t.GoName())
	for _, f := range phoneFields(t) {
		kind := tsKinds[f.Kind]
		switch {
		case f.List != "" && f.Enum != nil:
			kind = "Word<" + quote(f.List) + ">"
		case len(f.Enum) > 0:
			kind = strings.Join(quoted(f.Enum), " | ")
		}
		if doc := describe(t, f); doc != "" {
			fmt.Fprintf(b, "  /** %s */\n", doc)
		}
		fmt.Fprintf(b, "  %s?: %s;\n", f.Name, kind)
	}
	b.WriteString("}\n")
}

// describe is the doc comment of a field: its phrase, and who sees it masked
// or not at all.
func describe(t *record.Type, f record.Field) string {
	parts := []string{}
	if f.Doc != "" {
		parts = append(parts, f.Doc)
	}
	if s := of(f.Read); s != "" && s != of(t.Readers) {
		parts = append(parts, "seen by "+s)
	}
	if s := of(f.Mask); s != "" {
		parts = append(parts, "masked for "+s)
	}
	if f.Write != "" {
		parts = append(parts, "written by "+f.Write)
	}
	switch f.Class {
	case record.Server:
		parts = append(parts, "set by the server")
	case record.Online:
		parts = append(parts, "changed online only")
	case record.Propose:
		parts = append(parts, "changed by proposal")
	}
	return comment(strings.Join(parts, "; "))
}

// of keeps the letters of the syncing roles.
func of(roles string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(roles, r) {
			return r
		}
		return -1
	}, synced)
}

func table(b *bytes.Buffer, t *record.Type) {
	fmt.Fprintf(b, "    {\n      name: %s,\n      common: %t,\n      fields: [\n", quote(t.Name), t.Common)
	for _, f := range phoneFields(t) {
		fmt.Fprintf(b, "        { name: %s, kind: %s, class: %s", quote(f.Name), quote(string(f.Kind)), quote(string(f.Class)))
		if f.Kind != record.Bool && f.Max < 1<<53-1 {
			fmt.Fprintf(b, ", max: %d", f.Max)
		}
		if f.Min != 0 {
			fmt.Fprintf(b, ", min: %d", f.Min)
		}
		switch {
		case f.Offer != nil:
			fmt.Fprintf(b, ", offer: %s", quote(f.List))
		case f.List != "":
			fmt.Fprintf(b, ", list: %s", quote(f.List))
		case len(f.Enum) > 0:
			fmt.Fprintf(b, ", enum: [%s]", strings.Join(quoted(f.Enum), ", "))
		}
		if f.Required {
			b.WriteString(", required: true")
		}
		if f.Format != "" {
			fmt.Fprintf(b, ", format: %s", quote(f.Format))
		}
		b.WriteString(" },\n")
	}
	b.WriteString("      ],\n    },\n")
}

func comment(s string) string { return strings.ReplaceAll(s, "*/", "* /") }

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(s) + "'"
}

func quoted(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, quote(s))
	}
	return out
}

package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"daohu/server/record"
	"daohu/server/registry"
)

// Document is /openapi.json without a server around it, for the generator.
func Document(types []*record.Type) ([]byte, error) {
	a := &API{deps: Deps{Types: types}, schemas: newRegistry()}
	a.routes = a.table()
	return a.openapi()
}

// openapi builds the OpenAPI 3.1 document from the table of routes and the
// declared record types, and gives each route the schema its body is checked by.
func (a *API) openapi() ([]byte, error) {
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{Title: "daohu", Version: "1",
			Description: "Every failure is application/problem+json; see docs/errors.md. Instants are Unix milliseconds, money is fen, text lengths are in characters.",
			License:     &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}},
		Components: &huma.Components{Schemas: a.schemas, SecuritySchemes: map[string]*huma.SecurityScheme{
			"bearer": {Type: "http", Scheme: "bearer"},
			"cookie": {Type: "apiKey", In: "cookie", Name: cookie},
		}},
	}
	for _, t := range a.deps.Types {
		if a.schemas.Map()[t.GoName()] != nil {
			return nil, fmt.Errorf("api: two schemas are called %s", t.GoName())
		}
		a.schemas.Map()[t.GoName()] = rowSchema(t)
	}
	a.schemas.Schema(reflect.TypeFor[Problem](), true, "")
	for i := range a.routes {
		r := &a.routes[i]
		if r.end.in != nil {
			r.end.schema = a.schemas.Schema(r.end.in, true, "")
		}
		doc.AddOperation(a.operation(r))
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("api: document: %w", err)
	}
	var buf bytes.Buffer
	if err := json.Indent(&buf, raw, "", " "); err != nil {
		return nil, fmt.Errorf("api: document: %w", err)
	}
	return append(buf.Bytes(), '\n'), nil
}

var ginParam = regexp.MustCompile(`:(\w+)`)

// operation describes one route.
func (a *API) operation(r *Route) *huma.Operation {
	op := &huma.Operation{
		Method: r.Method, Path: ginParam.ReplaceAllString(r.Path, "{$1}"), Summary: r.Doc,
		OperationID: operationID(r),
		Extensions:  map[string]any{"x-roles": r.Roles, "x-scope": string(r.Scope)},
		Responses:   map[string]*huma.Response{"default": {Description: "Failure", Content: media("application/problem+json", ref("Problem"))}},
	}
	if r.Roles != "" {
		op.Security = []map[string][]string{{"bearer": {}}, {"cookie": {}}}
	}
	for _, m := range ginParam.FindAllStringSubmatch(r.Path, -1) {
		op.Parameters = append(op.Parameters, &huma.Param{Name: m[1], In: "path", Required: true, Schema: &huma.Schema{Type: "string"}})
	}
	for _, q := range r.Query {
		s := &huma.Schema{Type: "string"}
		if q == "limit" || q == "schema" {
			s.Type = "integer"
		}
		op.Parameters = append(op.Parameters, &huma.Param{Name: q, In: "query", Schema: s})
	}
	body := r.end.schema
	if r.Type != nil && r.Method != http.MethodGet && body == nil { // a row of the type
		body = ref(r.Type.GoName())
	}
	if r.Type != nil && r.Method == http.MethodPatch {
		op.Parameters = append(op.Parameters, &huma.Param{Name: "If-Match", In: "header", Required: true,
			Description: "rev of the row that was seen, in quotes", Schema: &huma.Schema{Type: "string"}})
		if registry.Explained(r.Type) {
			op.Description = "The body may also say why, in reason: at most 200 characters, told in the history."
		}
	}
	if r.Path == "/api/v1/sync" && r.Method == http.MethodPost {
		body = &huma.Schema{Type: "object", Description: "docs/sync-protocol.md, Request"}
	}
	if body != nil {
		op.RequestBody = &huma.RequestBody{Required: true, Content: media("application/json", body)}
	}
	if r.Media != nil {
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
		for _, kind := range r.Media {
			op.RequestBody.Content[kind] = &huma.MediaType{}
		}
	}
	a.answers(op, r)
	return op
}

// answers describes what comes back when nothing fails.
func (a *API) answers(op *huma.Operation, r *Route) {
	ok := &huma.Response{Description: "Done"}
	switch r.end.out {
	case reflect.TypeFor[none]():
		op.Responses["204"] = &huma.Response{Description: "Done"}
		return
	case reflect.TypeFor[json.RawMessage]():
		s := &huma.Schema{Type: "object", Description: "the row as it is now"}
		if r.Type != nil {
			s = ref(r.Type.GoName())
		}
		ok.Content = media("application/json", s)
	case reflect.TypeFor[Page]():
		item := &huma.Schema{Type: "object"}
		if r.Type != nil {
			item = ref(r.Type.GoName())
		}
		ok.Content = media("application/json", &huma.Schema{Type: "object", Required: []string{"rows"}, Properties: map[string]*huma.Schema{
			"rows": {Type: "array", Items: item},
			"next": {Type: "string", Description: "give it as after for the next page; absent = last page"},
		}})
	case nil:
	default:
		ok.Content = media("application/json", a.schemas.Schema(r.end.out, true, ""))
	}
	op.Responses["200"] = ok
}

func ref(name string) *huma.Schema { return &huma.Schema{Ref: "#/components/schemas/" + name} }

func media(kind string, s *huma.Schema) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{kind: {Schema: s}}
}

// operationID is the method and the words of the path: get-records-visit-id.
func operationID(r *Route) string {
	words := strings.FieldsFunc(strings.TrimPrefix(r.Path, "/api/v1"), func(c rune) bool { return strings.ContainsRune("/:.", c) })
	return strings.ToLower(r.Method) + "-" + strings.Join(words, "-")
}

// rowSchema describes a row as any role may see it: who sees and who may
// change a field stands in x-read, x-mask and x-class.
func rowSchema(t *record.Type) *huma.Schema {
	s := &huma.Schema{Type: "object", Description: t.Doc + " Zero values are left out.", AdditionalProperties: false, Properties: map[string]*huma.Schema{
		"id":        {Type: "string", ReadOnly: true, Description: "12 characters"},
		"by":        {Type: "string", ReadOnly: true, Description: "user id of the author; not sent to households"},
		"household": {Type: "string", ReadOnly: true, Description: "the household it lies with; sent to T, K, A"},
		"rev":       {Type: "integer", Format: "int64", ReadOnly: true, Description: "revision; sent to T, K, A"},
	}}
	for _, f := range t.Fields {
		if f.Name != "" {
			s.Properties[f.Name] = fieldSchema(f)
		}
	}
	return s
}

var patterns = map[string]string{
	"month":  `^[0-9]{4}-[0-9]{2}$`,
	"sha256": `^[0-9a-f]{64}$`,
	"area":   `^[0-9]{6,16}$`,
	"id":     `^[A-Za-z0-9_-]{12}$`,
}

func fieldSchema(f record.Field) *huma.Schema {
	s := &huma.Schema{Description: f.Doc, ReadOnly: f.Class == record.Server,
		Extensions: map[string]any{"x-class": string(f.Class), "x-read": f.Read}}
	if f.Mask != "" {
		s.Extensions["x-mask"] = f.Mask
	}
	switch f.Kind {
	case record.Int:
		s.Type, s.Format = "integer", "int64"
		low, high := float64(f.Min), float64(f.Max)
		s.Minimum = &low
		if f.Max < 1<<53-1 {
			s.Maximum = &high
		}
	case record.Bool:
		s.Type = "boolean"
	case record.Array:
		s.Type, s.MaxItems, s.Items = "array", short(f.Max), &huma.Schema{}
	default:
		s.Type, s.MaxLength, s.Pattern = "string", short(f.Max), patterns[f.Format]
		if f.Format == "day" {
			s.Format = "date"
		}
		for _, e := range f.Enum {
			s.Enum = append(s.Enum, e)
		}
	}
	return s
}

func short(n int64) *int {
	i := int(min(n, math.MaxInt32))
	return &i
}

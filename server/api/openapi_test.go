package api

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"daohu/server/types"
)

// document is what the tests read of /openapi.json.
type document struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		ID      string `json:"operationId"`
		Roles   string `json:"x-roles"`
		Scope   string `json:"x-scope"`
		Request struct {
			Content map[string]struct {
				Schema struct {
					Ref string `json:"$ref"`
				}
			} `json:"content"`
		} `json:"requestBody"`
		Responses map[string]any `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]struct {
			Additional any `json:"additionalProperties"`
			Properties map[string]struct {
				Type      any      `json:"type"` // text, or a list of alternatives
				MaxLength *int     `json:"maxLength"`
				Maximum   *float64 `json:"maximum"`
				Enum      []string `json:"enum"`
				ReadOnly  bool     `json:"readOnly"`
				Doc       string   `json:"description"`
				Class     string   `json:"x-class"`
			} `json:"properties"`
		} `json:"schemas"`
	} `json:"components"`
}

func TestDocument(t *testing.T) {
	f := newFixture(t)
	served := f.do("", "GET", "/openapi.json", "").Body.String()
	made, err := Document(types.All())
	if err != nil || string(made) != served {
		t.Errorf("the generator and the server differ: %v", err)
	}
	var doc document
	if err := json.Unmarshal(made, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Error(doc.OpenAPI)
	}
	for _, r := range f.api.Routes() {
		op, ok := doc.Paths[ginParam.ReplaceAllString(r.Path, "{$1}")][strings.ToLower(r.Method)]
		if !ok || op.Roles != r.Roles || op.Scope != string(r.Scope) || op.Responses["default"] == nil {
			t.Errorf("%s %s: %+v", r.Method, r.Path, op)
		}
	}
	for _, typ := range types.All() {
		s := doc.Components.Schemas[typ.GoName()]
		if s.Additional != false {
			t.Errorf("%s takes unknown properties", typ.Name)
		}
		for _, fd := range typ.Fields {
			p, ok := s.Properties[fd.Name]
			if fd.Name == "" {
				continue
			}
			if !ok || p.ReadOnly != (fd.Class == "server") || p.Class != string(fd.Class) || !slices.Equal(p.Enum, fd.Enum) || p.Doc != fd.Doc {
				t.Errorf("%s.%s: %+v", typ.Name, fd.Name, p)
			}
			if p.Type == "string" && (p.MaxLength == nil || int64(*p.MaxLength) != fd.Max) {
				t.Errorf("%s.%s: length", typ.Name, fd.Name)
			}
		}
		if _, ok := s.Properties["idIndex"]; ok {
			t.Error("a field that never leaves the server is in the document")
		}
	}
	if ref := doc.Paths["/api/v1/records/visit/{id}"]["patch"].Request.Content["application/json"].Schema.Ref; ref != "#/components/schemas/Visit" {
		t.Error(ref)
	}
	if ref := doc.Paths["/api/v1/records/visit/{id}/decision"]["post"].Request.Content["application/json"].Schema.Ref; ref != "#/components/schemas/ReviewDecision" {
		t.Error(ref)
	}
}

func TestDocumentLoadsInAnotherReader(t *testing.T) {
	made, err := Document(types.All())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(made)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

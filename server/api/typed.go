package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"daohu/server/fault"
)

// endpoint is what a route does, with the types the API document shows.
type endpoint struct {
	in, out reflect.Type // nil = no JSON body
	// schema is the body of in, filled when the document is built.
	schema *huma.Schema
	serve  func(*call) error
}

// none is the input of operations without a body.
type none struct{}

// typed makes an operation of a function: the body is read strictly, checked
// against the schema of In, and decoded; a nil answer is 204.
func typed[In, Out any](f func(c *call, in *In) (*Out, error)) endpoint {
	e := endpoint{out: reflect.TypeFor[Out]()}
	if reflect.TypeFor[In]() != reflect.TypeFor[none]() {
		e.in = reflect.TypeFor[In]()
	}
	e.serve = func(c *call) error {
		var in In
		if e.in != nil {
			if err := c.bind(&in); err != nil {
				return err
			}
		}
		out, err := f(c, &in)
		if err != nil {
			return err
		}
		if out == nil {
			c.w.WriteHeader(http.StatusNoContent)
			return nil
		}
		return c.json(out)
	}
	return e
}

// bound is typed for an operation that writes its answer by itself.
func bound[In any](f func(c *call, in *In) error) endpoint {
	return endpoint{in: reflect.TypeFor[In](), serve: func(c *call) error {
		var in In
		if err := c.bind(&in); err != nil {
			return err
		}
		return f(c, &in)
	}}
}

// raw makes an operation of a function that reads and writes by itself.
func raw(f func(*call) error) endpoint { return endpoint{serve: f} }

// newRegistry holds the schemas of one API; unknown properties are refused.
func newRegistry() huma.Registry {
	return huma.NewMapRegistry("#/components/schemas/", schemaName)
}

// schemaName is what the API document calls a type: its own name, after that
// of its package where it is not ours. Record types have their names alone.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	pkg := path.Base(t.PkgPath())
	if t.PkgPath() == "" || pkg == "api" {
		return name
	}
	return strings.ToUpper(pkg[:1]) + pkg[1:] + name
}

// bind reads the body into in.
func (c *call) bind(in any) error {
	raw, err := readJSON(c.r, c.route.Depth)
	if err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return fault.Wrap(fault.BadRequest, err)
	}
	if err := c.known(v); err != nil {
		return err
	}
	var res huma.ValidateResult
	huma.Validate(c.api.schemas, c.route.end.schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, v, &res)
	if len(res.Errors) > 0 {
		return invalid(res.Errors)
	}
	if err := json.Unmarshal(raw, in); err != nil {
		return fault.Wrap(fault.BadRequest, err)
	}
	return nil
}

// known refuses names that are not exactly those of the schema: huma, like
// encoding/json, takes "NAME" for "name", and then both at once.
func (c *call) known(v any) error {
	object, ok := v.(map[string]any)
	if !ok {
		return fault.New(fault.BadRequest, "")
	}
	s := c.route.end.schema
	if s.Ref != "" {
		s = c.api.schemas.SchemaFromRef(s.Ref)
	}
	var wrong []fault.Field
	for name := range object {
		if s.Properties[name] == nil {
			wrong = append(wrong, fault.Field{Name: shorten(name), Code: "unknown", Detail: "没有这一项。"})
		}
	}
	if wrong == nil {
		return nil
	}
	sortFields(wrong)
	return fault.Bad(wrong...)
}

// invalid turns the findings of the schema into our fields. Neither huma's
// English nor the values pass through.
func invalid(found []error) error {
	var fields []fault.Field
	for _, err := range found {
		d, ok := err.(*huma.ErrorDetail)
		if !ok {
			continue
		}
		fields = append(fields, sentence(d))
	}
	return fault.Bad(fields...)
}

// sentence says in Chinese what huma found.
func sentence(d *huma.ErrorDetail) fault.Field {
	f := fault.Field{Name: d.Location, Code: "format", Detail: "这一项填得不对。"}
	is := func(format string) bool {
		head, _, _ := strings.Cut(format, "%")
		return strings.HasPrefix(d.Message, head)
	}
	var n int
	switch {
	case is(validation.MsgExpectedRequiredProperty):
		var name string
		_, _ = fmt.Sscanf(d.Message, validation.MsgExpectedRequiredProperty, &name)
		f.Name = strings.TrimPrefix(d.Location+"."+name, ".")
		f.Code, f.Detail = "required", "这一项必须填。"
	case is(validation.MsgExpectedMinLength):
		f.Code, f.Detail = "required", "这一项必须填。"
		if _, err := fmt.Sscanf(d.Message, validation.MsgExpectedMinLength, &n); err == nil && n > 1 {
			f.Code, f.Detail = "format", fmt.Sprintf("至少 %d 个字。", n)
		}
	case is(validation.MsgExpectedMaxLength):
		_, _ = fmt.Sscanf(d.Message, validation.MsgExpectedMaxLength, &n)
		f.Code, f.Detail = "too-long", fmt.Sprintf("最多 %d 个字。", n)
	case is(validation.MsgExpectedOneOf):
		f.Code, f.Detail = "not-allowed", "请从给出的选项里选。"
	case is(validation.MsgExpectedMinimumNumber), is(validation.MsgExpectedMaximumNumber):
		f.Code, f.Detail = "range", "数字不在允许的范围里。"
	case is(validation.MsgExpectedString):
		f.Detail = "这里要填文字。"
	case is(validation.MsgExpectedInteger), is(validation.MsgExpectedNumber):
		f.Detail = "这里要填整数。"
	}
	return f
}

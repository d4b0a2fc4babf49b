package logic

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	know := func(name string) (Var, bool) {
		v, ok := map[string]Var{
			"s": {Text, []string{"x", "y"}}, "w": {Type: Text}, "n": {Type: Number}, "k": {Type: Number},
			"d": {Type: Day}, "m": {Set, []string{"x", "y"}},
		}[name]
		return v, ok
	}
	for _, c := range []struct{ logic, says string }{
		{`{"==":[{"var":"s"},"x"]}`, ""},
		{`{"==":["y",{"var":"s"}]}`, ""},
		{`{"==":[{"var":"w"},"随便"]}`, ""},
		{`{">":[{"var":"n"},{"var":"k"}]}`, ""},
		{`{">=":[{"var":"d"},"2026-01-31"]}`, ""},
		{`{"==":[{"var":"d"},{"var":"d"}]}`, ""},
		{`{"in":["x",{"var":"m"}]}`, ""},
		{`{"in":[{"var":"s"},{"var":"m"}]}`, ""},
		{`{"in":[{"var":"s"},["x","y"]]}`, ""},
		{`{"in":[{"var":"n"},[1,2]]}`, ""},
		{`{"in":[{"var":"d"},["2026-01-31"]]}`, ""},
		{`{"==":[{"var":"q"},"x"]}`, "“q”不是这里能用"},
		{`{"and":[{"==":[{"var":"s"},"x"]},{"not":[{"==":[{"var":"s"},"z"]}]}]}`, "没有“z”这个选项"},
		{`{"==":[{"var":"n"},"5"]}`, "不是同一种内容"},
		{`{"==":[{"var":"w"},5]}`, "不是同一种内容"},
		{`{"==":[{"var":"m"},"x"]}`, "多选题不能用“==”比"},
		{`{"==":["x","x"]}`, "写死"},
		{`{"in":["x",["x"]]}`, "写死"},
		{`{">":[{"var":"w"},"x"]}`, "只能比数字或日期"},
		{`{">":[{"var":"n"},{"var":"d"}]}`, "不是同一种内容"},
		{`{">":[{"var":"d"},"2026-02-30"]}`, "不是日期"},
		{`{"in":["z",{"var":"m"}]}`, "没有“z”这个选项"},
		{`{"in":[1,{"var":"m"}]}`, "只能找选项"},
		{`{"in":["x",{"var":"s"}]}`, "in 后面"},
		{`{"in":[{"var":"m"},["x"]]}`, "in 前面"},
		{`{"in":[{"var":"n"},["x"]]}`, "不是同一种内容"},
		{`{"in":[{"var":"s"},["x","q"]]}`, "没有“q”这个选项"},
	} {
		e, err := Parse([]byte(c.logic))
		if err != nil {
			t.Fatalf("%s: %v", c.logic, err)
		}
		bad := e.Check(know)
		if c.says == "" && len(bad) > 0 || c.says != "" && (len(bad) != 1 || !strings.Contains(bad[0], c.says)) {
			t.Errorf("%s: %q, want %q", c.logic, bad, c.says)
		}
	}
}

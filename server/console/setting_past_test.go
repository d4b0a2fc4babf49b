package console

import (
	"fmt"
	"reflect"
	"testing"
)

// TestDifferences: two editions differ where they do and nowhere else; a line
// put in between moves no other.
func TestDifferences(t *testing.T) {
	const was = `{"edition":1,"policy":"optional","ranks":[{"rank":"正科","households":5},{"rank":"副科","households":4,"also":["副乡级"]}],"on":true,"gone":[]}`
	for now, want := range map[string][]Differs{
		was: nil,
		`{"policy":"optional","edition":1,"gone":[],"on":true,"ranks":[{"households":5,"rank":"正科"},{"rank":"一般","households":1},{"rank":"副科","households":4,"also":["副乡级"]}]}`: {
			{"职级 › “一般” › rank", "", "一般"}, {"职级 › “一般” › 户数", "", "1"}},
		`{"edition":2,"policy":"either","ranks":[{"rank":"正科","households":5},{"rank":"副科","households":3,"also":["副乡级","副镇级"]}],"on":false}`: {
			{"gone", "", ""}, {"on", "是", "否"}, {"做法", "愿意就留", "位置或照片，留一样"}, {"内容的版次", "1", "2"}, {"职级 › “副科” › 也写作", "副乡级", "副乡级、副镇级"}, {"职级 › “副科” › 户数", "4", "3"}},
	} {
		a, err := document([]byte(was))
		b, err2 := document([]byte(now))
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if got := differences(a, b); !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %q\nwant %q", now, fmt.Sprint(got), fmt.Sprint(want))
		}
	}
}

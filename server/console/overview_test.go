package console_test

import (
	"encoding/json"
	"testing"

	"daohu/server/console"
	"daohu/server/form/rate"
)

// TestRateChart: a share that is told is a bar, as high as it says; one that is
// hidden is none.
func TestRateChart(t *testing.T) {
	o := console.Overview{Target: 95}
	got, err := json.Marshal(o.RateChart([]rate.Share{{Rate: "95.1%"}, {Topic: "job", TopicName: "就业帮扶", Why: "不足 10 户，不显示。"}, {Village: "v", Name: "平丰村", Rate: "100.0%"}}))
	if want := `{"names":["全部","就业帮扶","平丰村"],"series":[{"name":"知晓率 %","values":[95.1,null,100]}],"max":100,"line":95}`; err != nil || string(got) != want {
		t.Errorf("%s, want %s: %v", got, want, err)
	}
}

package wechat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"daohu/server/rediskv"
)

const (
	appID  = "wx0123456789abcdef"
	secret = "planted-app-secret-5f1c"
)

var (
	_ Cache = (*rediskv.KV)(nil)
	_ Locks = (*rediskv.KV)(nil)
)

// api is WeChat's server, as strict as its manual: wrong path, method, query or
// body is a test failure, not an answer.
type api struct {
	t  *testing.T
	mu sync.Mutex
	// answers by path, taken from the front; the last one stays
	answers map[string][]string
	calls   map[string]int
	forced  int           // stable_token with force_refresh
	tokens  []string      // access tokens seen by getuserphonenumber
	status  int           // 0 = 200
	stall   chan struct{} // not nil: answer only when closed
	bodies  []string
}

func newAPI(t *testing.T) *api {
	return &api{t: t, calls: map[string]int{}, answers: map[string][]string{
		"/sns/jscode2session":              {`{"openid":"oABC-1_x","session_key":"c2Vzc2lvbg==","unionid":"u"}`},
		"/cgi-bin/stable_token":            {`{"access_token":"TOKEN-1","expires_in":7200}`},
		"/wxa/business/getuserphonenumber": {phoneAnswer("86", "19900001234", appID)},
		"/cgi-bin/message/subscribe/send":  {`{"errcode":0,"errmsg":"ok","msgid":294402298110051942}`},
		"/wxa/msg_sec_check":               {checkAnswer("pass", 100)},
	}}
}

func phoneAnswer(cc, number, app string) string {
	return fmt.Sprintf(`{"errcode":0,"errmsg":"ok","phone_info":{"phoneNumber":%q,"purePhoneNumber":%q,"countryCode":%q,"watermark":{"timestamp":1637744274,"appid":%q}}}`, number, number, cc, app)
}

func (a *api) set(path string, answers ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[path] = answers
}

func (a *api) count(path string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[path]
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	a.calls[r.URL.Path]++
	a.check(r, body)
	answer := "unknown path"
	if left := a.answers[r.URL.Path]; len(left) > 0 {
		answer = left[0]
		if len(left) > 1 {
			a.answers[r.URL.Path] = left[1:]
		}
	}
	status, stall := a.status, a.stall
	a.mu.Unlock()
	if stall != nil {
		select {
		case <-stall:
		case <-r.Context().Done():
			return
		}
	}
	if status != 0 {
		w.Header().Set("Location", "https://elsewhere.example/")
		w.WriteHeader(status)
	}
	_, _ = io.WriteString(w, answer)
}

func (a *api) check(r *http.Request, body []byte) {
	switch r.URL.Path {
	case "/sns/jscode2session":
		a.want(r, http.MethodGet, "appid", "grant_type", "js_code", "secret")
		q := r.URL.Query()
		if q.Get("appid") != appID || q.Get("secret") != secret || q.Get("grant_type") != "authorization_code" {
			a.t.Errorf("jscode2session: wrong query %v", q)
		}
		a.bodies = append(a.bodies, q.Get("js_code"))
	case "/cgi-bin/stable_token":
		a.want(r, http.MethodPost)
		var in map[string]any
		if err := json.Unmarshal(body, &in); err != nil {
			a.t.Errorf("stable_token: %v", err)
		}
		force, _ := in["force_refresh"].(bool)
		if force {
			a.forced++
		}
		want := map[string]any{"grant_type": "client_credential", "appid": appID, "secret": secret, "force_refresh": force}
		if !maps.Equal(in, want) {
			a.t.Errorf("stable_token: body %v", in)
		}
	case "/wxa/business/getuserphonenumber":
		a.withToken(r, body)
	case "/cgi-bin/message/subscribe/send":
		a.withToken(r, body)
		var in struct {
			ToUser     string                     `json:"touser"`
			TemplateID string                     `json:"template_id"`
			Page       string                     `json:"page"`
			Data       map[string]subscribedValue `json:"data"`
			State      string                     `json:"miniprogram_state"`
			Lang       string                     `json:"lang"`
		}
		a.strict(body, &in)
		if in.ToUser == "" || in.TemplateID == "" || len(in.Data) == 0 || in.State != "formal" || in.Lang != "zh_CN" {
			a.t.Errorf("subscribe/send: body %s", body)
		}
		for name, v := range in.Data {
			if most := map[byte]int{'t': 20, 'p': 5}[name[0]]; v.Value == "" || len([]rune(v.Value)) > most {
				a.t.Errorf("subscribe/send: %s is %q", name, v.Value)
			}
		}
	case "/wxa/msg_sec_check":
		a.withToken(r, body)
		var in struct {
			OpenID                     string `json:"openid"`
			Scene                      int    `json:"scene"`
			Content                    string `json:"content"`
			Version                    int    `json:"version"`
			Nickname, Title, Signature string
		}
		a.strict(body, &in)
		if in.OpenID == "" || in.Scene < 1 || in.Scene > 4 || in.Version != 2 || in.Content == "" || len([]rune(in.Content)) > 2500 || in.Nickname+in.Title+in.Signature != "" {
			a.t.Errorf("msg_sec_check: body %s", body)
		}
	default:
		a.t.Errorf("unexpected call %s %s", r.Method, r.URL.Path)
	}
}

// subscribedValue is one value of a subscription message.
type subscribedValue struct{ Value, Color string }

func checkAnswer(suggest string, label int) string {
	return fmt.Sprintf(`{"errcode":0,"errmsg":"ok","trace_id":"60ae120f-371d5872-4941a05b","result":{"suggest":%q,"label":%d},"detail":[{"strategy":"content_model","errcode":0,"suggest":%q,"label":%d,"prob":90}]}`, suggest, label, suggest, label)
}

// withToken notes a call that has the app's token and a body.
func (a *api) withToken(r *http.Request, body []byte) {
	a.want(r, http.MethodPost, "access_token")
	a.tokens = append(a.tokens, r.URL.Query().Get("access_token"))
	a.bodies = append(a.bodies, string(body))
}

// strict decodes a body that has nothing the manual does not name.
func (a *api) strict(body []byte, in any) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(in); err != nil {
		a.t.Errorf("%v: %s", err, body)
	}
}

// want checks the method, the host and that the query has exactly these keys, once each.
func (a *api) want(r *http.Request, method string, keys ...string) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || r.Method != method || r.Host != host {
		a.t.Errorf("%s %s at %s: %v", r.Method, r.URL.Path, r.Host, err)
	}
	if got := slices.Sorted(maps.Keys(q)); !slices.Equal(got, keys) {
		a.t.Errorf("%s: query keys %v, want %v", r.URL.Path, got, keys)
	}
	for k, v := range q {
		if len(v) != 1 {
			a.t.Errorf("%s: %s given %d times", r.URL.Path, k, len(v))
		}
	}
}

// toLocal carries requests for WeChat's host to the local server, as TLS
// termination would.
type toLocal struct{ target *url.URL }

func (l toLocal) RoundTrip(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.Host = r.URL.Host
	out.URL.Scheme, out.URL.Host = l.target.Scheme, l.target.Host
	return http.DefaultTransport.RoundTrip(out)
}

// client returns the real client before the strict server. The library's HTTP
// client is one per process: these tests must not run in parallel.
func client(t *testing.T, a *api, timeout time.Duration) (*Client, *rediskv.KV) {
	t.Helper()
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	target, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := rediskv.Open("", rediskv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kv.Close() })
	old := util.DefaultHTTPClient
	t.Cleanup(func() { util.DefaultHTTPClient = old })
	c, err := New(Options{AppID: appID, Secret: secret, Cache: kv, Locks: kv, Transport: toLocal{target}, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return c, kv
}

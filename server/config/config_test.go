package config

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const hexKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func env(m map[string]string) func(string) string {
	return func(k string) string { return m[k] }
}

func TestDefaults(t *testing.T) {
	c, err := Load(env(nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8080" || c.Data != "./data" || c.DB != "" || len(c.TrustedProxies) != 0 || len(c.Keys) != 0 {
		t.Errorf("%+v", c)
	}
	if err := c.NeedKey(); err == nil || !strings.Contains(err.Error(), "DAOHU_KEY") {
		t.Errorf("no key: %v", err)
	}
}

func TestLoad(t *testing.T) {
	c, err := Load(env(map[string]string{
		"DAOHU_ADDR": " :9000 ", "DAOHU_DB": "u:p@tcp(h:3306)/d", "DAOHU_REDIS": "redis://:pw@h:6379/0",
		"DAOHU_WECHAT_APPID": "wx1", "DAOHU_WECHAT_SECRET": "s", "DAOHU_KEY": hexKey,
		"DAOHU_PUBLIC_URL": "https://a.example/", "DAOHU_TRUSTED_PROXIES": "10.1.2.3/8, 192.0.2.1 ,::1",
		"DAOHU_METRICS_TOKEN": "0123456789abcdef", "DAOHU_TLS_CERT": "c.pem", "DAOHU_TLS_KEY": "k.pem",
		"DAOHU_OPERATOR": " 某县农业农村局 ", "DAOHU_FILING": "某ICP备00000000号-1", "DAOHU_HOTLINE": "0000-12345",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != ":9000" || c.PublicURL != "https://a.example" || c.DB.Reveal() != "u:p@tcp(h:3306)/d" {
		t.Errorf("%+v", c)
	}
	if got := fmt.Sprint(c.TrustedProxies); got != "[10.0.0.0/8 192.0.2.1/32 ::1/128]" {
		t.Error(got)
	}
	if c.Operator != "某县农业农村局" || c.Filing != "某ICP备00000000号-1" || c.Hotline != "0000-12345" {
		t.Errorf("operator %q %q %q", c.Operator, c.Filing, c.Hotline)
	}
	for _, bad := range []string{strings.Repeat("长", 101), "两\n行", "\xff"} {
		if _, err := Load(env(map[string]string{"DAOHU_OPERATOR": bad})); err == nil {
			t.Errorf("operator %q is accepted", bad)
		}
	}
	if len(c.Keys) != 1 || c.Keys[0].ID != "1" || c.Keys[0].Bytes()[31] != 31 || c.NeedKey() != nil {
		t.Errorf("%v", c.Keys)
	}
}

func TestKeyForms(t *testing.T) {
	raw := make([]byte, 32)
	for i := range raw {
		raw[i] = byte(255 - i)
	}
	std, urlSafe := base64.StdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw)
	for _, s := range []string{std, urlSafe, "b:" + std} {
		k, err := parseKeys(s)
		if err != nil || !bytes.Equal(k[0].Bytes(), raw) {
			t.Errorf("%s: %v", s, err)
		}
	}
	k, err := parseKeys("new:" + std + ", old:" + hexKey)
	if err != nil || len(k) != 2 || k[0].ID != "new" || k[1].ID != "old" {
		t.Errorf("%v %v", k, err)
	}
	for _, s := range []string{
		"short", hexKey[:63], hexKey[:63] + "g", hexKey + "," + hexKey, "a:" + hexKey + ",a:" + hexKey, "A:" + hexKey, ":" + hexKey,
		strings.Repeat("0", 64), std[:43] + "!", "a:" + hexKey + ",",
	} {
		if k, err := parseKeys(s); err == nil {
			t.Errorf("%q taken as %v", s, k)
		} else if strings.Contains(err.Error(), hexKey[:20]) || strings.Contains(err.Error(), "short") {
			t.Errorf("key in the message: %v", err)
		}
	}
}

func TestAllProblemsTogether(t *testing.T) {
	bad := map[string]string{
		"DAOHU_ADDR": "nowhere", "DAOHU_DB": "mysql://hunter2@h", "DAOHU_REDIS": "hunter2",
		"DAOHU_WECHAT_APPID": "wx1", "DAOHU_KEY": "hunter2", "DAOHU_PUBLIC_URL": "ftp://h",
		"DAOHU_TLS_KEY": "k", "DAOHU_TRUSTED_PROXIES": "0.0.0.0/0", "DAOHU_METRICS_TOKEN": "hunter2",
	}
	_, err := Load(env(bad))
	if err == nil {
		t.Fatal("taken")
	}
	for _, name := range []string{"ADDR", "DB", "REDIS", "WECHAT_SECRET", "KEY", "PUBLIC_URL", "TLS_CERT", "TRUSTED_PROXIES", "METRICS_TOKEN"} {
		if !strings.Contains(err.Error(), "DAOHU_"+name+": ") {
			t.Errorf("nothing said about %s in:\n%v", name, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret is shown:\n%v", err)
	}
	if n := strings.Count(err.Error(), "\n"); n != 8 {
		t.Errorf("%d lines:\n%v", n+1, err)
	}
}

func TestS3(t *testing.T) {
	for in, want := range map[string]S3{
		"https://AKID:s%2Fe%40c@s3.example.cn/photos":                   {Host: "s3.example.cn", Bucket: "photos", Key: "AKID", Secret: "s/e@c"},
		"https://AKID:sec@s3.example.cn:9000/photos/?region=cn-north-1": {Host: "s3.example.cn:9000", Bucket: "photos", Region: "cn-north-1", Key: "AKID", Secret: "sec"},
		"http://AKID:sec@127.0.0.1:9000/photos":                         {Host: "127.0.0.1:9000", Bucket: "photos", Key: "AKID", Secret: "sec", Plain: true},
	} {
		c, err := Load(env(map[string]string{"DAOHU_S3": in}))
		if err != nil || c.S3 != want {
			t.Errorf("%s: %+v %v", in, c.S3, err)
		}
		if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, want.Secret.Reveal()) {
			t.Errorf("the secret is printed: %s", text)
		}
	}
	for _, bad := range []string{"s3.example.cn/photos", "https://s3.example.cn/photos", "https://AKID:hunter2@s3.example.cn", "https://AKID:hunter2@/photos", "https://AKID@s3.example.cn/photos",
		"https://:hunter2@s3.example.cn/photos", "ftp://AKID:hunter2@s3.example.cn/photos", "https://AKID:hunter2@s3.example.cn/photos/sub", "https://AKID:hunter2@s3.example.cn/photos?acl=public", "https://AKID:hunter2@s3.example.cn/photos#x", "https://AKID:%zz@s3.example.cn/photos"} {
		if _, err := Load(env(map[string]string{"DAOHU_S3": bad})); err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "AKID") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestMoreBadValues(t *testing.T) {
	for name, values := range map[string][]string{
		"DAOHU_ADDR":            {"h:99999", "h:x", "h"},
		"DAOHU_PUBLIC_URL":      {"https://", "https://u@h", "https://h?x=1", "https://h#f", "h"},
		"DAOHU_TRUSTED_PROXIES": {"10.0.0.0/33", "proxy", "10.0.0.1,", "::/0"},
		"DAOHU_REDIS":           {"redis://", "h"},
		"DAOHU_DB":              {"nothing"},
	} {
		for _, v := range values {
			if _, err := Load(env(map[string]string{name: v})); err == nil {
				t.Errorf("%s=%s taken", name, v)
			}
		}
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	c, err := Load(env(map[string]string{
		"DAOHU_DB": "u:hunter2@tcp(h)/d", "DAOHU_REDIS": "redis://:hunter2@h", "DAOHU_KEY": hexKey,
		"DAOHU_WECHAT_APPID": "wx1", "DAOHU_WECHAT_SECRET": "hunter2", "DAOHU_METRICS_TOKEN": "hunter2hunter2hunter2",
	}))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", c)
		fmt.Fprintf(&out, verb+"\n", c.Keys[0])
		fmt.Fprintf(&out, verb+"\n", c.DB)
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("start", "config", c, "db", c.DB, "key", c.Keys[0])
	}
	js, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(js)
	for _, leak := range []string{"hunter2", "68756e746572", hexKey[:16], "\x01\x02\x03\x04", `\x01\x02`} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q printed:\n%s", leak, out.String())
		}
	}
	if !strings.Contains(string(js), hidden) || Secret("").String() != "" {
		t.Error("a set and an unset secret must look different")
	}
}

func TestHelpNamesEverySetting(t *testing.T) {
	h := Help()
	for _, v := range Vars() {
		if !strings.Contains(h, v.Name) || !strings.HasSuffix(v.Doc, ".") {
			t.Errorf("%s: help or doc", v.Name)
		}
	}
	if !strings.Contains(h, "[127.0.0.1:8080]") {
		t.Error("no default shown")
	}
}

// Package config reads the settings from the environment.
//
// Vars is the one table of them: parsing, --help and docs/configuration.md
// all come from it.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"
)

// Config is all settings. Load fills it; there is no other source.
type Config struct {
	Addr           string         // host:port to listen on
	Data           string         // folder of the embedded mode
	DB             Secret         // MySQL DSN; "" = SQLite in Data
	S3             S3             // where photos are kept; the zero value = in Data
	Redis          Secret         // host:port, password@host:port or redis URL; "" = in process
	WeChatAppID    string         // "" = no WeChat login
	WeChatSecret   Secret         // set if WeChatAppID is
	Keys           []Key          // field encryption, the first seals; none = not set
	PublicURL      string         // without a final slash; "" = unknown
	TLSCert        string         // PEM file; "" = plain HTTP
	TLSKey         string         // PEM file; set if TLSCert is
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; none by default
	MetricsToken   Secret         // "" = /metrics answers to loopback only
	Operator       string         // who runs the server, shown to everyone; "" = not told
	Filing         string         // ICP filing number; "" = not told
	Hotline        string         // telephone for complaints; "" = not told

	Templates map[string]Template // of WeChat messages, by cause; none = no reminders
}

// Var is one setting.
type Var struct {
	Name    string
	Default string // "" = unset
	Doc     string // one English sentence, with the unit or form
	Secret  bool   // never printed
	set     func(*Config, string) error
}

// Vars lists every setting once, in the order of the documentation.
func Vars() []Var {
	return []Var{
		{"DAOHU_ADDR", "127.0.0.1:8080", "Address to listen on, host:port. The default is reachable from this machine only.", false,
			func(c *Config, s string) error { c.Addr = s; return hostPort(s) }},
		{"DAOHU_DATA", "./data", "Folder of the SQLite file and the photos; made when missing.", false,
			func(c *Config, s string) error { c.Data = s; return nil }},
		{"DAOHU_DB", "", "MySQL or MariaDB, as user:password@tcp(host:port)/database; unset = SQLite in DAOHU_DATA.", true,
			func(c *Config, s string) error { c.DB = Secret(s); return dsn(s) }},
		{"DAOHU_REDIS", "", "Redis, as host:port, password@host:port or redis://:password@host:port/0; unset = in the process.", true,
			func(c *Config, s string) error { c.Redis = Secret(s); return redis(s) }},
		{"DAOHU_S3", "", "S3 bucket for the photos, as https://key:secret@host[:port]/bucket?region=name, key and secret percent-encoded; http:// only within one machine or a closed network. Path-style; the bucket must exist. Unset = in DAOHU_DATA.", true,
			func(c *Config, s string) (err error) { c.S3, err = parseS3(s); return err }},
		{"DAOHU_WECHAT_APPID", "", "App id of the mini-program; unset = no WeChat login.", false,
			func(c *Config, s string) error { c.WeChatAppID = s; return nil }},
		{"DAOHU_WECHAT_SECRET", "", "App secret of the mini-program.", true,
			func(c *Config, s string) error { c.WeChatSecret = Secret(s); return nil }},
		{"DAOHU_WECHAT_TEMPLATES", "", "Templates of the subscription messages, as returned=TEMPLATE_ID@page:thing1=what,phrase2=result,thing3=words,date4=day;answered=…;notice=… (@page may be left out); unset = no reminders are sent.", false,
			func(c *Config, s string) (err error) { c.Templates, err = parseTemplates(s); return err }},
		{"DAOHU_KEY", "", "Key of the field encryption: 32 bytes as 64 hex digits or 44 base64 characters. To change keys give id:key,id:key; the first seals, all open. serve needs it.", true,
			func(c *Config, s string) (err error) { c.Keys, err = parseKeys(s); return err }},
		{"DAOHU_PUBLIC_URL", "", "Address people reach the server at, such as https://example.org; for the links and QR codes on household cards.", false,
			func(c *Config, s string) error { c.PublicURL = strings.TrimRight(s, "/"); return webURL(s) }},
		{"DAOHU_TLS_CERT", "", "PEM file with the certificate chain; unset = plain HTTP, for use behind a proxy.", false,
			func(c *Config, s string) error { c.TLSCert = s; return nil }},
		{"DAOHU_TLS_KEY", "", "PEM file with the private key of the certificate.", false,
			func(c *Config, s string) error { c.TLSKey = s; return nil }},
		{"DAOHU_TRUSTED_PROXIES", "", "Addresses or networks (10.0.0.0/8) of the proxies whose X-Forwarded-For is believed, with commas between; unset = nobody's.", false,
			func(c *Config, s string) (err error) { c.TrustedProxies, err = prefixes(s); return err }},
		{"DAOHU_METRICS_TOKEN", "", "Bearer token for /metrics, at least 16 characters; unset = loopback only.", true,
			func(c *Config, s string) error { c.MetricsToken = Secret(s); return token(s) }},
		{"DAOHU_OPERATOR", "", "Who runs this server (主办单位), at most 100 characters; shown to everyone. Unset = the pages say that it is missing.", false,
			func(c *Config, s string) error { c.Operator = s; return shown(s) }},
		{"DAOHU_FILING", "", "ICP filing number (备案号) of the service; shown to everyone.", false,
			func(c *Config, s string) error { c.Filing = s; return shown(s) }},
		{"DAOHU_HOTLINE", "", "Telephone for complaints; shown to everyone.", false,
			func(c *Config, s string) error { c.Hotline = s; return shown(s) }},
	}
}

// Load reads every setting through getenv (os.Getenv). All problems come back
// in one error, one line each, without the value of a secret.
func Load(getenv func(string) string) (Config, error) {
	var c Config
	var problems []error
	for _, v := range Vars() {
		s := strings.TrimSpace(getenv(v.Name))
		if s == "" {
			s = v.Default
		}
		if s == "" {
			continue
		}
		if err := v.set(&c, s); err != nil {
			shown := ""
			if !v.Secret {
				shown = fmt.Sprintf(" (it is %q)", s)
			}
			problems = append(problems, fmt.Errorf("%s: %w%s", v.Name, err, shown))
		}
	}
	problems = append(problems, pair("DAOHU_WECHAT_APPID", c.WeChatAppID, "DAOHU_WECHAT_SECRET", c.WeChatSecret.Reveal()),
		pair("DAOHU_TLS_CERT", c.TLSCert, "DAOHU_TLS_KEY", c.TLSKey))
	if err := errors.Join(problems...); err != nil {
		return Config{}, err
	}
	return c, nil
}

// NeedKey says what to do when no key is set; serve calls it.
func (c Config) NeedKey() error {
	if len(c.Keys) == 0 {
		return errors.New("DAOHU_KEY: not set; personal data is never stored without a key (try: openssl rand -hex 32, and keep it safe: without it the data cannot be read)")
	}
	return nil
}

// Help is the table of settings for --help.
func Help() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	for _, v := range Vars() {
		def := ""
		if v.Default != "" {
			def = " [" + v.Default + "]"
		}
		fmt.Fprintf(w, "  %s\t%s%s\n", v.Name, v.Doc, def)
	}
	_ = w.Flush() // a strings.Builder does not fail
	return b.String()
}

func pair(a, av, b, bv string) error {
	switch {
	case av != "" && bv == "":
		return fmt.Errorf("%s: not set, but %s is; they go together", b, a)
	case av == "" && bv != "":
		return fmt.Errorf("%s: not set, but %s is; they go together", a, b)
	}
	return nil
}

func hostPort(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return errors.New("must be host:port, such as 127.0.0.1:8080 or :8080")
	}
	if n, err := net.LookupPort("tcp", port); err != nil || n < 0 {
		return errors.New("the port must be a number from 0 to 65535")
	}
	return nil
}

func dsn(s string) error {
	if strings.Contains(s, "://") || !strings.Contains(s, "/") {
		return errors.New("must be a DSN such as user:password@tcp(127.0.0.1:3306)/daohu")
	}
	return nil
}

func redis(s string) error {
	if strings.HasPrefix(s, "redis://") || strings.HasPrefix(s, "rediss://") {
		if u, err := url.Parse(s); err == nil && u.Host != "" {
			return nil
		}
	} else if hostPort(s[strings.LastIndexByte(s, '@')+1:]) == nil {
		return nil
	}
	return errors.New("must be host:port, password@host:port or redis://:password@host:port/0")
}

// S3 is one bucket of an S3 server.
type S3 struct {
	Host   string // host or host:port; "" = none is set
	Bucket string
	Region string // "" = not told
	Key    string
	Secret Secret
	Plain  bool // http instead of https
}

// parseS3 reads an address such as https://key:secret@host/bucket?region=x.
func parseS3(s string) (S3, error) {
	bad := errors.New("must be https://key:secret@host/bucket, with ?region=… if the server wants one; key and secret percent-encoded")
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.Hostname() == "" || u.User == nil || u.Fragment != "" {
		return S3{}, bad
	}
	out := S3{Host: u.Host, Bucket: strings.Trim(u.Path, "/"), Region: u.Query().Get("region"), Key: u.User.Username(), Plain: u.Scheme == "http"}
	secret, _ := u.User.Password()
	out.Secret = Secret(secret)
	for name := range u.Query() {
		if name != "region" {
			return S3{}, bad
		}
	}
	if out.Bucket == "" || strings.Contains(out.Bucket, "/") || out.Key == "" || secret == "" {
		return S3{}, bad
	}
	return out, nil
}

func webURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("must begin with https:// or http:// and name a host, without a query")
	}
	return nil
}

func prefixes(s string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for item := range strings.SplitSeq(s, ",") {
		item = strings.TrimSpace(item)
		p, err := netip.ParsePrefix(item)
		if a, err2 := netip.ParseAddr(item); err2 == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network", item)
		}
		if p.Bits() == 0 {
			return nil, errors.New("a network of all addresses would let anyone forge where they come from")
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// shown checks a text that pages show in one line.
func shown(s string) error {
	if utf8.RuneCountInString(s) > 100 || strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s) {
		return errors.New("must be one line of at most 100 characters")
	}
	return nil
}

func token(s string) error {
	if len(s) < 16 {
		return errors.New("must have at least 16 characters")
	}
	return nil
}

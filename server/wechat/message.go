package wechat

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	mini "github.com/silenceper/wechat/v2/miniprogram/context"
	"github.com/silenceper/wechat/v2/miniprogram/security"
	"github.com/silenceper/wechat/v2/miniprogram/subscribe"

	"daohu/server/fault"
)

// limits are the longest values of a message's fields in characters, by the
// field's name without its number (developers.weixin.qq.com,
// subscribeMessage.send). What is not listed has a form instead of a length.
var limits = []struct {
	kind string
	most int
}{{"thing", 20}, {"phrase", 5}, {"character_string", 32}}

// cut shortens values to what WeChat takes: longer ones are refused with 47003.
func cut(data map[string]string) map[string]string {
	out := maps.Clone(data)
	for name, v := range out {
		kind := strings.TrimRight(name, "0123456789")
		for _, l := range limits {
			if r := []rune(v); l.kind == kind && len(r) > l.most {
				out[name] = string(r[:l.most-1]) + "…"
			}
		}
	}
	return out
}

// Subscribe sends one subscription message: a value for every field of the
// template. The page opens at a tap; "" = none. Codes: Forbidden (the person
// takes no more of them), NotFound (no such openid), TooMany, Unavailable,
// Internal (wrong template, field, app id or secret).
func (c *Client) Subscribe(ctx context.Context, openid, template, page string, data map[string]string) error {
	m := &subscribe.Message{ToUser: openid, TemplateID: template, Page: page, Data: map[string]*subscribe.DataItem{}, MiniprogramState: "formal", Lang: "zh_CN"}
	secrets := []string{openid}
	for name, v := range cut(data) {
		m.Data[name] = &subscribe.DataItem{Value: v}
	}
	return c.withToken(ctx, "subscribe", secrets, func(with *mini.Context) error {
		if err := ctx.Err(); err != nil { // the library takes no context here; its client has a timeout
			return err
		}
		return subscribe.NewSubscribe(with).Send(m)
	})
}

// Risky asks msgSecCheck, version 2, whether a text of at most 2500 characters
// is risky. "review" is not: a person looks at every visit anyhow. Codes:
// NotFound (no such openid), Gone (the person was not in the mini-program
// within two hours), TooMany, Unavailable, Internal.
func (c *Client) Risky(ctx context.Context, openid, text string) (bool, error) {
	var res security.MsgCheckResponse
	err := c.withToken(ctx, "msgcheck", []string{openid, text}, func(with *mini.Context) (err error) {
		res, err = security.NewSecurity(with).MsgCheckContext(ctx, &security.MsgCheckRequest{OpenID: openid, Scene: security.MsgSceneSocialLog, Content: text})
		return err
	})
	if err != nil {
		return false, err
	}
	known := []security.CheckSuggest{security.CheckSuggestRisky, security.CheckSuggestPass, security.CheckSuggestReview}
	if !slices.Contains(known, res.Result.Suggest) {
		return false, &fault.Error{Code: fault.Unavailable, Retry: retryBusy, Err: errors.New("wechat: msgcheck: an answer without a result")}
	}
	return res.Result.Suggest == security.CheckSuggestRisky, nil
}

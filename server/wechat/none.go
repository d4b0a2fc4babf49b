package wechat

import (
	"context"

	"daohu/server/fault"
)

// None stands where no mini-program is configured: whoever tries to log in
// with WeChat is told so.
type None struct{}

// Code2Session always fails.
func (None) Code2Session(context.Context, string) (string, error) { return "", none() }

// PhoneNumber always fails.
func (None) PhoneNumber(context.Context, string) (string, error) { return "", none() }

// Subscribe always fails.
func (None) Subscribe(context.Context, string, string, string, map[string]string) error {
	return none()
}

// Risky always fails.
func (None) Risky(context.Context, string, string) (bool, error) { return false, none() }

func none() error {
	return fault.New(fault.Forbidden, "这台服务器还没有接通微信，请用账号和密码登录。")
}

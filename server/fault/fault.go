// Package fault names what can go wrong in words the client can act on.
//
// Every failure that leaves the server is an *Error with a stable Code. The
// HTTP status and the default Chinese sentence of a code are declared here and
// nowhere else; docs/errors.md is generated from Codes.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Code is the stable, machine-readable name of a failure.
type Code string

// The codes. Each one's status and sentence stand in Codes.
const (
	Internal     Code = "internal"
	Unavailable  Code = "unavailable"
	BadRequest   Code = "bad-request"
	Invalid      Code = "invalid"
	Unauthorized Code = "unauthorized"
	BadLogin     Code = "bad-login"
	Unbound      Code = "unbound"
	Forbidden    Code = "forbidden"
	NotFound     Code = "not-found"
	NoRoute      Code = "no-route"
	Stale        Code = "stale"
	Conflict     Code = "conflict"
	OwnRecord    Code = "own-record"
	WrongState   Code = "wrong-state"
	IDTaken      Code = "id-taken"
	OnlineOnly   Code = "online-only"
	TooLarge     Code = "too-large"
	TooMany      Code = "too-many"
	BadMedia     Code = "bad-media"
	BadImage     Code = "bad-image"
	Checksum     Code = "checksum"
	Gone         Code = "gone"
)

// Spec is what a code means everywhere.
type Spec struct {
	Code   Code
	Status int    // HTTP status
	Detail string // the sentence shown when the place that failed gives none
	Doc    string // English, for docs/errors.md
}

// Codes lists every code once, in the order of docs/errors.md.
var Codes = []Spec{
	{Internal, http.StatusInternalServerError, "服务器出了点问题，您的内容没有丢，请稍后再试。", "A failure that is not the caller's. The cause is in the log under requestId."},
	{Unavailable, http.StatusServiceUnavailable, "服务器正忙，您的内容没有丢，请稍后再试。", "Database down or overloaded. Retry after the time in Retry-After."},
	{BadRequest, http.StatusBadRequest, "请求的格式不对。", "Malformed JSON, nesting too deep, duplicate keys, wrong kind of value."},
	{Invalid, http.StatusUnprocessableEntity, "有内容填得不对，请改正后再试。", "One or more fields break their declared rule; see fields."},
	{Unauthorized, http.StatusUnauthorized, "请重新登录。", "No session, or it ended."},
	{BadLogin, http.StatusUnauthorized, "账号或密码不对。", "Name, password, card or PIN is wrong. Never says which."},
	{Unbound, http.StatusForbidden, "这个微信还没有绑定账号，请输入管理员给您的绑定码。", "The WeChat openid belongs to no user yet; send a one-time code."},
	{Forbidden, http.StatusForbidden, "您没有做这件事的权限。", "The caller's role may not use this route or write this field."},
	{NotFound, http.StatusNotFound, "没有找到，或者不归您管。", "No such thing, or outside the caller's scope: the two look the same on purpose."},
	{NoRoute, http.StatusNotFound, "没有这个地址。", "No such route."},
	{Stale, http.StatusConflict, "这条记录刚被别人改过，请看过最新内容再决定。", "The revision sent is not the current one (compare-and-set failed)."},
	{Conflict, http.StatusConflict, "这一项别人刚改过，您写的已留着，请选用哪一个。", "In sync: a field was changed by someone else since base; the value is kept as a proposal."},
	{OwnRecord, http.StatusForbidden, "不能审批自己写的记录。", "Nobody approves a record they wrote."},
	{WrongState, http.StatusConflict, "这条记录现在的状态不能这样处理。", "The step is not allowed from the record's present state."},
	{IDTaken, http.StatusConflict, "这个编号已经用过，内容却不同。", "The id exists with another body, author or household."},
	{OnlineOnly, http.StatusForbidden, "这一项只能由乡镇管理员在线修改。", "ID number, bank and health detail never change through sync."},
	{TooLarge, http.StatusRequestEntityTooLarge, "内容太大，请减少一些再试。", "Body, text, list or picture over its limit."},
	{TooMany, http.StatusTooManyRequests, "操作太频繁，请稍后再试。", "Rate limit; retry after the time in Retry-After."},
	{BadMedia, http.StatusUnsupportedMediaType, "不支持这种内容。", "Content-Type is not what the route takes."},
	{BadImage, http.StatusUnprocessableEntity, "这张照片打不开，请重新拍一张。", "Not an image this server accepts, or its header lies about its size."},
	{Checksum, http.StatusConflict, "照片没有传完整，请重新传。", "Bytes received do not have the announced SHA-256."},
	{Gone, http.StatusGone, "这个链接已经失效。", "Expired or used one-time code or link."},
}

// SpecOf returns the declaration of c; an unknown code is Internal.
func SpecOf(c Code) Spec {
	for _, s := range Codes {
		if s.Code == c {
			return s
		}
	}
	return Codes[0]
}

// Field is one thing wrong with one field of the input.
type Field struct {
	Name   string `json:"name"`   // wire name, dotted for nesting
	Code   string `json:"code"`   // required, too-long, not-allowed, unknown, server-set, format, range, stale
	Detail string `json:"detail"` // plain Chinese sentence
}

// Error is a failure the caller may be told about.
type Error struct {
	Code   Code
	Detail string // sentence for the person holding the phone; empty = the code's own
	Fields []Field
	Retry  time.Duration // > 0: when it is worth trying again
	Err    error         // cause; logged, never sent
}

func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Sentence()
	for _, f := range e.Fields {
		s += fmt.Sprintf(" [%s %s]", f.Name, f.Code)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Sentence is Detail, or the code's own sentence when Detail is empty.
func (e *Error) Sentence() string {
	if e.Detail != "" {
		return e.Detail
	}
	return SpecOf(e.Code).Detail
}

// New returns a failure with code c and, unless empty, its own Chinese sentence.
func New(c Code, detail string) *Error { return &Error{Code: c, Detail: detail} }

// Wrap hides err behind code c: err is logged, c is shown.
func Wrap(c Code, err error) *Error { return &Error{Code: c, Err: err} }

// Bad returns an Invalid error for the fields given.
func Bad(fields ...Field) *Error { return &Error{Code: Invalid, Fields: fields} }

// CodeOf returns the code of err; every error that is not ours is Internal.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// Is reports whether err carries code c.
func Is(err error, c Code) bool { return err != nil && CodeOf(err) == c }

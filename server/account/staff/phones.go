package staff

import (
	"context"
	"fmt"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/workflow"
	"daohu/server/write"
)

// FreshFor is how long a phone's word about its unsent work is believed: a
// cadre is in the villages every week, so that a phone silent for longer may
// hold work nobody knows of.
const FreshFor = 7 * 24 * time.Hour

// Phone is the stored row of a phone with its user.
type Phone struct {
	write.Client
	Login    string
	Name     string
	Role     access.Role
	County   string
	Township string
}

// PhoneStore reads phones.
type PhoneStore interface {
	// Phones lists the phones of a township's users by id.
	Phones(ctx context.Context, township, after string, limit int) ([]Phone, error)
	// Phone returns one. NotFound.
	Phone(ctx context.Context, id string) (Phone, error)
	// UserPhones lists one user's by id.
	UserPhones(ctx context.Context, user string) ([]Phone, error)
}

// Phones is the phones of a township for its administrator.
type Phones struct {
	Store  PhoneStore
	Writer write.Writer
	Now    func() time.Time
}

// Device is a phone as the administrator sees it.
type Device struct {
	ID       string `json:"id"`
	User     string `json:"user" doc:"user id"`
	Login    string `json:"login"`
	Name     string `json:"name"`
	Role     string `json:"role" enum:"H,C,V"`
	Unsent   int64  `json:"unsent" doc:"changes it held at its last contact"`
	OldestAt int64  `json:"oldestAt,omitempty" doc:"when the oldest of them was made, by the phone's clock, Unix ms"`
	Schema   int64  `json:"schema" doc:"number of its tables"`
	SeenAt   int64  `json:"seenAt,omitempty" doc:"last contact, Unix ms; absent = never finished one"`
	Wipe     bool   `json:"wipe,omitempty" doc:"it erases itself at its next contact"`
	Safe     bool   `json:"safe" doc:"nothing is lost when its user is disabled"`
	Why      string `json:"why,omitempty" doc:"why it is not safe, in words"`
}

func (s *Phones) show(p Phone) Device {
	d := Device{ID: p.ID, User: p.User, Login: p.Login, Name: p.Name, Role: string(p.Role), Unsent: p.Unsent, OldestAt: p.OldestAt, Schema: p.Schema, SeenAt: p.SeenAt, Wipe: p.Wipe}
	silent := s.Now().UnixMilli() - p.SeenAt
	switch {
	case p.SeenAt == 0:
		d.Why = "这部手机还没有同步过，不知道有没有没上传的内容。"
	case p.Unsent > 0:
		d.Why = fmt.Sprintf("这部手机还有 %d 条没有送到%s，请先让本人联网打开小程序。", p.Unsent, since(p.OldestAt))
	case silent >= FreshFor.Milliseconds():
		d.Why = fmt.Sprintf("这部手机已经 %d 天没有联系，可能有没上传的内容，请先让本人联网打开小程序。", silent/(24*time.Hour).Milliseconds())
	default:
		d.Safe = true
	}
	return d
}

// since says from when the oldest unsent item is, by the phone's clock.
func since(at int64) string {
	if at <= 0 {
		return ""
	}
	return time.UnixMilli(at).In(calendar.Zone()).Format("，最早的一条写于 1 月 2 日")
}

// Unsent says for each phone of a user why it is not safe to take the user out
// of use now; none = it is. A disabled user's phone may still hand in its work
// for account.PushGrace, if it finds a signal in that time.
func (s *Phones) Unsent(ctx context.Context, user string) ([]string, error) {
	list, err := s.Store.UserPhones(ctx, user)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range list {
		if d := s.show(p); !d.Safe {
			out = append(out, d.Why)
		}
	}
	return out, nil
}

// List is a page of the phones of the caller's township, by id; next is "" on
// the last page.
func (s *Phones) List(ctx context.Context, a access.Actor, after string, limit int) (rows []Device, next string, err error) {
	if a.Role != access.Township || a.Township == "" || a.PushOnly {
		return nil, "", fault.New(fault.NotFound, "")
	}
	list, err := s.Store.Phones(ctx, a.Township, after, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].ID
	}
	for _, p := range list {
		rows = append(rows, s.show(p))
	}
	return rows, next, nil
}

// Wipe marks a phone to be erased at its next contact, or takes the mark off:
// it first hands in what it holds, which goes to quarantine, and is sent
// nothing. Codes: NotFound (no phone of the township), Invalid (no reason).
func (s *Phones) Wipe(ctx context.Context, a access.Actor, id string, on bool, reason string) error {
	p, err := s.Store.Phone(ctx, id)
	if err == nil && !MayChange(a, account.User{ID: p.User, Role: p.Role, County: p.County, Township: p.Township}) {
		err = fault.New(fault.NotFound, "")
	}
	if err == nil {
		err = workflow.Words(reason, true)
	}
	if err != nil {
		return err
	}
	in := write.Intent{Township: a.Township, Actor: a.User, Action: "wipe", Client: id}
	_, err = s.Writer.Write(ctx, in, func(tx write.Tx) error {
		c := tx.Client()
		if c.Wipe == on {
			return nil
		}
		c.Wipe = on
		tx.Add(&write.Step{Type: "client", Row: id, From: mark(!on), To: mark(on), By: a.User, Reason: reason, At: tx.Now()})
		return nil
	})
	return err
}

// mark is the state of a phone in the history of its steps.
func mark(wipe bool) string {
	if wipe {
		return "wipe"
	}
	return "in-use"
}

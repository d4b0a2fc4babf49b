package api

import (
	"context"

	"daohu/server/access"
	"daohu/server/account/staff"
)

// Devices is the phones of the caller's township (staff.Phones).
type Devices interface {
	List(ctx context.Context, a access.Actor, after string, limit int) (rows []staff.Device, next string, err error)
	// Wipe marks a phone to be erased at its next contact. Codes: not-found, invalid.
	Wipe(ctx context.Context, a access.Actor, id string, on bool, reason string) error
}

var _ Devices = (*staff.Phones)(nil)

// DevicePage is a page of phones.
type DevicePage struct {
	Rows []staff.Device `json:"rows"`
	Next string         `json:"next,omitempty" doc:"give it as after for the next page; absent = last page"`
}

type wipe struct {
	On     bool   `json:"on"`
	Reason string `json:"reason" minLength:"1" maxLength:"200"`
}

func (a *API) devices(c *call, _ *none) (*DevicePage, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	rows, next, err := a.deps.Devices.List(c.r.Context(), c.actor, q.After, q.Limit)
	if err != nil {
		return nil, err
	}
	return &DevicePage{Rows: some(rows), Next: next}, nil
}

func (a *API) wipeDevice(c *call, in *wipe) (*none, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return nil, a.deps.Devices.Wipe(c.r.Context(), c.actor, id, in.On, in.Reason)
}

package console

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"daohu/server/account/staff"
	"daohu/server/fault"
	"daohu/server/pairing"
)

// Handover is the second step of the wizard: what a cadre has, and what lies
// unsent on the phones.
type Handover struct {
	From    string
	Name    string
	Houses  []Paired
	Devices []staff.Device
}

func showHandover(v *View) (any, error) {
	out := &Handover{From: v.Filter("from")}
	if out.From == "" {
		return out, nil
	}
	rows, err := v.paired(v.Today(), out.From)
	if err != nil {
		return nil, err
	}
	out.Houses = rows
	for _, u := range v.people() {
		if u.Login == out.From {
			out.Name = u.Name
		}
	}
	devices, err := every[staff.Device](v, "/api/v1/devices", url.Values{}, 20)
	out.Devices = slices.DeleteFunc(devices, func(d staff.Device) bool { return d.Login != out.From })
	return out, err
}

// Ticks are the households as options, all of them ticked at first.
func (h *Handover) Ticks(again bool) []Option {
	var out []Option
	for _, p := range h.Houses {
		out = append(out, Option{Value: p.House.ID, Word: p.House.Name() + "（" + p.House.Place + "）", On: !again})
	}
	return out
}

// tryHandover says what a hand-over would do.
func tryHandover(v *View) (Done, error) {
	var list []pairing.Transfer
	for _, id := range v.All("households") {
		list = append(list, pairing.Transfer{Household: id})
	}
	if len(list) == 0 {
		return Done{}, fault.Bad(fault.Field{Name: "households", Code: "required", Detail: "请勾选要交接的户。"})
	}
	if v.Text("to") == "" {
		return Done{}, fault.Bad(fault.Field{Name: "to", Code: "required", Detail: "请选接手的干部。"})
	}
	out, err := v.handover(list, true)
	return Done{Data: out}, err
}

// Handing is an answered hand-over and what was asked for.
type Handing struct {
	pairing.HandoverResult
	Login, Day, Reason string // whom to, from which day, why
}

func (v *View) handover(list []pairing.Transfer, dry bool) (*Handing, error) {
	in := pairing.Handover{From: v.Filter("from"), To: v.Text("to"), Day: v.Text("day"), Reason: v.Text("reason"), Dry: dry, Households: list}
	out := &Handing{Login: in.To, Day: in.Day, Reason: in.Reason}
	return out, v.Post("/api/v1/pairings/handover", in, &out.HandoverResult)
}

// carryHandover carries out what was tried: each household as it was seen then.
func carryHandover(v *View) (Done, error) {
	var list []pairing.Transfer
	for _, seen := range v.All("households") {
		id, mark, _ := strings.Cut(seen, "|")
		list = append(list, pairing.Transfer{Household: id, Seen: mark})
	}
	_, err := v.handover(list, false)
	return Done{To: "/pairings/handover", Say: fmt.Sprintf("已交接 %d 户。", len(list))}, err
}

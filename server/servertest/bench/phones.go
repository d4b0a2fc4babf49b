package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"daohu/server/access"
	"daohu/server/delta"
)

// exchange is what the bench needs of an answer.
type exchange struct {
	Cursor string
	Last   int64
	More   bool
}

// post does one exchange in process and in JSON: what travels is weighed
// elsewhere.
func post(ctx context.Context, d *delta.Service, who access.Actor, client, cursor, acked, muts string) (e exchange, err error) {
	raw, err := d.Exchange(ctx, who, fmt.Appendf(nil, `{"cursor":%q,"schema":1,"client":%q,"acked":%s,"muts":[%s],"budget":65536,"unsent":[0,0]}`, cursor, client, acked, muts))
	if err == nil {
		err = json.Unmarshal(raw, &e)
	}
	if err == nil && e.Cursor == "" {
		err = errors.New("no cursor: " + string(raw))
	}
	return e, err
}

// settle fetches everything and returns the cursor of a phone that has it all.
func settle(ctx context.Context, d *delta.Service, who access.Actor, client string) (cursor string, err error) {
	for {
		e, err := post(ctx, d, who, client, cursor, `[0,""]`, "")
		if err != nil || !e.More {
			return e.Cursor, err
		}
		cursor = e.Cursor
	}
}

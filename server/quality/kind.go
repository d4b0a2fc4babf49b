package quality

import (
	"context"
	"crypto/sha256"
	"sync"

	"daohu/server/setting"
)

// Code is the kind of setting that holds a township's own edition of the rules.
const Code = "quality"

// Kind declares it.
func Kind() setting.Kind {
	return setting.Kind{Code: Code, Title: "数据质量规则", Shipped: []setting.Document{{Name: "builtin", Title: "数据质量规则", Body: builtin}},
		Check: func(raw []byte) error { _, err := Parse(raw); return err }}
}

// Settings reads what holds in a township.
type Settings interface {
	Current(ctx context.Context, township, code string) ([]byte, error)
}

// Editions remembers the editions it has read: every approval asks for one,
// and most townships have the same. The zero Editions is empty. It is safe for
// concurrent use.
type Editions struct {
	mu   sync.Mutex
	read map[[sha256.Size]byte]*Set
}

// mostEditions is how many are remembered before it begins anew.
const mostEditions = 64

// Of is the edition that holds in a township.
func (e *Editions) Of(ctx context.Context, s Settings, township string) (*Set, error) {
	raw, err := s.Current(ctx, township, Code)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	e.mu.Lock()
	defer e.mu.Unlock()
	if known := e.read[sum]; known != nil {
		return known, nil
	}
	set, err := Parse(raw)
	if err != nil {
		return nil, err
	}
	if e.read == nil || len(e.read) >= mostEditions {
		e.read = map[[sha256.Size]byte]*Set{}
	}
	e.read[sum] = set
	return set, nil
}

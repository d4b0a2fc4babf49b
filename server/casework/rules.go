package casework

import (
	"sync"

	"daohu/server/calendar"
	"daohu/server/write"
)

// Rules are the rules of arrival of this package's types. The data they go by
// is asked for in each transaction, so that a setting of the township can take
// the place of what is built in.
type Rules struct {
	Calendar func(tx write.Tx) (*calendar.Calendar, error)
	Book     func(tx write.Tx) (*Book, error)
}

// Builtin are the rules with the data that comes with the program.
func Builtin() Rules {
	days, book := sync.OnceValues(calendar.Builtin), sync.OnceValues(BuiltinBook)
	return Rules{
		Calendar: func(write.Tx) (*calendar.Calendar, error) { return days() },
		Book:     func(write.Tx) (*Book, error) { return book() },
	}
}

package casework

import (
	"sync"

	"daohu/server/calendar"
	"daohu/server/write"
)

// Rules are the rules of arrival of this package's types. The data they go by
// is asked for in each transaction, whose township may have its own; without a
// transaction (nil) it is what comes with the program.
type Rules struct {
	Calendar func(tx write.Tx) (*calendar.Calendar, error)
	Book     func(tx write.Tx) (*Book, error)
}

// Builtin are the rules with the data of the transaction's township, else with
// what comes with the program.
func Builtin() Rules {
	return Rules{
		Calendar: own(calendar.Code, calendar.Parse, sync.OnceValues(calendar.Builtin)),
		Book:     own(Code, ParseBook, sync.OnceValues(BuiltinBook)),
	}
}

func own[T any](code string, parse func([]byte) (T, error), shipped func() (T, error)) func(write.Tx) (T, error) {
	return func(tx write.Tx) (T, error) {
		if tx == nil {
			return shipped()
		}
		raw, err := tx.Document(code)
		switch {
		case err != nil:
			var none T
			return none, err
		case raw != nil:
			return parse(raw)
		}
		return shipped()
	}
}

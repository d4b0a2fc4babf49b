package delta

import "daohu/server/record"

// What columns_test.go needs from inside.
type Item = item

var (
	Column    = column
	Cells     = cells
	Tombstone = tombstone
)

func NewItem(id string, space int64, full, cont, more bool) Item {
	return item{id: id, space: space, full: full, cont: cont, more: more}
}

func (it *item) Row(typ int, id string, text []byte) {
	it.rows = append(it.rows, row{typ, id, text})
}

// Each calls f with every row: its type, its text.
func (it *item) Each(f func(typ int, text []byte)) {
	for _, r := range it.rows {
		f(r.typ, r.text)
	}
}

// Head is the household's id, space and flags.
func (it *item) Head() (string, int64, bool, bool, bool) {
	return it.id, it.space, it.full, it.cont, it.more
}

// ParcelOf packs an answer with items.
func ParcelOf(types []*record.Type, items []Item) ([]byte, error) {
	return (&answer{cursor: "abc", next: 300, now: 1}).parcel(types, items)
}

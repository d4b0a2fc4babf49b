// Package area is the tree of places: county, township, village, group.
package area

import "context"

// The levels of the tree.
const (
	County   = "county"
	Township = "township"
	Village  = "village"
	Group    = "group" // 寨、村民小组
)

// Area is one place. It is not synced: households carry the names they need.
type Area struct {
	Code     string `gorm:"primaryKey"` // 6, 9 or 12 digits as in GB/T 2260 and GB/T 10114; groups add 2
	Parent   string // code of the place above; "" for a county
	Level    string // county, township, village, group
	Name     string
	Township string // code of the township it lies in; "" for a county
	// Poor is "" for an ordinary village, poor for 贫困村, deep_poor for 深度贫困村.
	Poor     string
	ExitPlan int64 // year the village is to leave the list (出列); 0 = not on it
	ExitYear int64 // year it left; 0 = not yet
	// Profile is the township's terminology profile: alleviation-2016,
	// monitoring-2021 or regular-2026; "" elsewhere.
	Profile string
}

// TableName is the table of Area.
func (Area) TableName() string { return "area" }

// Store keeps areas.
type Store interface {
	Area(ctx context.Context, code string) (Area, error) // fault.NotFound
	Under(ctx context.Context, parent string) ([]Area, error)
	PutAreas(ctx context.Context, areas []Area) error
}

package account

import (
	"context"
	"time"
)

// searchLimit counts searches by ID number that find nobody. Whoever knows a
// person's birth month and region has some 31 000 numbers left to try; at this
// rate that takes years.
var searchLimit = limit{"search", 30, 24 * time.Hour, "今天按证件号查找落空太多次了，请明天再试，或按姓名、户编号查找。"}

// Guess counts a search of user's by ID number before it is made; found takes
// it back, for one that finds somebody. TooMany, with Retry up to midnight.
func (s *Service) Guess(ctx context.Context, user string) (found func(context.Context), err error) {
	t, err := s.take(ctx, searchLimit, user)
	return t.refund, err
}

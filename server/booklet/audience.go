package booklet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
)

// What a condition of an audience may ask of a household. A condition is its
// name, a colon and a value; the last two have none.
const (
	byClass    = "class"    // 户属性, a word of the code list
	byExit     = "exit"     // 脱贫标志, a word of the code list
	byExitYear = "exitYear" // the year it left
	byPlanYear = "planYear" // the year it is planned to leave
	bySafety   = "safety"   // kept by the safety net
	byWatch    = "watch"    // monitored, and its risk not cleared
)

// For reports whether the card is for a household: one condition of its
// audience holds, or it has none.
func (c *Card) For(h *household.Household) bool {
	all := c.conditions()
	return len(all) == 0 || slices.ContainsFunc(all, func(cond string) bool {
		name, value, _ := strings.Cut(cond, ":")
		switch name {
		case byClass:
			return h.Class == value
		case byExit:
			return h.Exit == value
		case byExitYear:
			return strconv.FormatInt(h.ExitYear, 10) == value
		case byPlanYear:
			return strconv.FormatInt(h.PlanYear, 10) == value
		case bySafety:
			return h.Safety
		case byWatch:
			return h.Watch != "" && h.Cleared != "是"
		}
		return false
	})
}

// conditions are those of the audience; a list the server did not write has none.
func (c *Card) conditions() []string {
	var all []string
	if c.Audience == "" || c.Audience.Into(&all) != nil {
		return nil
	}
	return all
}

// checkAudience says which conditions are none.
func checkAudience(all []string) []fault.Field {
	var bad []fault.Field
	f, _ := Type.Field("audience")
	if int64(len(all)) > f.Max {
		bad = append(bad, fault.Field{Name: "audience", Code: "too-long", Detail: fmt.Sprintf("最多 %d 个条件。", f.Max)})
	}
	for i, cond := range all {
		if !isCondition(cond) || slices.Contains(all[:i], cond) {
			bad = append(bad, fault.Field{Name: fmt.Sprintf("audience.%d", i), Code: "not-allowed", Detail: "没有这个条件，或者写了两遍。"})
		}
	}
	return bad
}

func isCondition(cond string) bool {
	name, value, valued := strings.Cut(cond, ":")
	switch name {
	case byClass, byExit:
		return slices.Contains(record.ListNamed(name).Words(), value)
	case byExitYear, byPlanYear:
		n, err := strconv.Atoi(value)
		return err == nil && n >= 2000 && n <= 2100 && strconv.Itoa(n) == value
	case bySafety, byWatch:
		return !valued
	}
	return false
}

package demo

import (
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/roster"
)

// checkQuality holds the book to the rules of domain.md B.5 that its fields
// can break; the numbers are theirs. It is written anew from the rules, apart
// from the generator.
func checkQuality(t *testing.T, b *roster.Book, today time.Time) {
	t.Helper()
	people := map[string][]roster.MemberRow{}
	for _, m := range b.Members {
		people[m.House] = append(people[m.House], m)
		for _, rule := range memberFaults(m, today) {
			t.Errorf("member %s (%s, born %s) breaks rule %s", m.Rec.Code, m.Rec.Relation, m.Rec.Birth, rule)
		}
	}
	for _, h := range b.Households {
		for _, rule := range append(houseFaults(h, people[h.Rec.Code]), watchFaults(h, today)...) {
			t.Errorf("household %s breaks rule %s", h.Rec.Code, rule)
		}
	}
}

// age in full years, by the month of birth; the day is not kept.
func age(m roster.MemberRow, today time.Time) int {
	born, _ := time.Parse("2006-01", m.Rec.Birth)
	n := today.Year() - born.Year()
	if today.Month() < born.Month() {
		n--
	}
	return n
}

func memberFaults(m roster.MemberRow, today time.Time) (broken []string) {
	r, years := m.Rec, age(m, today)
	check := func(rule string, ok bool) {
		if !ok {
			broken = append(broken, rule)
		}
	}
	men := []string{"之子", "之父", "之孙子"}
	women := []string{"之女", "之母", "之儿媳", "之孙女"}
	check("1 number", m.IDNo[6:10]+"-"+m.IDNo[10:12] == r.Birth && ((m.IDNo[16]-'0')%2 == 1) == (r.Sex == "男"))
	check("6 relation and sex", !slices.Contains(men, r.Relation) || r.Sex == "男")
	check("6 relation and sex", !slices.Contains(women, r.Relation) || r.Sex == "女")
	check("7 education or school", (r.Education == "") != (r.School == ""))
	check("8 place and months", (r.Work == "") == (r.WorkMonths == 0))
	check("12 under 16", years >= 16 || r.Labour == "无劳动力")
	fit := years >= 16 && years <= 59 && r.Health == "健康" && r.School == ""
	check("13 able", !fit || (r.Labour == "普通劳动力" || r.Labour == "技能劳动力"))
	check("15 certificate", (r.Health == "残疾") == (len(m.IDNo) == 20))
	check("16 school age", years < 6 || years > 15 || r.School != "")
	check("age", years >= 0 && years <= 100)
	able := r.Labour == "普通劳动力" || r.Labour == "技能劳动力"
	check("worker is able", r.Work == "" || able || (r.Post == "是" && r.Labour == "弱劳动力或半劳动力"))
	check("10 one insurance", (r.Insured == "是") != (r.Staff == "是"))
	check("11 serious illness", r.Serious == "")
	check("14 post", r.Post != "是" || years < 70)
	check("certificate is the number's", m.CertNo == "" || m.CertNo[:18] == m.IDNo[:18] && roster.CheckID(m.CertNo) == nil)
	check("15 certificate number", (r.Health == "残疾") == (m.CertNo != ""))
	check("diagnosis", (r.Health == "健康") == (m.Diagnosis == ""))
	return broken
}

// watchFaults are the rules about land and monitoring.
func watchFaults(h roster.HouseRow, today time.Time) (broken []string) {
	r := h.Rec
	check := func(rule string, ok bool) {
		if !ok {
			broken = append(broken, rule)
		}
	}
	for _, mu := range []int64{r.Farmland, r.Forest, r.Returned, r.Orchard, r.Pasture, r.Pond} {
		check("17 land", mu >= 0 && mu <= 100_00)
	}
	check("bank account", h.BankAccount == "" || strings.HasPrefix(h.BankAccount, "999999") && len(h.BankAccount) == 19)
	net := r.Wage + r.Business + r.Property + r.Transfer - r.Expense
	check("incomes add up", r.People == 0 || net == r.Income*r.People)
	for _, fen := range []int64{r.Wage, r.Business, r.Property, r.Transfer, r.Expense} {
		check("no negative income", fen >= 0)
	}
	if r.Watch == "" {
		check("watch is empty", r.Risks == "" && r.RiskAt == "" && r.Cleared == "" && r.ClearedAt == "" && r.ClearedBy == "")
		return broken
	}
	var risks []string
	check("risks", r.Risks.Into(&risks) == nil && len(risks) > 0 && len(slices.Compact(slices.Sorted(slices.Values(risks)))) == len(risks))
	check("exited ones are monitored", r.Exit == "已脱贫")
	told, err := time.Parse("2006-01", r.RiskAt)
	check("told", err == nil && !told.After(today))
	if r.Cleared == "否" {
		check("18 told this month", r.RiskAt == today.Format("2006-01") && r.ClearedAt == "" && r.ClearedBy == "")
		return broken
	}
	cleared, err := time.Parse("2006-01", r.ClearedAt)
	check("19 six months", err == nil && cleared.After(told.AddDate(0, 6, 0)) && cleared.Before(today) && r.ClearedBy != "")
	return broken
}

func houseFaults(h roster.HouseRow, people []roster.MemberRow) (broken []string) {
	check := func(rule string, ok bool) {
		if !ok {
			broken = append(broken, rule)
		}
	}
	heads, spouses, able, sexes, health, pupils := 0, 0, 0, map[string]bool{}, "", 0
	for _, m := range people {
		if m.Rec.Relation == "户主" {
			heads++
			sexes[m.Rec.Sex] = true
		}
		if m.Rec.Relation == "配偶" {
			spouses++
			sexes[m.Rec.Sex] = true
		}
		if m.Rec.Labour != "无劳动力" && m.Rec.Labour != "丧失劳动力" {
			able++
		}
		if m.Rec.School != "" {
			pupils++
		}
		health += m.Rec.Health
	}
	causes := h.Rec.Cause + string(h.Rec.Causes)
	check("3 one head", heads == 1)
	check("4 one spouse", spouses <= 1)
	check("5 spouse's sex", spouses == 0 || len(sexes) == 2)
	check("9 telephone", len(h.Phone) == 11)
	check("20 ill", !strings.Contains(causes, "因病") || strings.Contains(health, "病"))
	check("20 disabled", !strings.Contains(causes, "因残") || strings.Contains(health, "残疾"))
	check("21 pupils", !strings.Contains(causes, "因学") || pupils > 0)
	check("22 no labour", able > 0 || strings.HasPrefix(h.Rec.Class, "低保") || strings.HasPrefix(h.Rec.Class, "五保"))
	left := h.Rec.Exit == "已脱贫"
	check("23 house and water", !left || (h.Rec.Danger == "否" && h.Rec.Water == "是"))
	check("24 income", !left || h.Rec.Income > 730_000)
	return broken
}

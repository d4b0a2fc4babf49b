package demo

import (
	"fmt"
	"time"

	"daohu/server/household"
	"daohu/server/roster"
)

// person is one member before the registry's words are put on.
type person struct {
	relation string
	male     bool
	age      int // full years today
	surname  rune
	health   string
}

// family makes n people of fitting ages. weak is for households that only the
// safety net carries: old, ill or disabled adults with at most grandchildren.
func (g *gen) family(n int, weak bool) []person {
	head := person{relation: "户主", male: g.chance(88), surname: g.surname()}
	switch {
	case weak:
		return g.weakFamily(n, head)
	case n >= 7 || (n >= 3 && g.chance(35)):
		head.age = g.between(51, 68)
		return g.oldFamily(n, head)
	}
	head.age = g.between(28, 50)
	return g.youngFamily(n, head)
}

// youngFamily: couple, children, then the head's parents, then brothers and
// sisters.
func (g *gen) youngFamily(n int, head person) []person {
	out := []person{head}
	add := func(p person) bool {
		if len(out) < n {
			out = append(out, p)
		}
		return len(out) < n
	}
	father := head.surname
	if n >= 2 && (n >= 4 || g.chance(80)) {
		spouse := g.spouse(head)
		if add(spouse); spouse.male {
			father = spouse.surname
		}
	}
	parents := g.between(0, min(2, max(0, n-3)))
	age := head.age - g.between(23, 27)
	for kids := 0; kids < 4 && age >= 0 && len(out)+parents < n; kids++ {
		add(g.child(father, age))
		age -= g.between(1, 3)
	}
	add(person{relation: "之母", age: head.age + g.between(20, 27), surname: g.surname()})
	add(person{relation: "之父", male: true, age: head.age + g.between(22, 29), surname: head.surname})
	return g.fill(out, n, false)
}

// oldFamily: couple, a grown son with wife and children, an unmarried child,
// the head's mother.
func (g *gen) oldFamily(n int, head person) []person {
	out := []person{head}
	add := func(p person) {
		if len(out) < n {
			out = append(out, p)
		}
	}
	spouse := g.spouse(head)
	father := head.surname
	if spouse.male {
		father = spouse.surname
	}
	add(spouse)
	son := person{relation: "之子", male: true, age: head.age - g.between(24, 28), surname: father}
	add(son)
	if n >= 4 {
		add(person{relation: "之儿媳", age: max(22, son.age-g.between(0, 2)), surname: g.surname()})
		age := son.age - g.between(22, 25)
		for range g.between(1, 3) {
			if age < 0 {
				break
			}
			kid := g.child(father, age)
			kid.relation = map[bool]string{true: "之孙子", false: "之孙女"}[kid.male]
			add(kid)
			age -= g.between(1, 3)
		}
	}
	if head.age < 60 {
		add(g.child(father, g.between(max(16, head.age-40), son.age-3)))
	}
	if head.age < 64 {
		add(person{relation: "之母", age: head.age + g.between(19, 24), surname: g.surname()})
	}
	return g.fill(out, n, false)
}

func (g *gen) weakFamily(n int, head person) []person {
	head.age = g.between(61, 82)
	if n == 1 {
		return []person{head}
	}
	if g.chance(25) { // a disabled grown child with an old mother
		head.age, head.health = g.between(36, 55), "残疾"
		out := []person{head, {relation: "之母", age: head.age + g.between(21, 27), surname: g.surname()}}
		return g.fill(out, n, true)
	}
	out := []person{head, g.spouse(head)}
	father := head.surname
	if !head.male {
		father = out[1].surname
	}
	if n >= 3 {
		out = append(out, person{relation: "之子", male: true, age: head.age - g.between(24, 30), surname: father, health: g.one("残疾", "患有大病")})
	}
	for len(out) < min(n, 5) {
		kid := g.child(father, g.between(4, 14))
		kid.relation = map[bool]string{true: "之孙子", false: "之孙女"}[kid.male]
		out = append(out, kid)
	}
	return g.fill(out, n, true)
}

func (g *gen) spouse(head person) person {
	age := head.age - g.between(-1, 4)
	if !head.male {
		age = head.age + g.between(-1, 4)
	}
	return person{relation: "配偶", male: !head.male, age: age, surname: g.surname()}
}

func (g *gen) child(surname rune, age int) person {
	p := person{relation: "之女", male: g.chance(52), age: age, surname: surname}
	if p.male {
		p.relation = "之子"
	}
	return p
}

// fill brings a family up to n with brothers and sisters of the head.
func (g *gen) fill(out []person, n int, weak bool) []person {
	for len(out) < n {
		h := out[0]
		p := person{relation: "之兄弟姐妹", male: g.chance(60), age: max(18, h.age+g.between(-8, 8)), surname: h.surname}
		if weak {
			p.health = "残疾"
		}
		out = append(out, p)
	}
	return out
}

// member puts a person into the registry's words by the rules of domain.md
// B.5 (numbers in brackets).
func (g *gen) member(p person, ethnic string) roster.MemberRow {
	m := household.Member{Relation: p.relation, Sex: "女", Ethnic: ethnic, Health: p.health, Pension: "否"}
	if p.male {
		m.Sex = "男"
	}
	m.Name = g.name(p.surname, p.male, p.age)
	if m.Health == "" {
		m.Health = "健康"
	}
	student := g.school(p, &m)
	m.Labour = g.labour(p.age, student, m.Health)
	if p.age >= 16 && !student {
		m.Pension = "是"
	}
	able := m.Labour == "普通劳动力" || m.Labour == "技能劳动力"
	if able && p.age < 60 && g.chance(38) { // [8] place and months together
		m.Work = g.draw([]weighted{{"乡(镇)内", 25}, {"乡外县内", 20}, {"县外省内", 20}, {"省外", 35}})
		m.WorkMonths = int64(g.between(3, 11))
	}
	g.insure(p, &m)
	born := g.birthday(p.age)
	m.Birth = born.Format("2006-01")
	row := roster.MemberRow{Rec: m, IDNo: g.number(born, p.male), Diagnosis: g.diagnosis(m.Health)}
	if m.Health == "残疾" { // [15] a certificate number: kind 1-7, grade 1-4
		row.IDNo += fmt.Sprintf("%d%d", g.between(1, 7), g.between(1, 4))
		row.CertNo = row.IDNo
	}
	return row
}

// school fills either the school state or the education, never both [7], and
// has every child of 3 to 15 in school [16].
func (g *gen) school(p person, m *household.Member) (student bool) {
	grades := []string{"小学", "小学", "小学", "小学", "小学", "小学", "七年级", "八年级", "九年级"}
	switch a := p.age; {
	case a < 3:
		m.School = "学龄前儿童"
	case a < 6:
		m.School = "学前教育"
	case a < 15:
		m.School = grades[a-6]
	case a < 18 && (a == 15 || g.chance(85)) && p.health == "":
		m.School = g.one("普高", "中职") + []string{"一年级", "二年级", "三年级"}[a-15]
	case a < 22 && a >= 18 && p.health == "" && (p.relation == "之子" || p.relation == "之女") && g.chance(30):
		m.School = g.one("本科", "高职高专") + []string{"一年级", "二年级", "三年级"}[min(a-18, 2)]
	case a >= 60:
		m.Education = g.draw([]weighted{{"文盲或半文盲", 48}, {"小学", 46}, {"初中", 6}})
	case a >= 40:
		m.Education = g.draw([]weighted{{"文盲或半文盲", 9}, {"小学", 58}, {"初中", 29}, {"高中", 4}})
	default:
		m.Education = g.draw([]weighted{{"小学", 17}, {"初中", 58}, {"高中", 14}, {"大专", 8}, {"本科及以上", 3}})
	}
	return m.School != ""
}

// labour by age [12] and health; a healthy adult of 16 to 59 who is no student
// is able [13].
func (g *gen) labour(age int, student bool, health string) string {
	switch {
	case age < 16 || student || age >= 70:
		return "无劳动力"
	case health == "残疾" || health == "患有大病":
		if age >= 60 {
			return "无劳动力"
		}
		return "丧失劳动力"
	case health == "长期慢性病":
		return g.one("弱劳动力或半劳动力", "弱劳动力或半劳动力", "普通劳动力")
	case age >= 60:
		return g.one("弱劳动力或半劳动力", "弱劳动力或半劳动力", "普通劳动力")
	}
	return g.draw([]weighted{{"普通劳动力", 86}, {"技能劳动力", 14}})
}

// birthday is a day on which a person of age full years today may be born.
func (g *gen) birthday(age int) time.Time {
	return g.today.AddDate(-age, 0, -g.r.IntN(364))
}

// number makes an ID number that cannot exist: region 999999, the birthday, a
// serial number that is odd for men, and the check digit of GB 11643. No two
// are alike within one generator.
func (g *gen) number(born time.Time, male bool) string {
	key := born.Format("20060102")
	for { // 500 numbers a day and sex; a day has a handful of births
		serial := g.r.IntN(500) * 2
		if male {
			serial++
		}
		body := fmt.Sprintf("999999%s%03d", key, serial)
		if !g.numbers[body] {
			g.numbers[body] = true
			return body + string(roster.IDCheckDigit(body))
		}
	}
}

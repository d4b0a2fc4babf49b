package demo

// Everything here is invented: surnames are the most common ones, given names
// are put together at random. The characters were chosen so that no name of a
// person in the plans the product is built from can come out, nor, as far as we
// thought of them, that of somebody everyone knows.
const (
	surnames   = "王李张刘陈杨黄赵周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曾彭蔡潘田董袁余叶杜苏魏吕丁任卢姚姜钟谭汪范石廖熊陆孔白崔康邱秦江史顾侯邵孟龙万段雷钱汤尹黎安常文"
	menGiven   = "建安福才林川江海波飞秋松柏成祥顺兴旺富荣光宗厚学文武志诚信义礼达方泉水永昌盛庆丰元"
	womenGiven = "秀英兰芳梅桂花珍珠凤霞翠莲艳娟琴琼芬香月娥素群淑慧静雪玲美燕萍蓉蕾巧惠贞彩仙秋银会先"
	childGiven = "子涵宇轩欣怡梓萱浩然诗雨佳俊豪思雅嘉瑞博文一诺可馨晨曦铭梦琪天佑依晓乐阳睿彤语桐煜"
)

// name returns a full name of two or three characters.
func (g *gen) name(surname rune, male bool, age int) string {
	set := womenGiven
	switch {
	case age < 18:
		set = childGiven
	case male:
		set = menGiven
	}
	first := g.pick(set)
	if g.chance(22) {
		return string([]rune{surname, first})
	}
	return string([]rune{surname, first, g.pick(set)})
}

func (g *gen) surname() rune { return g.pick(surnames) }

func (g *gen) pick(set string) rune {
	r := []rune(set)
	return r[g.r.IntN(len(r))]
}

// weighted is a word and how often it comes relative to the others.
type weighted struct {
	word   string
	weight int
}

func (g *gen) draw(list []weighted) string {
	sum := 0
	for _, w := range list {
		sum += w.weight
	}
	n := g.r.IntN(sum)
	for _, w := range list {
		if n -= w.weight; n < 0 {
			return w.word
		}
	}
	return ""
}

// one returns one of words.
func (g *gen) one(words ...string) string { return words[g.r.IntN(len(words))] }

// chance is true in percent of 100 cases.
func (g *gen) chance(percent int) bool { return g.r.IntN(100) < percent }

// between returns a number from lo to hi, both included; lo when hi is less.
func (g *gen) between(lo, hi int) int {
	if hi <= lo {
		return lo
	}
	return lo + g.r.IntN(hi-lo+1)
}

package demo

import (
	_ "embed"

	"daohu/server/booklet"
)

// Delivery is how the booklet came to the n-th household of the first
// township, counted from 0: every one was given it within the last 60 days.
// Age is how many days ago.
func Delivery(n int) (age int, d booklet.Delivery) {
	ways := []string{"上门", "入户讲解", "上门", "自取", "上门", "电话"}
	d = booklet.Delivery{Edition: 1, Way: ways[n%len(ways)]}
	if n%3 == 0 {
		d.Receipt, d.Channel = "收到", "cadre_phone"
	}
	return n % 60, d
}

//go:embed health-claim.mp3
var spoken []byte

// Recording is the card that one can listen to in the demo, what it is spoken
// in, and the mp3: a computer's voice (speak.sh), which the dialect says.
func Recording() (card, dialect string, mp3 []byte) {
	return "health-claim", "普通话（电脑读的）", spoken
}

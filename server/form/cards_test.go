package form_test

import (
	"testing"

	"daohu/server/booklet"
	"daohu/server/form"
)

// Every topic the shipped papers ask about leads to a shipped card that
// explains it.
func TestTopicsLeadToCards(t *testing.T) {
	cards, err := booklet.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	topicOf := map[string]string{}
	for _, c := range cards {
		topicOf[c.Code] = c.Topic
	}
	papers, err := form.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range papers {
		p, err := form.ParsePaper(s.Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, topic := range p.Topics {
			if topicOf[topic.Card] != topic.Key {
				t.Errorf("%s: topic %s leads to card %q about %q", s.Code, topic.Key, topic.Card, topicOf[topic.Card])
			}
		}
	}
}

package wire

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"daohu/server/parcel"
)

// Polls asks, as the phone does, whether there is anything, over HTTP/2
// without TLS on one kept connection. Its HPACK keeps the path in its table;
// a client that does not pays some 70 bytes more a poll.
func Polls() *http.Client {
	speaks := &http.Protocols{}
	speaks.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: &http.Transport{Protocols: speaks, DisableCompression: true, MaxConnsPerHost: 1}}
}

// Poll asks once for cursor and returns the status and the bytes of the body as
// they came.
func Poll(c *http.Client, addr string, who Account, f Facts) (status int, body []byte, err error) {
	r, err := http.NewRequest(http.MethodGet, "http://"+addr+"/api/v1/sync?cursor="+f.Cursor+"&schema=1&client="+f.Client+"&pack="+strconv.Itoa(parcel.Current), nil)
	if err != nil {
		return 0, nil, err
	}
	for k, v := range Headers() {
		r.Header.Set(k, v)
	}
	r.Header.Set("authorization", "Bearer "+who.Token)
	a, err := c.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer a.Body.Close()
	body, err = io.ReadAll(a.Body)
	return a.StatusCode, body, err
}

// texts are what cadres write: as long as product.md's examples.
var texts = [...]string{
	"上午到户，户主在家。两头能繁母牛已经进圈，看了耳标。下月看长势。",
	"下午到户，老人在家带孩子。讲了口袋书里的教育、医疗和住房政策。医保的事回去问清楚再告诉。",
	"赶场天到户，等了一会儿才见到人。核桃苗发下来了，一起栽了一上午。补助到账后来核对。",
	"到户时家里正在做饭。帮着交了危房改造的材料。圈舍的水泥地月底打好。",
	"和村干部一起到户。联系好县里的用工，谈了工钱和住处。开学前再来看学费的事。",
}

// Visit is one visit as a cadre writes it, with check-in and place.
func Visit(id, house string, n int) Change {
	at := time.Now()
	return Change{"visit", id, house, map[string]any{"day": at.Format(time.DateOnly), "stage": 1 + n%4, "text": texts[n%len(texts)],
		"met": []string{"户主"}, "checkinAt": at.UnixMilli(), "lat": 26870123 + 731*n, "lng": 104290456 + 977*n, "accuracy": 15 + n, "coord": "gcj02"}}
}

// Response is the quiz that ships, answered whole.
func Response(id, house, form, visit string, n int) (Change, error) {
	raw, err := os.ReadFile(filepath.Join(Root(), "server", "form", "papers", "policy-quiz.json"))
	if err != nil {
		return Change{}, err
	}
	var paper struct {
		Items []struct {
			Key, Kind string
			Options   []struct{ Key string }
		}
	}
	if err := json.Unmarshal(raw, &paper); err != nil {
		return Change{}, err
	}
	var answers [][]any
	for i, it := range paper.Items {
		if len(it.Options) == 0 {
			continue
		}
		var a any = it.Options[(i+n)%len(it.Options)].Key
		if strings.HasPrefix(it.Kind, "m") { // many, multiple
			a = []any{a}
		}
		answers = append(answers, []any{it.Key, a})
	}
	return Change{"response", id, house, map[string]any{"form": form, "visit": visit, "day": time.Now().Format(time.DateOnly), "answers": answers}}, nil
}

// Day writes a cadre's day on the phone: n visits with a quiz each.
func (p *Phone) Day(n int) error {
	f, err := p.Facts()
	if err != nil {
		return err
	}
	homes := f.Households[1:] // the first is the township's own
	if len(f.Forms) == 0 || len(homes) < n {
		return fmt.Errorf("%d forms, %d households", len(f.Forms), len(homes))
	}
	for i := range n {
		visit, err := p.ID()
		if err != nil {
			return err
		}
		id, err := p.ID()
		if err != nil {
			return err
		}
		quiz, err := Response(id, homes[i], f.Forms[0], visit, i)
		if err == nil {
			err = p.Save(Visit(visit, homes[i], i), quiz)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ID is a new record id.
func (p *Phone) ID() (string, error) {
	f, err := p.Facts()
	return f.ID, err
}

// Others writes n changes on the phone of somebody who holds the same
// households: visits and addresses in turn, one a household.
func (p *Phone) Others(n int) error {
	f, err := p.Facts()
	if err != nil {
		return err
	}
	for i := range n {
		home := f.Households[1:][i]
		c := Change{"household", home, home, map[string]any{"address": fmt.Sprintf("岭安县云坪镇冲子村新址%d号", 100+i)}}
		if i%2 == 0 {
			id, err := p.ID()
			if err != nil {
				return err
			}
			c = Visit(id, home, i)
		}
		if err := p.Save(c); err != nil {
			return err
		}
	}
	return nil
}

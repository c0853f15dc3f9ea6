package report

import (
	"strings"
	"testing"

	"crosstalk/notes"
)

// A finding shows what failed around it, of a step that it names first; what was
// sent long before its level, or only later, is no example of it.
func TestFindingsShowExchanges(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.quiet(5)
	p.dial("mel", 5)
	p.seconds(90)
	p.exchange("GET /products", "status 500", 500, 1) // of the level before
	p.dial("mel", 20)
	p.seconds(70)
	p.exchange("GET /products", "status 500", 500, 2)
	p.exchange("POST /cart/{id}/checkout", "timeout", 0, 10)
	p.exchange("POST /cart/{id}/checkout", "timeout", 0, 9)
	p.exchange("POST /cart/{id}/checkout", "", 200, 3)
	p.seconds(5)
	id := p.write("mel", notes.Bug, "checkout loses orders")
	p.seconds(30)
	p.exchange("POST /cart/{id}/checkout", "status 503", 503, 4) // after it
	p.dial("mel", 0)
	p.seconds(70)
	p.write("mel", notes.Bug, "nothing was sent around this one")
	p.end("quit")
	m := p.model(t)
	n, err := m.find(id)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range n.Exchanges {
		got = append(got, x.Step+" "+x.Kind)
	}
	if want := "POST /cart/{id}/checkout timeout, GET /products status 500"; strings.Join(got, ", ") != want || n.Exchanges[1].Seconds != 2 {
		t.Errorf("examples: %q, want %s", got, want)
	}
	if last := m.Notes[len(m.Notes)-1]; len(last.Exchanges) != 0 {
		t.Errorf("a finding without load has %v", last.Exchanges)
	}
	for name, text := range map[string]string{"report.md": markdownOf(m), "the issue": m.issue(*n), "wiki": wiki(m.issue(*n))} {
		for _, want := range []string{"A real exchange", "no answer after 10.0 s", "traceparent: 00-4bf9", "{\"sku\":\"anvil\"}"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not hold %q:\n%s", name, want, text)
			}
		}
	}
}

// Where nothing failed, the slowest good answer stands for what was slow.
func TestFindingsShowTheSlowest(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.start()
	p.quiet(5)
	p.dial("mel", 5)
	p.seconds(20)
	p.exchange("GET /products", "", 200, 1)
	p.exchange("GET /products", "", 200, 4)
	p.seconds(2)
	p.write("mel", notes.Bug, "slow")
	p.end("quit")
	if x := p.model(t).Notes[0].Exchanges; len(x) != 1 || x[0].Seconds != 4 {
		t.Errorf("examples: %+v", x)
	}
}

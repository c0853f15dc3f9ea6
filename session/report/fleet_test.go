package report

import (
	"html"
	"strings"
	"testing"

	"crosstalk/session"
)

// Who asks what is going on, and who reads it later, is told where the load
// comes from.
func TestAFleetIsNamed(t *testing.T) {
	t.Parallel()
	for _, leased := range []bool{true, false} {
		tape := newTape()
		tape.add(session.BySession, session.TypeStart, &session.Start{ID: "s", As: "mel", Target: "http://staging.example.test",
			Fleet: &session.FleetInfo{Address: "http://master.example.test:8089", Lease: 2, Leased: leased}})
		tape.ms += 1000
		tape.add(session.ByEngine, session.TypeLoadTick, &session.LoadTick{Asked: 40, Running: 40, Ceiling: -1, Nodes: &session.Nodes{Workers: 2, Lost: 1, CPU: 63}})
		st := tape.state(t)
		card := strings.Join(strings.Fields(strings.Join(Card(st, tape.now()), " ")), " ")
		if !strings.Contains(card, "under load from 2 Locust workers, 1 lost") || strings.Contains(card, "NOT ON THE LEASE") == leased {
			t.Errorf("leased %t: the card is\n%s", leased, card)
		}
		if f := status(st, tape.now()).Fleet; f == nil || f.Address != "http://master.example.test:8089" || f.Leased != leased || f.Workers != 2 || f.CPU != 63 {
			t.Errorf("leased %t: the status has %+v", leased, f)
		}
		want := "on a lease of 2 s; it rounds response times to two digits"
		if !leased {
			want = "not on the lease: it would have gone on if Crosstalk had died"
		}
		m := tape.model(t)
		var page, md strings.Builder
		if err := writeHTML(&page, m); err != nil {
			t.Fatal(err)
		}
		if err := writeMarkdown(&md, m); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"the page": html.UnescapeString(page.String()), "the text": md.String()} {
			if !strings.Contains(text, want) || !strings.Contains(text, "Locust at ") || !strings.Contains(text, "master.example.test:8089") {
				t.Errorf("leased %t: %s does not say %q", leased, name, want)
			}
		}
	}
}

package report

import (
	"bytes"
	"encoding/json"
	"image/png"
	"slices"
	"strings"
	"testing"

	"crosstalk/monitors/identity"
	"crosstalk/notes"
	"crosstalk/session"
	"crosstalk/session/link"
)

// checkedTape is a session of green checks whose link check ended with a verdict,
// and whose data stores were compared.
func checkedTape(mode string, kind string, words string, stores identity.Verdict) *tape {
	t := newTape()
	t.start()
	t.quiet(5)
	if stores != identity.Unknown {
		t.add(session.ByMonitors, session.TypeIdentity, &session.IdentityResult{Result: identity.Result{Verdict: stores}, Words: stores.String() + ": both are the server 4711."})
	}
	if kind != "" {
		t.add("mel", session.TypeLinkQuiet, &session.LinkQuiet{Mode: mode, Users: 5})
		t.dial("mel", 5)
		t.seconds(20)
		t.add(session.BySession, session.TypeLinkVerdict, &session.LinkVerdict{Mode: mode, Kind: kind, Users: 5, Words: words})
	}
	t.dial("mel", 10)
	t.seconds(20)
	return t
}

const linkedWords = "Linked. Production slowed when staging had load: +18 % (95 % interval +9 % to +28 %), in 12 pairs, 2 min. Chance of this verdict without a link: at most 1 %."

// What a link check and the data stores told is part of the answer, in every
// format, whatever the checks saw.
func TestVerdictsInTheAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tape *tape
		want string
		why  []string
		told []string // what the answer holds of link checks and stores
		not  string
	}{
		"linked": {checkedTape(session.ModeCheck, string(link.Linked), linkedWords, identity.Unknown), Touched,
			[]string{"The link check with 5 users, which ended at 00:00:26, moved it", "Production slowed when staging had load: +18 % (95 % interval +9 % to +28 %)", "With users running"},
			[]string{"Link check with 5 users, at 00:00:26: Linked. Production slowed"}, "can't be told from this alone"},
		"it follows us": {checkedTape(session.ModeDips, string(link.FollowsUs), "Production relaxes.", identity.Unknown), Touched,
			[]string{`"Is it me?" with 5 users, which ended at 00:00:26, moved it`}, []string{`Is it me? with 5 users, at 00:00:26: it follows us. Production relaxes.`}, "no link check was made"},
		"no link seen": {checkedTape(session.ModeCheck, string(link.NoLinkSeen), "No link seen. At 5 users.", identity.Distinct), Untouched,
			[]string{"With users running"}, []string{"Link check with 5 users, at 00:00:26: No link seen. At 5 users.", "Data stores, at 00:00:06: DISTINCT: both"}, "as far as its checks saw, but"},
		"same instance": {checkedTape("", "", "", identity.SameInstance), Untouched,
			[]string{"Untouched as far as its checks saw, but staging and production share data: SAME INSTANCE: both are the server 4711."},
			[]string{"Data stores, at 00:00:06: SAME INSTANCE: both are the server 4711."}, "share nothing"},
		"data link": {checkedTape("", "", "", identity.DataLink), Untouched,
			[]string{"Untouched as far as its checks saw, but staging and production share data: DATA LINK"}, []string{"Data stores, at 00:00:06: DATA LINK"}, "share nothing"},
		"both": {checkedTape(session.ModeCheck, string(link.Linked), linkedWords, identity.SameInstance), Touched,
			[]string{"moved it", "Staging and production share data: SAME INSTANCE"}, []string{"Link check with 5 users", "Data stores, at 00:00:06: SAME INSTANCE"}, "Untouched as far"},
		"not told": {checkedTape(session.ModeCheck, string(link.Inconclusive), "Cannot tell. Treat it as not checked.", identity.Unknown), Untouched,
			[]string{"With users running"}, []string{"Link check with 5 users, at 00:00:26: Cannot tell. Treat it as not checked."}, "no link check was made"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := c.tape.model(t)
			why := strings.Join(m.Answer.Why, " ")
			if m.Answer.Production != c.want {
				t.Errorf("production %s %q, want %s", m.Answer.Production, why, c.want)
			}
			for _, w := range c.why {
				if !strings.Contains(why, w) {
					t.Errorf("%q does not say %q", why, w)
				}
			}
			if all := why + strings.Join(m.Answer.Unknown, " "); strings.Contains(all, c.not) {
				t.Errorf("%q says %q", all, c.not)
			}
			var md, wiki, js bytes.Buffer
			for w, b := range map[string]*bytes.Buffer{"md": &md, "wiki": &wiki, "json": &js} {
				if err := map[string]func() error{"md": func() error { return writeMarkdown(b, m) }, "wiki": func() error { return writeWiki(b, m) }, "json": func() error { return writeJSON(b, m) }}[w](); err != nil {
					t.Fatal(err)
				}
			}
			checkPage(t, md.String())
			page := pageOf(t, c.tape.dir(t))
			_, page, _ = strings.Cut(page, ">In short</h2>")
			page, _, _ = strings.Cut(page, "</section>")
			chat := m.chat()
			if len(chat) > chatLines {
				t.Errorf("%d lines for a chat", len(chat))
			}
			short, _, _ := strings.Cut(md.String(), "## Numbers")
			var got struct{ Answer struct{ Link []Told } }
			if err := json.Unmarshal(js.Bytes(), &got); err != nil || len(got.Answer.Link) != len(c.told) {
				t.Errorf("session.json has %+v, %v", got.Answer.Link, err)
			}
			for i, told := range c.told {
				// Every format has its own marks in the sentence: its words are looked for.
				what, words, _ := strings.Cut(told, ": ")
				what, _, _ = strings.Cut(what, " with ")
				what, _, _ = strings.Cut(what, ", at ")
				head, _, _ := strings.Cut(words, ".")
				for format, text := range map[string]string{"md": short, "wiki": wiki.String(), "html": page, "chat": strings.Join(chat, "\n"), "json": js.String()} {
					text = strings.ReplaceAll(strings.ReplaceAll(text, `\`, ""), "&#43;", "+")
					if !strings.Contains(strings.ToLower(text), strings.ToLower(what)) || !strings.Contains(text, head) {
						t.Errorf("%s does not say %q and %q", format, what, head)
					}
				}
				if i < len(m.Answer.Link) && !strings.HasPrefix(m.Answer.Link[i].sentence(), told) {
					t.Errorf("the answer says %q, want %q", m.Answer.Link[i].sentence(), told)
				}
			}
		})
	}
}

// The newest verdict stands in the answer; one that broke off has none, and one
// that made no pair told nothing.
func TestNewestVerdict(t *testing.T) {
	t.Parallel()
	p := checkedTape(session.ModeCheck, string(link.Linked), linkedWords, identity.Unknown)
	p.add("mel", session.TypeLinkQuiet, &session.LinkQuiet{Mode: session.ModeCheck, Users: 2})
	p.seconds(5)
	p.add(session.BySession, session.TypeLinkVerdict, &session.LinkVerdict{Mode: session.ModeCheck, Kind: string(link.NoLinkSeen), Users: 2, Reach: 2, Words: "No link seen."})
	p.add("mel", session.TypeLinkQuiet, &session.LinkQuiet{Mode: session.ModeCheck, Users: 1})
	p.seconds(5)
	p.add("mel", session.TypeLinkQuiet, &session.LinkQuiet{Mode: session.ModeCheck, Users: 1})
	p.add(session.BySession, session.TypeLinkVerdict, &session.LinkVerdict{Mode: session.ModeCheck, Kind: string(link.Inconclusive), Refused: true, Words: "production is red"})
	p.end("quit")
	m := p.model(t)
	if len(m.Answer.Link) != 1 || m.Answer.Link[0].Verdict != "no link seen" || m.Answer.Link[0].Users != 2 {
		t.Errorf("told %+v", m.Answer.Link)
	}
	if m.Answer.Production != Touched { // by the first
		t.Errorf("production %s %q", m.Answer.Production, m.Answer.Why)
	}
}

// With many bugs the chat still has its lines.
func TestChatKeepsItsLines(t *testing.T) {
	t.Parallel()
	p := checkedTape(session.ModeCheck, string(link.Linked), linkedWords, identity.SameInstance)
	for range 9 {
		p.write("mel", notes.Bug, "slow")
	}
	chat := p.model(t).chat()
	if len(chat) > chatLines || !slices.ContainsFunc(chat, func(l string) bool { return strings.Contains(l, "more") && strings.HasPrefix(l, "·") }) {
		t.Errorf("%d lines:\n%s", len(chat), strings.Join(chat, "\n"))
	}
}

// The picture has a line more where something was told.
func TestVerdictOnThePicture(t *testing.T) {
	t.Parallel()
	draw := func(p *tape) []byte {
		var b bytes.Buffer
		if err := writeShare(&b, p.model(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(b.Bytes())); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	said := shareTold(checkedTape(session.ModeCheck, string(link.Linked), linkedWords, identity.SameInstance).model(t))
	if said != "Link check with 5 users: linked · Data stores: SAME INSTANCE" {
		t.Errorf("the picture says %q", said)
	}
	if bytes.Equal(draw(checkedTape("", "", "", identity.SameInstance)), draw(checkedTape("", "", "", identity.Unknown))) {
		t.Error("the picture is the same without a verdict")
	}
}

package notify

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"crosstalk/session"
)

// whole is a session with all that others are told of.
func whole(f *feed) {
	f.start()
	f.at(10_000, "mel", session.TypeDialSet, &session.DialSet{From: 0, To: 20})
	f.at(10_400, "mel", session.TypeDialSet, &session.DialSet{From: 20, To: 30})
	f.at(11_900, "jon", session.TypeDialSet, &session.DialSet{From: 30, To: 40})
	f.at(12_000, "mel", session.TypeDialSet, &session.DialSet{From: 40, To: 80})
	f.at(13_000, "mel", session.TypeNoteAdd, &session.NoteAdd{ID: "n1", Kind: "bug", Text: "duplicate order"})
	f.at(13_500, "mel", session.TypeNoteAdd, &session.NoteAdd{ID: "n2", Kind: "bug", Text: "typed by mistake"})
	f.at(13_600, "mel", session.TypeNoteRetract, &session.NoteMark{ID: "n2"})
	f.guard(20_000, "run", "hold", session.CauseAmber, "web-3 late twice", 80)
	f.guard(21_000, "hold", "cut", session.CauseRed, "web-3 answers <503>, & twice: @channel", 80)
	f.guard(21_500, "cut", "cut", session.CausePerson, "amber only warns: rehearsed", 0)
	f.at(24_200, session.ByGuard, session.TypeGuardRecov, &session.GuardRecovered{Seconds: 3.2, Level: 80})
	f.guard(90_000, "cut", "run", session.CausePerson, "a person went on", 0)
	f.at(91_000, "mel", session.TypeDialSet, &session.DialSet{From: 0, To: 1})
	f.at(92_000, "mel", session.TypeDialSet, &session.DialSet{From: 1, To: 0})
	f.guard(95_000, "run", "lockout", session.CauseRed, "web-3 is red", 1)
	f.end(161_300)
}

func TestWebhookTellsInOrder(t *testing.T) {
	t.Parallel()
	mail, url := server(t, nil)
	feed, heard := newFeed(), &failures{}
	f := Follow(t.Context(), feed, Options{To: toWebhook(url + "/services/x"), Failed: heard.hear})
	whole(feed)
	if err := f.Wait(time.Minute); err != nil {
		t.Error(err)
	}
	var texts []string
	for _, g := range mail.list() {
		if g.method != http.MethodPost || g.path != "/services/x" || g.kind != "application/json" || g.auth != "" {
			t.Errorf("it came as %+v", g)
		}
		texts = append(texts, g.text(t))
	}
	want := []string{
		"Load session began: mel drives, at most 200 users, production is watched by 2 checks.",
		"The guard cut the load at 80 users (cut): web-3 answers &lt;503&gt;, &amp; twice: @\u200bchannel. Not known whether the load was the cause.",
		"Production recovered 3.2 s after the load was cut at 80 users. The load stays off until a person goes on.",
		"The guard cut the load at 1 user (lockout): web-3 is red. Not known whether the load was the cause. It is locked until somebody types a reason.",
		"Load session over (left) after 2m41s: at most 80 users, 2 cuts, 1 bug found.",
	}
	if !slices.Equal(texts, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(texts, "\n"), strings.Join(want, "\n"))
	}
	heard.want(t)
}

func TestGrafanaIsAnnotatedInOrder(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		path, rest string
		board      session.GrafanaNotify
	}{
		"plain":     {"", `"tags":["crosstalk"]`, session.GrafanaNotify{}},
		"dashboard": {"/grafana/", `"tags":["shop","load"]`, session.GrafanaNotify{Dashboard: "abc", Tags: []string{"shop", "load"}}},
	} {
		mail, url := server(t, nil)
		feed := newFeed()
		x.board.URL, x.board.Token = url+x.path, "glsa_topsecret"
		f := Follow(t.Context(), feed, Options{To: session.NotifyConfig{Grafana: &x.board}})
		whole(feed)
		if err := f.Wait(time.Minute); err != nil {
			t.Error(err)
		}
		uid := ""
		if x.board.Dashboard != "" {
			uid = `"dashboardUID":"abc",`
		}
		var bodies, want []string
		for _, m := range []struct {
			ms   int64
			text string
		}{
			{10_000, "dial 0 → 40 users by mel, jon"},
			{12_000, "dial 40 → 80 users by mel"},
			{21_000, `guard cut at 80 users: web-3 answers \u0026lt;503\u0026gt;, \u0026amp; twice: @` + "\u200bchannel"},
			{24_200, "production recovered 3.2 s after the cut"},
			{95_000, "guard lockout at 1 user: web-3 is red"},
		} {
			want = append(want, fmt.Sprintf(`{%s"time":%d,%s,"text":"%s"}`, uid, began.UnixMilli()+m.ms, x.rest, m.text))
		}
		for _, g := range mail.list() {
			if g.method != http.MethodPost || g.path != strings.TrimSuffix(x.path, "/")+"/api/annotations" || g.kind != "application/json" || g.auth != "Bearer glsa_topsecret" {
				t.Errorf("%s: it came as %+v", name, g)
			}
			bodies = append(bodies, g.body)
		}
		if !slices.Equal(bodies, want) {
			t.Errorf("%s: annotated\n%s\nwant\n%s", name, strings.Join(bodies, "\n"), strings.Join(want, "\n"))
		}
	}
}

// A move is on the graph two seconds later, though nothing else happens.
func TestMovesAreToldWithoutAnotherEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mail, feed, zero := &mailbox{}, newFeed(), time.Now()
		f := Follow(t.Context(), feed, Options{To: session.NotifyConfig{Grafana: &session.GrafanaNotify{URL: "http://g.test", Token: "t"}},
			trip: trip(func(r *http.Request) (*http.Response, error) { mail.take(r); return answered(200), nil })})
		feed.start()
		feed.at(5, "mel", session.TypeDialSet, &session.DialSet{From: 20, To: 40})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if all := mail.list(); len(all) != 1 || all[0].at.Sub(zero) != burstFor || !strings.Contains(all[0].body, `"text":"dial 20 → 40 users by mel"`) {
			t.Errorf("got %+v", all)
		}
		feed.end(10_000)
		if err := f.Wait(time.Second); err != nil {
			t.Error(err)
		}
	})
}

func TestHoldsAreToldOnceTheyLast(t *testing.T) {
	t.Parallel()
	type step struct {
		ms              int64
		from, to, cause string
	}
	const unknown = " Not known whether the load is the cause."
	for name, x := range map[string]struct {
		steps []step
		want  []string // "seconds text"
	}{
		"short":     {[]step{{0, "run", "hold", "amber"}, {29_900, "hold", "run", "amber"}}, nil},
		"long":      {[]step{{1000, "run", "hold", "amber"}, {40_000, "hold", "run", "amber"}}, []string{"31 The guard has held the load at 80 users, for over 30 s: why." + unknown}},
		"our side":  {[]step{{0, "run", "hold", "self"}}, []string{"30 The guard has held the load at 80 users, for over 30 s: why. Our own side, not production."}},
		"eased":     {[]step{{0, "run", "hold", "amber"}, {2000, "hold", "ease", "amber"}}, []string{"30 The guard has held the load back and eases it, now to at most 40 users, for over 30 s: why." + unknown}},
		"twice":     {[]step{{0, "run", "hold", "amber"}, {31_000, "hold", "run", "amber"}, {40_000, "run", "hold", "amber"}, {75_000, "hold", "run", "amber"}}, []string{"30 The guard has held the load at 80 users, for over 30 s: why." + unknown, "70 The guard has held the load at 80 users, for over 30 s: why." + unknown}},
		"told once": {[]step{{0, "run", "hold", "amber"}, {31_000, "hold", "ease", "amber"}, {32_000, "ease", "ease", "person"}}, []string{"30 The guard has held the load at 80 users, for over 30 s: why." + unknown}},
		"remarked":  {[]step{{0, "run", "hold", "amber"}, {29_000, "hold", "hold", "person"}}, []string{"30 The guard has held the load at 80 users, for over 30 s: why." + unknown}},
		"cut":       {[]step{{0, "run", "hold", "amber"}, {20_000, "hold", "cut", "permit"}}, []string{"20 The guard cut the load at 80 users (cut): why. Our own side, not production."}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mail, feed, zero := &mailbox{}, newFeed(), time.Now()
				f := Follow(t.Context(), feed, Options{To: toWebhook("http://h.test/x"),
					trip: trip(func(r *http.Request) (*http.Response, error) { mail.take(r); return answered(200), nil })})
				feed.start()
				for _, s := range x.steps {
					time.Sleep(time.Until(zero.Add(time.Duration(s.ms) * time.Millisecond)))
					feed.guard(s.ms, s.from, s.to, s.cause, "why", 80)
				}
				time.Sleep(time.Until(zero.Add(100 * time.Second)))
				feed.end(100_000)
				if err := f.Wait(time.Second); err != nil {
					t.Error(err)
				}
				var told []string
				for _, g := range mail.list() {
					told = append(told, fmt.Sprintf("%.0f %s", g.at.Sub(zero).Seconds(), g.text(t)))
				}
				if n := len(told); n < 2 || !slices.Equal(told[1:n-1], x.want) {
					t.Errorf("told %q, want %q between start and end", told, x.want)
				}
			})
		})
	}
}

// Who follows a session that has a past tells only what comes, and knows its name all the same.
func TestThePastIsNotTold(t *testing.T) {
	t.Parallel()
	mail, url := server(t, nil)
	feed := newFeed()
	feed.start()
	feed.guard(5000, "run", "cut", session.CauseRed, "long ago", 80)
	f := Follow(t.Context(), feed, Options{To: toWebhook(url)})
	feed.guard(9000, "run", "cut", session.CauseRed, "just now", 0)
	feed.end(10_000)
	if err := f.Wait(time.Minute); err != nil {
		t.Error(err)
	}
	all := mail.list()
	if len(all) != 2 || all[0].text(t) != "The guard cut the load (cut): just now. Not known whether the load was the cause." {
		t.Errorf("told %+v", all)
	}
}

func TestNobodyToTell(t *testing.T) {
	t.Parallel()
	f := Follow(t.Context(), nil, Options{})
	if err := f.Wait(time.Hour); err != nil {
		t.Error(err)
	}
}

func TestLinesOfOthers(t *testing.T) {
	t.Parallel()
	for _, x := range [][2]string{
		{"a\r\n\tb\x00\x1b[31m\u202ec", "a b[31mc"},
		{"<!channel> & <@U1|x>", "&lt;!channel&gt; &amp; &lt;@U1|x&gt;"},
		{"@Here mel@here.test @allison", "@\u200bHere mel@\u200bhere.test @allison"},
		{strings.Repeat("ü", 400), strings.Repeat("ü", 299) + "…"},
	} {
		if got := plain(line(x[0])); got != x[1] {
			t.Errorf("%q becomes %q, want %q", x[0], got, x[1])
		}
	}
}

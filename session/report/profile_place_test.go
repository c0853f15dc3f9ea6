package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crosstalk/notes"
	"crosstalk/session"
)

// twins is a session whose environments call a machine the same.
func twins() *tape {
	p := newTape()
	p.add(session.BySession, session.TypeStart, &session.Start{ID: "s", As: "mel", Charter: "Explore", Target: "https://web-1.stage.test",
		Checks: []session.CheckInfo{{Env: "staging", Name: "web-1", Kind: "http", Address: "https://web-1.stage.test/health", Every: 1},
			{Env: "production", Name: "web-1", Kind: "http", Address: "https://web-1.prod.test/health", Every: 0.25},
			{Env: "production", Name: "web-22", Kind: "http", Address: "https://web-22.prod.test/health", Every: 0.25}}})
	p.quiet(5)
	p.dial("mel", 5)
	p.seconds(8)
	p.health("staging", "web-1", "green", "amber", "late")
	p.health("production", "web-1", "green", "amber", "lookup of web-1.prod.test failed")
	id := p.write("mel", notes.Bug, "web-22 beside https://web-1.stage.test/cart, https://web-1.cdn.test/cart and https://web-1.prod.test/cart")
	p.add("mel", session.TypeAttach, &session.AttachAdd{Note: id, Name: "web-22.log", File: notes.SafeName(id + "-web-22.log"), Size: 9, Media: "text/plain", From: notes.FromFile})
	p.end("quit")
	return p
}

// What production's machine is called is not said of staging's of the same name,
// and no host is made up of a part of another.
func TestTwinsOfBothEnvironments(t *testing.T) {
	t.Parallel()
	dir := twins().dir(t)
	for words, c := range map[string]struct{ gone, there []string }{
		"": {[]string{"production-host-1.stage", "production-host-1.cdn", "staging production-host", "prod.test", "web-22"},
			[]string{"https://web-1.stage.test/cart", "https://web-1.cdn.test/cart", "https://production-host-1/cart", "production-host-2 beside", "production-host-2.log", "staging web-1 went from green to amber"}},
		"hosts": {[]string{"staging production-host", "production staging-host", "web-1", "web-22", "stage.test", "prod.test", "cdn.test"},
			[]string{"https://staging-host-1/cart", "https://some-host/cart", "https://production-host-1/cart", "production-host-2 beside", "staging some-host went from green to amber"}},
	} {
		p, err := ParseProfile(strings.Fields(words))
		if err != nil {
			t.Fatal(err)
		}
		written, err := WriteOf(dir, t.TempDir(), Formats(), Options{Profile: p})
		if err != nil {
			t.Fatal(err)
		}
		i, err := IssueOf(dir, "n1", "", session.TrackerConfig{}, p)
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{"the issue": i.Title + i.Body}
		for _, path := range written {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if filepath.Ext(path) != ".png" {
				texts[filepath.Base(path)] = string(b)
			}
		}
		all := ""
		for name, text := range texts {
			text = strings.ReplaceAll(strings.ReplaceAll(text, "\\", ""), noBreak, "")
			all += text
			for _, g := range c.gone {
				if at := strings.Index(text, g); at >= 0 {
					t.Errorf("%q: %s holds %q: …%s…", words, name, g, text[max(0, at-60):min(len(text), at+60)])
				}
			}
		}
		for _, h := range c.there {
			if !strings.Contains(all, h) {
				t.Errorf("%q: %q is nowhere", words, h)
			}
		}
	}
}

// A host that begins a longer one is not that one; one that ends a sentence, or
// begins the name of a file, is itself.
func TestHostsInsideLongerOnes(t *testing.T) {
	t.Parallel()
	where := whereabouts{
		staging:    placed{hosts: []string{"example.com.stage.test", "web-3.stage.test"}, checks: []string{"app", "web-2 by hand"}},
		production: placed{hosts: []string{"example.com", "web-9.prod.test", "web-2.prod.test", "web-3.prod.test", "app"}},
	}
	for _, c := range []struct {
		profile  Profile
		in, want string
	}{
		{DefaultProfile(), "https://example.com.stage.test/a", "https://example.com.stage.test/a"},
		{DefaultProfile(), "example.com.log, then example.com.", "production-host-1.log, then production-host-1."},
		{DefaultProfile(), "WEB-9 and web-9.prod. Then web-9.", "production-host-2 and production-host-2. Then production-host-2."},
		{DefaultProfile(), "web-9.cdn.test and my-web-9", "web-9.cdn.test and my-web-9"},
		{DefaultProfile(), "web-2 and web-2.prod.test", "web-2 and production-host-3"},
		{DefaultProfile(), "web-3 of web-3.stage.test or web-3.prod.test", "web-3 of web-3.stage.test or production-host-4"},
		{DefaultProfile(), "staging app went red at http://app/ by app.stage.test", "staging some-host went red at http://some-host/ by app.stage.test"},
		{Profile{Hosts: true}, "web-3 of web-3.stage.test or web-3.prod.test, web-9.cdn.test and WEB-9", "some-host of staging-host-2 or production-host-4, some-host and production-host-2"},
	} {
		censor := &censor{profile: c.profile}
		censor.places(where)
		if got := censor.text(c.in); got != c.want {
			t.Errorf("%s: %q became %q, want %q", c.profile, c.in, got, c.want)
		}
	}
}

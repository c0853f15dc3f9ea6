package loadengine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// shop is a small shop with a login: a form with a CSRF field, a token in JSON,
// a cookie, and a session that ends after a number of requests.
type shop struct {
	mu       sync.Mutex
	sessions map[string]int // token: requests left
	owner    map[string]string
	logins   map[string]int // by name
	forms    map[string]bool
	orders   int
	wrong    []string
	next     int
	lasts    int
}

func (s *shop) fault(w http.ResponseWriter, format string, args ...any) {
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
	http.Error(w, "wrong", http.StatusBadRequest)
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	switch {
	case r.URL.Path == "/login" && r.Method == http.MethodGet:
		csrf := fmt.Sprintf("csrf-%d", s.next)
		s.forms[csrf] = true
		fmt.Fprintf(w, `<form><input name="csrf" value="%s"></form>`, csrf)
		return
	case r.URL.Path == "/login":
		if !s.forms[r.FormValue("csrf")] || r.FormValue("word") != "pw of "+r.FormValue("user") {
			s.fault(w, "login %v", r.Form)
			return
		}
		delete(s.forms, r.FormValue("csrf"))
		s.logins[r.FormValue("user")]++
		token := fmt.Sprintf("token-%d", s.next)
		s.sessions[token], s.owner[token] = s.lasts, r.FormValue("user")
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: token, Path: "/", HttpOnly: true})
		_ = json.NewEncoder(w).Encode(map[string]any{"auth": map[string]string{"token": token}})
		return
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	cookie, err := r.Cookie("sid")
	if token == "" || err != nil || cookie.Value != token {
		s.fault(w, "%s: token %q, cookie %v", r.URL, token, cookie)
		return
	}
	if s.sessions[token]--; s.sessions[token] < 0 {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch {
	case r.URL.Path == "/cart":
		w.Header().Set("X-Cart", s.owner[token]+"/1 a")
		w.WriteHeader(http.StatusCreated)
	case strings.HasPrefix(r.URL.Path, "/cart/") && strings.HasSuffix(r.URL.Path, "/checkout"):
		if r.URL.Path != "/cart/"+s.owner[token]+"/1 a/checkout" || !strings.Contains(r.URL.EscapedPath(), "%2F1%20a/") {
			s.fault(w, "checkout of %q by %s", r.URL.EscapedPath(), s.owner[token])
			return
		}
		s.orders++
		fmt.Fprint(w, `{"state":"done"}`)
	default:
		s.fault(w, "%s", r.URL)
	}
}

func TestJourneyWithLogin(t *testing.T) {
	t.Parallel()
	const n, lasts = 4, 10
	s := &shop{sessions: map[string]int{}, owner: map[string]string{}, logins: map[string]int{}, forms: map[string]bool{}, lasts: lasts}
	server := serve(t, s.ServeHTTP)
	p := Plan{
		Base: server.URL, Version: "test", MaxUsers: n,
		Header: http.Header{"Authorization": {"Bearer {{token}}"}},
		Journeys: []Journey{{
			Name: "buy", Think: Think{Min: time.Millisecond, Max: 3 * time.Millisecond},
			Once: []Step{
				{Name: "form", URL: "/login", Save: map[string]string{"csrf": `regex:name="csrf" value="([^"]+)"`}},
				{
					Name: "login", URL: "/login", Body: Body{Kind: BodyForm, Form: map[string]string{"user": "{{name}}", "word": "pw of {{name}}", "csrf": "{{csrf}}"}},
					Save: map[string]string{"token": "$.auth.token", "sid": "cookie:sid"},
				},
			},
			Steps: []Step{
				{Name: "cart", Method: "POST", URL: "/cart", Expect: Expect{Status: "201"}, Save: map[string]string{"cart": "header:X-Cart"}},
				{Name: "checkout", Method: "POST", URL: "/cart/{{cart}}/checkout", Expect: Expect{JSON: map[string]string{"$.state": `"done"`}}},
			},
		}},
	}
	for i := range n {
		p.Data = append(p.Data, map[string]string{"name": fmt.Sprintf("user&%d", i)})
	}
	r := start(t, p)
	r.SetAsked(n)
	r.until(t, "400 requests", func(sum Tick) bool { return sum.Requests >= 400 })
	r.SetAsked(0)
	r.until(t, "nothing in flight", func(Tick) bool { return r.Live().InFlight == 0 })
	sum := r.end()

	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wrong) > 0 {
		t.Fatalf("the shop complains: %v", s.wrong[:min(5, len(s.wrong))])
	}
	if sum.Requests != uint64(s.next) {
		t.Errorf("counted %d, the shop %d", sum.Requests, s.next)
	}
	if sum.Errors != sum.Kinds["status 401"] || sum.Errors < 10 {
		t.Errorf("errors %v, want those 401 that ended sessions", sum.Kinds)
	}
	logins := 0
	for i := range n {
		name := fmt.Sprintf("user&%d", i)
		logins += s.logins[name]
		if s.logins[name] == 0 {
			t.Errorf("row %d was not used", i)
		}
	}
	// One login for each user, and one after each 401: not one at every turn.
	if want := n + int(sum.Errors); logins > want || logins < want-n {
		t.Errorf("%d logins, want %d less those not reached", logins, want)
	}
	byStep := map[string]StepTick{}
	for _, tk := range r.ticks {
		for _, st := range tk.Steps {
			b := byStep[st.Name]
			b.Requests += st.Requests
			b.Errors += st.Errors
			byStep[st.Name] = b
		}
	}
	if byStep["form"].Requests < uint64(logins) || byStep["login"].Requests != uint64(logins) || byStep["checkout"].Requests < uint64(s.orders) || byStep["login"].Errors != 0 {
		t.Errorf("by step %+v, %d logins, %d orders", byStep, logins, s.orders)
	}
	// Ten requests a session are an even number of turns: the 401 comes at the cart.
	if byStep["cart"].Errors != sum.Errors {
		t.Errorf("failures by step %+v, want all %d at the cart", byStep, sum.Errors)
	}
}

func TestFailedStepStartsTheJourneyAgain(t *testing.T) {
	t.Parallel()
	p := onePlan("http://staging.test/", Step{})
	second := &Think{Min: 2 * time.Second}
	p.Journeys[0] = Journey{
		Name: "j", Think: Think{Min: time.Second},
		Once:  []Step{{Name: "o1"}, {Name: "o2"}},
		Steps: []Step{{Name: "s1"}, {Name: "s2", Think: second}, {Name: "s3"}},
	}
	prog, errs := compile(p)
	if errs != nil {
		t.Fatal(errs)
	}
	ok, bad := outcome{fate: fateAnswered, code: 200}, outcome{fate: fateAnswered, code: 500, kind: "status 500"}
	denied := outcome{fate: fateAnswered, code: 401, kind: "status 401"}
	allowed401 := outcome{fate: fateAnswered, code: 401}
	refused := outcome{fate: fateFailed, kind: "refused"}
	u := newUser(0)
	u.join(prog, 1, 1)
	for i, c := range []struct {
		after outcome
		want  string
		think time.Duration
	}{
		{ok, "o2", 0},
		{bad, "o1", time.Second}, // once is all or nothing
		{ok, "o2", 0},
		{ok, "s1", 0},
		{ok, "s2", 0},
		{ok, "s3", 2 * time.Second},
		{ok, "s1", time.Second}, // the next turn, without once
		{ok, "s2", 0},
		{bad, "s1", 2 * time.Second}, // the step's own think time
		{allowed401, "s2", 0},
		{denied, "o1", 2 * time.Second},
		{ok, "o2", 0},
		{ok, "s1", 0},
		{refused, "s1", time.Second}, // think time is the longer
	} {
		think := u.advance(prog, c.after)
		if u.step.name != c.want || think != c.think {
			t.Fatalf("move %d: at %s after %v, want %s after %v", i, u.step.name, think, c.want, c.think)
		}
	}
}

// A text file is filled in, a raw one and one that is no text are sent byte by
// byte.
func TestBodiesOfFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var mu sync.Mutex
	got := map[string]string{}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		got[r.URL.Path] = r.Header.Get("Content-Type") + " " + string(body)
		mu.Unlock()
	})
	p := Plan{Base: server.URL, Version: "test", MaxUsers: 1, Data: []map[string]string{{"who": `me"l`}}}
	p.Journeys = []Journey{{Name: "j", Steps: []Step{
		{URL: "/text", Body: Body{Kind: BodyFile, Content: file("a.txt", "by {{who}} {{ not one }}")}},
		{URL: "/json", Body: Body{Kind: BodyFile, Content: file("a.json", `{"by":"{{who}}"}`)}},
		{URL: "/raw", Body: Body{Kind: BodyRaw, Content: file("b.txt", "by {{nobody}}")}},
		{URL: "/binary", Body: Body{Kind: BodyFile, Content: file("c.txt", "\x00{{who}}")}},
	}}}
	walked(t, p)
	mu.Lock()
	defer mu.Unlock()
	for path, want := range map[string]string{"/text": `text/plain; charset=utf-8 by me"l {{ not one }}`, "/json": `application/json {"by":"me\"l"}`,
		"/raw": "text/plain; charset=utf-8 by {{nobody}}", "/binary": "text/plain; charset=utf-8 \x00{{who}}"} {
		if got[path] != want {
			t.Errorf("%s got %q, want %q", path, got[path], want)
		}
	}
	p.Journeys[0].Steps[2].Body.Kind = BodyFile
	errs := p.Validate()
	if len(errs) != 1 {
		t.Fatalf("%v", errs)
	}
	step, ok := errors.AsType[*StepError](errs[0])
	unknown, named := errors.AsType[*UnknownNameError](errs[0])
	if !ok || !named || step.Step != 2 || step.Once || unknown.Name != "nobody" || !slices.Equal(unknown.Known, []string{"who"}) || !strings.Contains(errs[0].Error(), "b.txt") {
		t.Errorf("%#v: %v", errs[0], errs[0])
	}
}

// A journey that nobody gets through is tried twice in a row, and keeps nobody.
func TestBrokenJourneyKeepsNobody(t *testing.T) {
	t.Parallel()
	p := onePlan("http://staging.test/", Step{})
	p.Journeys = []Journey{
		{Name: "broken", Steps: []Step{{Name: "fine"}, {Name: "fails"}}},
		{Name: "well", Weight: 3, Steps: []Step{{Name: "well"}}},
	}
	prog, errs := compile(p)
	if errs != nil {
		t.Fatal(errs)
	}
	ok, bad := outcome{fate: fateAnswered, code: 200}, outcome{fate: fateAnswered, code: 500, kind: "status 500"}
	u := newUser(0)
	u.join(prog, 7, 1)
	turns, retries := map[string]int{}, 0
	for range 12_000 {
		was, again := u.journey.name, u.again
		if u.at == 0 && !again {
			turns[was]++
		}
		if u.step.name == "fails" {
			u.advance(prog, bad)
			if !again {
				retries++
				if u.journey.name != "broken" || u.at != 0 {
					t.Fatalf("after the first failure at step %d of %s, want its journey again", u.at, u.journey.name)
				}
			}
			continue
		}
		u.advance(prog, ok)
	}
	if share := float64(turns["well"]) / float64(turns["well"]+turns["broken"]); math.Abs(share-0.75) > 0.03 {
		t.Errorf("weight 3 of 4 had %.1f %% of the turns: %v", share*100, turns)
	}
	if d := turns["broken"] - retries; d < 0 || d > 1 {
		t.Errorf("%d retries in %d turns", retries, turns["broken"])
	}
}

func TestDataWraps(t *testing.T) {
	t.Parallel()
	var seen sync.Map
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen.Store(r.URL.RawQuery, true) })
	p := onePlan(s.URL, Step{URL: "/?u={{u}}"})
	p.Data = []map[string]string{{"u": "a b"}, {"u": "c"}}
	p.MaxUsers = 3
	r := start(t, p)
	r.SetAsked(3)
	r.until(t, "the finding", func(Tick) bool { return len(r.Findings()) == 1 })
	r.until(t, "requests", func(sum Tick) bool { return sum.Requests > 30 })
	r.end()
	if f := r.Findings(); f[0].Kind != FindingData {
		t.Errorf("findings %+v", f)
	}
	for _, q := range []string{"u=a+b", "u=c"} {
		if _, ok := seen.Load(q); !ok {
			t.Errorf("no user sent %s", q)
		}
	}
}

// A user that still finishes its request has its row: one more than there are
// rows is said.
func TestDataWrapsWithUsersThatLeave(t *testing.T) {
	t.Parallel()
	p := onePlan("http://staging.test/", Step{URL: "/?u={{u}}"})
	p.Data = []map[string]string{{"u": "a"}}
	p.MaxUsers = 2
	e, err := New(p, NewPermit(SystemClock()), NewBrake(), Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	s := e.schedule
	s.active = append(s.active, &s.users[0])
	if e.noticeShortage(); len(e.Findings()) != 0 {
		t.Errorf("one user, one row: %+v", e.Findings())
	}
	s.leaving = append(s.leaving, &s.users[1])
	if e.noticeShortage(); len(e.Findings()) != 1 || e.Findings()[0].Kind != FindingData {
		t.Errorf("two users, one row: %+v", e.Findings())
	}
}

package identity

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// toLoopback leads every name to this machine.
func toLoopback(ctx context.Context, network, addr string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	return d.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

// shop is two environments: staging's records go to made, production shows what
// is in shown.
type shop struct {
	mu     sync.Mutex
	made   []string
	echo   bool
	status atomic.Int32 // of production
	looks  atomic.Int32
	after  int32 // looks until production shows what staging made; below 0: never

	answer   int      // of staging to the record; 0: 201
	loses    bool     // staging answers as if it had made the record
	remember int      // how many of the latest searches production lists; 0: none
	searches []string // the latest
}

func (s *shop) staging(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.Method == http.MethodGet {
		s.mu.Lock()
		defer s.mu.Unlock()
		fmt.Fprintf(w, "results for %s: %s", r.URL.Query().Get("q"), s.made)
		return
	}
	if r.Method != http.MethodPost || r.Header.Get("X-Token") != "s3cret" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.loses {
		s.made = append(s.made, string(body))
	}
	w.WriteHeader(max(s.answer, http.StatusCreated))
}

func (s *shop) production(w http.ResponseWriter, r *http.Request) {
	n := s.looks.Add(1)
	if status := s.status.Load(); status != 0 {
		w.WriteHeader(int(status))
	}
	if s.echo {
		fmt.Fprintf(w, "No results for %s", r.URL.Query().Get("q"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.remember > 0 {
		s.searches = append(s.searches, r.URL.Query().Get("q"))
		if n%3 == 0 {
			s.searches = append(s.searches, "somebody else's", "and more")
		}
		s.searches = s.searches[max(0, len(s.searches)-s.remember):]
		fmt.Fprint(w, "lately asked for: ", s.searches)
	}
	// The first look is the control's.
	if s.after >= 0 && n > s.after+1 {
		fmt.Fprint(w, s.made)
	}
}

func dyeOf(t *testing.T, s *shop) Dye {
	t.Helper()
	staging := httptest.NewServer(http.HandlerFunc(s.staging))
	production := httptest.NewServer(http.HandlerFunc(s.production))
	t.Cleanup(staging.Close)
	t.Cleanup(production.Close)
	return Dye{
		Staging:    Request{Method: "post", URL: staging.URL + "/orders", Headers: map[string]string{"X-Token": "s3cret"}, Body: `{"name": "{{dye}}"}`},
		Production: Request{URL: production.URL + "/orders?q={{dye}}"},
		Every:      5 * time.Millisecond, For: 100 * time.Millisecond,
	}
}

// looking has the record looked for through staging, too.
func looking(d *Dye) { d.Look.URL = d.Staging.URL + "?q={{dye}}" }

// huge is a request that is answered with a page of 2 MiB.
func huge(t *testing.T) Request {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 2<<20))
	}))
	t.Cleanup(s.Close)
	return Request{URL: s.URL}
}

func TestDye(t *testing.T) {
	for _, c := range []struct {
		name  string
		shop  *shop
		with  func(*Dye)
		want  Verdict
		words string
	}{
		{"seen at once", &shop{}, nil, DataLink, "was seen in production's answer"},
		{"seen later", &shop{after: 5}, nil, DataLink, "was seen"},
		{"seen beside an echo", &shop{echo: true}, nil, DataLink, "was seen"},
		{"never seen", &shop{after: -1}, nil, Distinct, "was not in any of"},
		{"an echo is no sight", &shop{after: -1, echo: true}, nil, Distinct, "was not in any of"},
		{"a redirect that made it", &shop{answer: http.StatusSeeOther}, nil, DataLink, "was seen"},
		{"a redirect to who knows where", &shop{answer: http.StatusFound, loses: true, after: -1}, nil, Unknown, "staging answered 302, as it may also do without making one"},
		{"a redirect, and found through staging", &shop{answer: http.StatusSeeOther, after: -1}, looking, Distinct, "was not in any of"},
		{"a page that says 200 to anything", &shop{answer: http.StatusOK, loses: true, after: -1}, looking, Unknown, "not in staging either"},
		{"staging's own look fails", &shop{after: -1}, func(d *Dye) { d.Look.URL = "http://" + closedPort(t) + "/" }, Unknown, "staging's own look failed: nothing listens there"},
		{"a list of recent searches", &shop{after: -1, remember: 1000}, nil, Distinct, "was not in any of"},
		{"a short list of recent searches", &shop{after: -1, remember: 4, echo: true}, nil, Distinct, "was not in any of"},
		{"seen beside recent searches", &shop{remember: 20}, nil, DataLink, "was seen"},
		{"too long a page", &shop{remember: 1}, func(d *Dye) { d.Production = huge(t) }, Unknown, "too long to be looked through"},
		{"staging refuses", &shop{}, func(d *Dye) { d.Staging.Headers = nil }, Unknown, "Staging did not make the record: it answered 403"},
		{"staging is away", &shop{}, func(d *Dye) { d.Staging.URL = "http://" + closedPort(t) + "/" }, Unknown, "nothing listens there"},
		{"production is away", &shop{}, func(d *Dye) { d.Production.URL = "http://" + closedPort(t) + "/" }, Unknown, "Production's request does not work: nothing listens there"},
	} {
		d := dyeOf(t, c.shop)
		if c.with != nil {
			c.with(&d)
		}
		f, err := d.Run(t.Context(), Options{})
		if err != nil || f.Verdict != c.want || !strings.Contains(f.Evidence, c.words) || strings.Contains(f.String(), "s3cret") {
			t.Errorf("%s: %v, %v", c.name, f, err)
		}
		worded(t, Conclude(f))
		if c.want >= Distinct && !c.shop.loses {
			if len(c.shop.made) != 1 || !strings.HasPrefix(c.shop.made[0], `{"name": "crosstalk-dye-`) {
				t.Errorf("%s: made %q", c.name, c.shop.made)
			}
		}
		// Production must work before anything is made.
		if c.name == "production is away" && len(c.shop.made) != 0 {
			t.Errorf("made %q for nothing", c.shop.made)
		}
	}
}

func TestDyeByOneRecordsPage(t *testing.T) {
	// A page of one record is not found before, and repeats the name even so.
	var s shop
	s.echo, s.after = true, -1
	s.status.Store(http.StatusNotFound)
	d := dyeOf(t, &s)
	if f, err := d.Run(t.Context(), Options{}); err != nil || f.Verdict != Distinct {
		t.Errorf("never found: %v, %v", f, err)
	}
	s.status.Store(http.StatusUnauthorized)
	if f, err := d.Run(t.Context(), Options{}); err != nil || f.Verdict != Unknown || !strings.Contains(f.Evidence, "401") {
		t.Errorf("locked: %v, %v", f, err)
	}
}

func TestDyeEndsWithItsContext(t *testing.T) {
	var s shop
	s.after = -1
	d := dyeOf(t, &s)
	d.For = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for s.looks.Load() < 3 && ctx.Err() == nil {
			select {
			case <-time.After(time.Millisecond):
			case <-ctx.Done():
			}
		}
	}()
	f, err := d.Run(ctx, Options{})
	if err != nil || f.Verdict != Unknown || !strings.Contains(f.Evidence, "was ended after") {
		t.Errorf("%v, %v", f, err)
	}
}

func TestDyeRefusesWhatIsNone(t *testing.T) {
	good := Dye{Staging: Request{URL: "http://s3cret:s3cret@a.example/{{dye}}"}, Production: Request{URL: "http://b.example/"}}
	for want, change := range map[string]func(*Dye){
		"both requests go to a.example:80":     func(d *Dye) { d.Production.URL = "http://A.example/x?s3cret" },
		"no {{dye}}":                           func(d *Dye) { d.Staging.URL = "http://a.example/s3cret" },
		"production is looked at, not changed": func(d *Dye) { d.Production.Method = "DELETE" },
		"not changed":                          func(d *Dye) { d.Production.Method = "HEAD" },
		"the look through staging must be":     func(d *Dye) { d.Look = Request{Method: "PUT", URL: "http://a.example/"} },
		"needs a URL":                          func(d *Dye) { d.Production.URL = "s3cret" },
		"shorter time":                         func(d *Dye) { d.For = time.Millisecond },
	} {
		d := good
		change(&d)
		if _, err := d.Run(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", want, err)
		}
	}
}

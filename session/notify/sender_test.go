package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"crosstalk/session"
)

// tried runs a whole session of two messages, start and end, a minute and two hours apart, and gives the seconds at which each
// was tried, and what was said of failures.
func tried(t *testing.T, answer trip) (at []string, heard *failures, err error) {
	t.Helper()
	heard = &failures{}
	synctest.Test(t, func(t *testing.T) {
		zero, feed := time.Now(), newFeed()
		f := Follow(t.Context(), feed, Options{To: toWebhook("http://h.test/topsecret"), Failed: heard.hear,
			trip: trip(func(r *http.Request) (*http.Response, error) {
				b, _ := io.ReadAll(r.Body)
				what := "?"
				for word, short := range map[string]string{"began": "start", "lockout": "cut", "over": "end"} {
					if strings.Contains(string(b), word) {
						what = short
					}
				}
				at = append(at, fmt.Sprintf("%s %.0f", what, time.Since(zero).Seconds()))
				return answer(r)
			})})
		feed.start()
		time.Sleep(time.Minute)
		feed.guard(60_000, "run", "lockout", session.CauseRed, "why", 3)
		time.Sleep(2 * time.Hour)
		feed.end(7_260_000)
		err = f.Wait(3 * time.Second)
		if late := time.Since(zero) - 2*time.Hour - time.Minute; late > 3*time.Second {
			t.Errorf("the end waited %s", late)
		}
	})
	return at, heard, err
}

func TestTriesAreBounded(t *testing.T) {
	t.Parallel()
	lost := func(why string, n int) session.NotifyFailed {
		return session.NotifyFailed{Target: "webhook", Why: why, Count: n}
	}
	status := func(code int, header ...string) trip {
		return func(*http.Request) (*http.Response, error) { return answered(code, header...), nil }
	}
	first := func(one, then trip) trip {
		n := 0
		return func(r *http.Request) (*http.Response, error) {
			if n++; n == 1 {
				return one(r)
			}
			return then(r)
		}
	}
	hang := trip(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
	for name, x := range map[string]struct {
		answer trip
		at     []string
		said   []session.NotifyFailed
		unsaid string
	}{
		"taken": {status(204), []string{"start 0", "cut 60", "end 7260"}, nil, ""},
		"broken": {status(503), []string{"start 0", "start 1", "start 5", "cut 60", "cut 61", "cut 65", "end 7260", "end 7261"},
			[]session.NotifyFailed{lost("it answered 503 Service Unavailable", 1), lost("it answered 503 Service Unavailable", 1)},
			"webhook could not be told: not told before the program ended (1 message)"},
		"refused": {status(404), []string{"start 0", "cut 60", "end 7260"},
			[]session.NotifyFailed{lost("it answered 404 Not Found", 1), lost("it answered 404 Not Found", 1)},
			"webhook could not be told: it answered 404 Not Found (1 message)"},
		"busy": {first(status(429, "Retry-After", "7"), status(200)), []string{"start 0", "start 7", "cut 60", "end 7260"}, nil, ""},
		"until": {first(status(429, "Retry-After", time.Date(2000, 1, 1, 0, 1, 30, 0, time.UTC).Format(http.TimeFormat)), status(200)),
			[]string{"start 0", "start 90", "cut 90", "end 7260"}, nil, ""},
		"for an hour": {first(status(429, "Retry-After", "3600"), status(200)), []string{"start 0", "cut 3600", "end 7260"},
			[]session.NotifyFailed{lost("it answered 429 Too Many Requests", 1)}, ""},
		"hanging": {hang, []string{"start 0", "start 6", "start 15", "cut 60", "cut 66", "cut 75", "end 7260"},
			[]session.NotifyFailed{lost("no answer within 5s", 1), lost("no answer within 5s", 1)},
			"webhook could not be told: not told before the program ended (1 message)"},
	} {
		t.Run(name, func(t *testing.T) {
			at, heard, err := tried(t, x.answer)
			if !slices.Equal(at, x.at) {
				t.Errorf("tried %q, want %q", at, x.at)
			}
			heard.want(t, x.said...)
			if got := fmt.Sprint(err); got != x.unsaid && (err != nil || x.unsaid != "") {
				t.Errorf("the end says %q, want %q", got, x.unsaid)
			}
		})
	}
}

// The same failure is said at once and then once a minute, with all that were lost meanwhile.
func TestFailuresAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		feed, zero := newFeed(), time.Now()
		var said []string
		f := Follow(t.Context(), feed, Options{To: toWebhook("http://h.test/topsecret"),
			Failed: func(n session.NotifyFailed) {
				said = append(said, fmt.Sprintf("%.0f %s %s %d", time.Since(zero).Seconds(), n.Target, n.Why, n.Count))
			},
			trip: trip(func(*http.Request) (*http.Response, error) { return answered(410), nil })})
		feed.start()
		for i := range 9 {
			time.Sleep(10 * time.Second)
			feed.guard(int64(i)*10_000, "run", "cut", session.CauseRed, "why", 3)
		}
		time.Sleep(10 * time.Minute)
		feed.guard(700_000, "run", "cut", session.CauseRed, "why", 3)
		synctest.Wait()
		want := []string{"0 webhook it answered 410 Gone 1", "60 webhook it answered 410 Gone 6", "120 webhook it answered 410 Gone 3", "690 webhook it answered 410 Gone 1"}
		// What comes in the same moment as the tick may be in the one count or the next.
		if len(said) == 4 && strings.HasSuffix(said[1], " 5") && strings.HasSuffix(said[2], " 4") {
			want[1], want[2] = said[1], said[2]
		}
		if !slices.Equal(said, want) {
			t.Errorf("said %q, want %q", said, want)
		}
		feed.end(700_000)
		if err := f.Wait(time.Second); err == nil || err.Error() != "webhook could not be told: it answered 410 Gone (1 message)" {
			t.Errorf("the end says %v", err)
		}
	})
}

func TestTheOldestIsDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mail, feed, heard, free := &mailbox{}, newFeed(), &failures{}, make(chan struct{})
		f := Follow(t.Context(), feed, Options{To: toWebhook("http://h.test/x"), Failed: heard.hear,
			trip: trip(func(r *http.Request) (*http.Response, error) { <-free; mail.take(r); return answered(200), nil })})
		feed.start()
		synctest.Wait() // the first one is on its way
		for i := range queueLen + 2 {
			feed.guard(int64(i), "run", "cut", session.CauseRed, fmt.Sprintf("number %d", i), 3)
		}
		synctest.Wait()
		close(free)
		synctest.Wait()
		feed.end(10_000)
		err := f.Wait(time.Second)
		all := mail.list()
		if len(all) != queueLen+2 || !strings.Contains(all[0].body, "began") || !strings.Contains(all[1].body, "number 2.") || !strings.Contains(all[queueLen].body, fmt.Sprintf("number %d.", queueLen+1)) {
			t.Errorf("%d came, the first %+v", len(all), all[:min(2, len(all))])
		}
		const why = "more than 64 messages wait: the oldest is dropped"
		heard.want(t, session.NotifyFailed{Target: "webhook", Why: why, Count: 1})
		if err == nil || err.Error() != "webhook could not be told: "+why+" (1 message)" {
			t.Errorf("the end says %v", err)
		}
	})
}

// Whatever goes wrong on a real wire, its words hold nothing of the address.
func TestNoFailureQuotesTheAddress(t *testing.T) {
	t.Parallel()
	const path = "/services/T00TOPSECRET/hookTOPSECRET?key=TOPSECRET"
	other, elsewhere := server(t, nil)
	_, moved := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere+"/?from="+r.URL.Path, http.StatusTemporaryRedirect)
	})
	_, hanging := server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	_, echo := server(t, func(w http.ResponseWriter, r *http.Request) { http.Error(w, r.URL.String(), http.StatusBadRequest) })
	_, garbled := server(t, func(w http.ResponseWriter, r *http.Request) {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_, _ = io.WriteString(c, "TOPSECRET "+r.URL.String()+"\r\n\r\n")
			_ = c.Close()
		}
	})
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	_ = l.Close()
	for name, x := range map[string]struct{ url, why string }{
		"closed":    {closed, "connection refused"},
		"moved":     {moved, "it answered 307 and points elsewhere, which is not followed: write the address it points to"},
		"hanging":   {hanging, "no answer within 300ms"},
		"echo":      {echo, "it answered 400 Bad Request"},
		"garbled":   {garbled, "the connection failed"},
		"plain TLS": {strings.Replace(echo, "http:", "https:", 1), "it does not speak TLS: write its address with http"},
		"no URL":    {"http://h.test:TOPSECRET", "its address can't be used"},
	} {
		feed, heard := newFeed(), &failures{}
		answer := time.Minute
		if name == "hanging" {
			answer = 300 * time.Millisecond
		}
		f := Follow(t.Context(), feed, Options{To: toWebhook(x.url + path), Failed: heard.hear,
			times: times{answer: answer, pauses: []time.Duration{time.Millisecond, time.Millisecond}}})
		feed.start()
		feed.end(10)
		err := f.Wait(time.Minute)
		said := fmt.Sprintf("%v %+v", err, heard.all)
		if strings.Contains(said, "TOPSECRET") || strings.Contains(said, "127.0.0.1") || !strings.Contains(said, x.why) {
			t.Errorf("%s: said %s, want %s", name, said, x.why)
		}
	}
	if n := len(other.list()); n != 0 {
		t.Errorf("a redirect to another host was followed %d times", n)
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("Post %q: %w", "http://TOPSECRET", &net.DNSError{Err: "no such host", Name: "TOPSECRET", IsNotFound: true}), "its host name is not found"},
		{fmt.Errorf("Post: %w", context.DeadlineExceeded), "no answer within 5s"},
		{errors.New("proxy TOPSECRET said TOPSECRET"), "the connection failed"},
	} {
		if got := reason(x.err, answerFor); got != x.want {
			t.Errorf("%v is said as %q, want %q", x.err, got, x.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "7", "-1", "99999999999", "Sat, 01 Jan 2000 00:01:30 GMT", " 3 ", "1.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d := retryAfter(s, began); d < 0 || d > longRest {
			t.Fatalf("%q means %s", s, d)
		}
	})
}

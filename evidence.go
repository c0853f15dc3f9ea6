package main

import (
	"net/http"
	"strings"
	"time"

	"crosstalk/loadengine"
	"crosstalk/session"
)

const (
	exampleText   = 600 // characters of a body
	exampleURL    = 300
	exampleHeader = 160
	exampleCount  = 24 // headers
)

// exemplar makes of a real exchange what may be written down: masked, and short.
// What the user filled in and saved is hidden wherever it turns up.
func exemplar(cfg *session.Config, x loadengine.Exemplar) *session.ExemplarAdd {
	m := &tryMask{cfg: cfg}
	private := make([]loadengine.Saved, 0, len(x.Private))
	for _, v := range x.Private {
		private = append(private, loadengine.Saved{Value: v})
	}
	for _, c := range (&http.Response{Header: x.Answer}).Cookies() {
		private = append(private, loadengine.Saved{Value: c.Value})
	}
	m.learn(private)
	b := &session.ExemplarAdd{Level: x.Level, Asked: x.Asked, Journey: cfg.Mask(x.Journey), Step: cfg.Mask(x.Step), Kind: x.Kind, Pick: x.Pick,
		Seconds: x.Latency.Round(10 * time.Microsecond).Seconds(), Status: x.Code, User: x.User, Trace: m.text(x.Trace), Method: x.Method,
		URL: clipped(m.text(x.URL), exampleURL), Reached: clipped(m.text(x.Reached), exampleURL), Error: clipped(m.text(x.Err), exampleURL),
		Headers: shortHeaders(m.headers(x.Header)), Answer: shortHeaders(m.headers(x.Answer))}
	b.Body, b.MoreSent = m.start(x.Body, x.Header.Get("Content-Type"))
	b.Start, b.More = m.start(x.Start, x.Answer.Get("Content-Type"))
	return b
}

// start masks the beginning of a body, and tells whether there is more of it.
func (m *tryMask) start(b []byte, kind string) (text string, more bool) {
	text = m.body(b, kind, exampleText)
	return text, strings.HasSuffix(text, "…")
}

func shortHeaders(h map[string]string) map[string]string {
	out := map[string]string{}
	for name, v := range h {
		if len(out) == exampleCount {
			break
		}
		if !strings.EqualFold(name, "traceparent") {
			out[name] = clipped(v, exampleHeader)
		}
	}
	return out
}

func clipped(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

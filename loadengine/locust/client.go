package locust

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// maxAnswer bounds what is read of one answer of the master: 500 rows with
// their histograms stay far below.
const maxAnswer = 16 << 20

// errNoPlugin says that the master has never heard of our plug-in.
var errNoPlugin = errors.New("the master does not import crosstalk_guard.py")

// client speaks with a Locust master's web API. It is safe for concurrent use.
type client struct {
	base  *url.URL
	login string // path of the login form; empty: none
	user  string
	pass  string
	http  *http.Client

	session string       // empty: no plug-in tells who sets users
	hands   atomic.Int64 // how often somebody else did, as heard last
}

func newClient(raw, login string) (*client, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("the address of the Locust master, %q, is not like http://127.0.0.1:8089", Shown(raw))
	}
	c := &client{base: u, login: login, user: u.User.Username()}
	c.pass, _ = u.User.Password()
	u.User = nil
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("prepare the way to the Locust master: %w", err)
	}
	c.http = &http.Client{Jar: jar,
		// A transport of its own: neither load nor checks may wait in the same line.
		Transport: &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // to a login page, which is then said
		},
	}
	return c, nil
}

// Shown is a master's address for people: without user and password, whatever
// it is else.
func Shown(raw string) string {
	if at := strings.LastIndexByte(raw, '@'); at >= 0 {
		scheme, _, is := strings.Cut(raw, "://")
		if raw = raw[at+1:]; is && !strings.ContainsAny(scheme, ":@/") {
			raw = scheme + "://" + raw
		}
	}
	return raw
}

// refused is an answer of the master that is not the one asked for.
type refused struct {
	code int
	text string
}

func (r *refused) Error() string {
	switch r.code {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusFound, http.StatusSeeOther:
		return fmt.Sprintf("the Locust master wants a login (%d): write user and password into its address, and for a login page its path as engine.login", r.code)
	}
	return fmt.Sprintf("the Locust master answers %d: %s", r.code, r.text)
}

// taken says that another session drives the fleet now.
type taken struct{ session string }

func (t *taken) Error() string { return "session " + t.session + " drives the fleet now" }

// call asks for one thing and decodes the answer into out, unless that is nil.
// With a login path it logs in once where the master wants that.
func (c *client) call(ctx context.Context, method, path, kind string, body []byte, out any) error {
	err := c.once(ctx, method, path, kind, body, out)
	var r *refused
	if c.login == "" || !errors.As(err, &r) {
		return err
	}
	switch r.code {
	case http.StatusUnauthorized, http.StatusFound, http.StatusSeeOther:
	default:
		return err
	}
	form := url.Values{"username": {c.user}, "password": {c.pass}}
	// Its answer is a redirect, to the start or back to the form: the second try tells.
	if err := c.once(ctx, http.MethodPost, c.login, formType, []byte(form.Encode()), nil); err != nil && !errors.As(err, &r) {
		return err
	}
	return c.once(ctx, method, path, kind, body, out)
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

func (c *client) once(ctx context.Context, method, path, kind string, body []byte, out any) error {
	path, query, _ := strings.Cut(path, "?")
	to := c.base.JoinPath(path)
	to.RawQuery = query
	req, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the Locust master: %w", err)
	}
	if c.session != "" {
		// The plug-in tells by these who sets users: the session, or somebody in
		// Locust's own page whom the session has not heard of yet.
		req.Header.Set("X-Crosstalk-Session", c.session)
		req.Header.Set("X-Crosstalk-Hands", strconv.FormatInt(c.hands.Load(), 10))
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.user != "" && c.login == "" {
		req.SetBasicAuth(c.user, c.pass)
	}
	res, err := c.http.Do(req)
	if err != nil {
		if u, is := errors.AsType[*url.Error](err); is {
			err = u.Err // the address is said once, and without its password
		}
		return fmt.Errorf("the Locust master at %s does not answer: %w", c.base.Host, err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the Locust master's answer: %w", err)
	}
	if res.StatusCode == http.StatusConflict {
		var a struct {
			Session string `json:"session"`
		}
		if json.Unmarshal(data, &a) == nil && a.Session != "" {
			return &taken{a.Session}
		}
	}
	if res.StatusCode == http.StatusNotFound && strings.HasPrefix(path, "/crosstalk/") {
		return errNoPlugin
	}
	if res.StatusCode != http.StatusOK {
		return &refused{code: res.StatusCode, text: short(data)}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("the server at %s answers %s with what is not a Locust master's JSON: %w", c.base.Host, path, err)
	}
	return nil
}

// short is the start of an answer, on one line.
func short(data []byte) string {
	s := strings.Join(strings.Fields(string(data[:min(len(data), 200)])), " ")
	return strings.ToValidUTF8(s, "")
}

// swarm sets the number of users. The master answers at once and spawns or
// stops at rate users a second, paced in both directions.
func (c *client) swarm(ctx context.Context, users int, rate float64, host string) error {
	form := url.Values{"user_count": {strconv.Itoa(users)}, "spawn_rate": {strconv.FormatFloat(rate, 'f', -1, 64)}}
	if host != "" {
		form.Set("host", host)
	}
	var answer struct {
		Success bool   `json:"success"`
		Message string `json:"message"`
	}
	if err := c.call(ctx, http.MethodPost, "/swarm", formType, []byte(form.Encode()), &answer); err != nil {
		return err
	}
	switch {
	case strings.Contains(answer.Message, "shape"):
		return errShape
	case strings.Contains(answer.Message, "crosstalk: somebody"):
		return errSomebody
	}
	if !answer.Success {
		return fmt.Errorf("the Locust master does not set %d users: %s", users, answer.Message)
	}
	return nil
}

// errShape is a locustfile whose own class decides how many users there are.
var errShape = errors.New("the locustfile has a LoadTestShape, which decides the number of users by itself: remove it, so that the dial can")

// errSomebody is an order that would undo what a person has just done in
// Locust's own page: the next look tells what.
var errSomebody = errors.New("someone else was there first")

// stop is Locust's own: it blocks until no worker reports a user. What answers
// otherwise than Locust does has stopped nothing.
func (c *client) stop(ctx context.Context) error {
	var answer struct {
		Success bool   `json:"success"`
		Message string `json:"message"`
	}
	if err := c.call(ctx, http.MethodGet, "/stop", "", nil, &answer); err != nil {
		return err
	}
	if !answer.Success {
		return fmt.Errorf("the Locust master does not stop: %s", answer.Message)
	}
	return nil
}

// post sends one of the plug-in's messages and returns the state it answers.
func (c *client) post(ctx context.Context, what string, body any) (*state, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write to the Locust master: %w", err)
	}
	var s state
	if err := c.call(ctx, http.MethodPost, "/crosstalk/"+what, jsonType, data, &s); err != nil {
		return nil, err
	}
	return &s, nil
}

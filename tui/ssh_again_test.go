package tui

import (
	"os"
	"strings"
	"testing"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
)

// handed is a session as the protocol's library hands it over.
type handed struct {
	ssh.Session
	user string
	key  ssh.PublicKey
}

func (s handed) User() string                            { return s.user }
func (s handed) PublicKey() ssh.PublicKey                { return s.key }
func (s handed) RawCommand() string                      { return "" }
func (s handed) Subsystem() string                       { return "" }
func (s handed) Pty() (ssh.Pty, <-chan ssh.Window, bool) { return ssh.Pty{}, nil, true }
func proof(key gossh.PublicKey) map[string]string {
	return map[string]string{provedKey: gossh.FingerprintSHA256(key)}
}
func proved(extensions map[string]string) (conn *gossh.ServerConn) {
	return &gossh.ServerConn{Permissions: &gossh.Permissions{Extensions: extensions}}
}

// Inside the handler the key is looked at again: it has to be the one whose
// signature was verified, whatever a library says of the connection, and it has to
// stand in the file still.
func TestTheKeyIsLookedAtAgain(t *testing.T) {
	h := openHouse(t, nil)
	jon, ann, eve := h.keys["jon"].PublicKey(), h.keys["ann"].PublicKey(), h.keys["eve"].PublicKey()
	for name, c := range map[string]struct {
		proved map[string]string
		said   ssh.PublicKey // by the library
		role   session.Role  // "" for who does not come in
	}{
		"the same":                     {proof(jon), jon, session.Navigator},
		"an observer's":                {proof(ann), ann, session.Observer},
		"another one was proved":       {proof(ann), jon, ""},
		"a better one was proved":      {proof(jon), ann, ""},
		"a stranger's was proved":      {proof(eve), jon, ""},
		"a stranger's":                 {proof(eve), eve, ""},
		"none is known":                {proof(jon), nil, ""},
		"none was proved":              {nil, jon, ""},
		"an empty one was proved":      {map[string]string{provedKey: ""}, jon, ""},
		"it stands under another name": {map[string]string{"pubkey-fp": gossh.FingerprintSHA256(jon)}, jon, ""},
	} {
		v, why, told := h.door.inspect(handed{user: "somebody", key: c.said}, proved(c.proved), "127.0.0.1")
		if in := why == ""; in != (c.role != "") || in && (v.Role != c.role || v.Key != gossh.FingerprintSHA256(c.said)) {
			t.Errorf("%s: comes in as %+v: %s", name, v, why)
		}
		if c.role == "" && told != "this key may not come in" {
			t.Errorf("%s: it is told %q", name, told)
		}
	}
}

// A line that is taken out between the proof and the view lets nobody in.
func TestAKeyThatIsTakenOutMeanwhile(t *testing.T) {
	h := openHouse(t, nil)
	c := h.dial("jon", "jon") // has proved the key, and opens no view yet
	if err := os.WriteFile(h.door.o.Allow, gossh.MarshalAuthorizedKey(h.keys["ann"].PublicKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RequestPty("xterm", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	b := make([]byte, 512)
	for {
		n, err := out.Read(b)
		said.Write(b[:n])
		if err != nil {
			break
		}
	}
	if !strings.Contains(said.String(), "this key may not come in") {
		t.Errorf("jon is told %q", said.String())
	}
	h.await("the refusal", func(e session.Event) bool {
		r, ok := e.Body.(*session.Refused)
		return ok && strings.Contains(r.Why, "a key that may not come in")
	})
	if here := h.Snapshot().Pair.Here; len(here) != 0 {
		t.Errorf("here: %+v", here)
	}
}

// Every guest has a draft of the own: whatever the screen says, it is kept under the
// guest's name, and nobody reads another one's.
func TestGuestsHaveDraftsOfTheirOwn(t *testing.T) {
	h := openHouse(t, nil)
	source := func(name string) *guestSource {
		_, v := typedOf(h, name)
		return newGuestSource(h.door, v)
	}
	one, two := source("jon"), source("kim")
	if err := h.KeepUnfinished(session.Unfinished{By: "mel", Note: &session.Line{Text: "mel's"}}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*guestSource{one, two} {
		if u, err := s.Unfinished("mel"); err != nil || !u.Empty() {
			t.Errorf("%s reads mel's: %+v, %v", s.v.who.Name, u, err)
		}
	}
	if err := one.KeepUnfinished(session.Unfinished{By: "mel", Note: &session.Line{Text: "jon's"}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"mel": "mel's", "jon": "jon's", "kim": ""} {
		u, err := h.Unfinished(name)
		got := ""
		if u.Note != nil {
			got = u.Note.Text
		}
		if err != nil || got != want {
			t.Errorf("%s finds %q, %v, want %q", name, got, err, want)
		}
	}
	if u, err := two.Unfinished("jon"); err != nil || !u.Empty() {
		t.Errorf("kim reads jon's: %+v, %v", u, err)
	}
	// Through the door: what was begun is there when the guest comes back, and is no
	// other guest's.
	kim := h.guest("kim", 120, 36, nil)
	kim.sees("you are kim, navigator")
	kim.press("n! half a thought")
	until(t, "kim's draft is on the disk", func() bool {
		u, err := h.Unfinished("kim")
		return err == nil && u.Note != nil && u.Note.Text == "! half a thought"
	})
	_ = kim.conn.Close()
	h.leaves("kim")
	back := h.guest("kim", 120, 36, nil)
	back.sees("half a thought")
	jon := h.guest("jon", 120, 36, nil)
	jon.sees("jon's")
	if raw, _ := jon.out.text(); strings.Contains(raw, "half a thought") {
		t.Error("jon's screen shows what kim had begun")
	}
}

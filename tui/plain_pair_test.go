package tui

import (
	"io"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
)

// Without a picture, too, a guest who knocks is told of and let in, or not, by
// what is typed; and the door says what to send.
func TestPlainAnswersWhoKnocks(t *testing.T) {
	h := openHouse(t, func(o *DoorOptions, _ *Door) { o.Confirm = true })
	r, w := io.Pipe()
	var said heard
	ended := make(chan error, 1)
	go func() {
		ended <- Plain(t.Context(), h, PlainOptions{Who: mel, Now: time.Now, Door: h.door}, r, &said)
	}()
	says := func(text string) {
		t.Helper()
		until(t, "it says "+text, func() bool { return strings.Contains(said.text(), text) })
	}
	typed := func(line string) {
		t.Helper()
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	sight := h.door.Sight()
	for _, text := range []string{"The door is open at " + sight.Addr, sight.Lines[0], sight.Fingerprint, sight.Reverse, "You are asked at the first join"} {
		says(text)
	}
	typed("let in")
	says("Nobody waits at the door.")
	ann := h.guest("ann", 80, 24, nil)
	says("ann wants to look on as observer, from 127.0.0.1, with the key " + gossh.FingerprintSHA256(h.keys["ann"].PublicKey()))
	typed("let in jon")
	says("It is ann who waits at the door.")
	if n := len(h.Snapshot().Pair.Here); n != 0 {
		t.Errorf("%d are here before the host let anybody in", n)
	}
	typed("refuse")
	says("ann is refused.")
	ann.sees("did not let you in")
	_ = ann.end()
	jon := h.guest("jon", 80, 24, nil)
	says("jon wants to look on as navigator")
	typed("Let jon in")
	jon.sees("STAGING")
	says("jon looks on as navigator")
	typed("who")
	says("mel, driver, holds the dial, at this machine.")
	says("jon, navigator, since")
	kim := h.guest("kim", 80, 24, nil)
	says("kim wants to look on as navigator")
	_ = kim.conn.Close()
	says("kim waits at the door no more.")
	// The dial goes to and fro.
	jon.press("T")
	says("jon asks mel for the dial")
	says("Type give, or keep. Without an answer jon may take it in 20 seconds.")
	typed("give")
	says("jon holds the dial")
	typed("send away jon")
	jon.sees("mel sent you away")
	typed("door close")
	says("The door is closed: nobody can look on.")
	w.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// What is typed as the answer goes to the one that was told of: who came to the
// front of the queue since is told of first.
func TestPlainLetsInNobodyUnsaid(t *testing.T) {
	d := NewDoor(DoorOptions{})
	ask := func(id uint64, name string) *knocker {
		return &knocker{Knock{ID: id, Name: name, Role: session.Observer}, make(chan bool, 1)}
	}
	ann, bea := ask(1, "ann"), ask(2, "bea")
	d.knock = []*knocker{ann, bea}
	var said heard
	p := &plain{o: PlainOptions{Door: d}, s: session.NewState(), out: &said}
	p.knocks()
	d.knock = d.knock[1:] // ann gave up
	p.letIn("", true)
	if len(bea.answer) != 0 || !strings.Contains(said.text(), "bea wants to look on") {
		t.Errorf("bea came in unsaid:\n%s", said.text())
	}
	p.letIn("bea", true)
	if len(bea.answer) != 1 || !<-bea.answer {
		t.Errorf("bea is not let in:\n%s", said.text())
	}
	p.letIn("", true)
	if len(bea.answer) != 0 || !strings.Contains(said.text(), "Nobody waits") {
		t.Errorf("bea is answered twice:\n%s", said.text())
	}
}

// A door that others than this machine reach is warned of, and so are lines of
// the file that let nobody in.
func TestPlainWarnsOfAWideOpenDoor(t *testing.T) {
	d := NewDoor(DoorOptions{})
	d.sight = Sight{Open: true, Addr: "0.0.0.0:2222", Allow: "team.keys", Keys: 2, Warning: "everybody who reaches eth0 (192.0.2.10) may knock", Skipped: []string{"line 4: its expiry-time is past", "line 5: x", "line 6: y"}, Lines: []string{"ssh -p 2222 YOUR-NAME@192.0.2.10"}}
	var said heard
	p := &plain{o: PlainOptions{Door: d}, s: session.NewState(), out: &said}
	p.door()
	for _, text := range []string{"Look here: everybody who reaches eth0 (192.0.2.10) may knock.", "Look here: let nobody in: line 4: its expiry-time is past; line 5: x; and 1 more.", "Look here: lets nobody in: line 6: y.", "2 keys may come in", "Send this to your partner: ssh -p 2222 YOUR-NAME@192.0.2.10"} {
		if !strings.Contains(said.text(), text) {
			t.Errorf("it does not say %q:\n%s", text, said.text())
		}
	}
	told := len(said.text())
	p.watchDoor() // nothing has changed
	if len(said.text()) != told {
		t.Errorf("said again:\n%s", said.text()[told:])
	}
	d.sight.Trouble = "team.keys: everybody may write it"
	p.watchDoor()
	d.sight.Trouble, d.sight.Skipped = "", nil
	p.watchDoor()
	for _, text := range []string{"nobody comes in any more: team.keys: everybody may write it", "Look here: team.keys: 2 keys may come in."} {
		if !strings.Contains(said.text()[told:], text) {
			t.Errorf("it does not say %q:\n%s", text, said.text()[told:])
		}
	}
}

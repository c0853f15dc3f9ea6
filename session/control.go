package session

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"crosstalk/notes"
)

// The door for commands from outside: a socket in the session's folder that
// only its owner may open. A path that is too long for a socket (108 bytes on
// Linux, 104 on macOS) stands in a file beside it.
const (
	controlName = "control.sock"
	elsewhere   = "control"
	longestPath = 100
	controlWait = 5 * time.Second
	maxOrder    = 256 << 10
)

// Order is a command from outside, one JSON line.
type Order struct {
	Cmd  string `json:"cmd"` // stop, hold, note, link, answer ("yes" or "no" and more), or look: somebody looks at it
	By   string `json:"by"`
	Text string `json:"text,omitempty"` // of a note, as it would be typed
	Kind string `json:"kind,omitempty"` // of a note, instead of its first character

	Check string `json:"check,omitempty"` // to answer: its name, or ENV/NAME; else the question that has waited longest

	Link *NoteLink `json:"link,omitempty"` // to link: a note and its key

	Attach  []Staged `json:"attach,omitempty"`  // to a note
	Samples float64  `json:"samples,omitempty"` // seconds of samples, to a note
}

// Outcome is the answer, one JSON line.
type Outcome struct {
	OK   bool   `json:"ok"`
	Text string `json:"text"` // what was done, or why not
}

// ErrNotRunning says that no process serves the session.
var ErrNotRunning = errors.New("the session is not running")

// openDoor listens for orders.
func (s *Session) openDoor() (net.Listener, error) {
	path := filepath.Join(s.o.Dir, controlName)
	if abs, err := filepath.Abs(path); err == nil && len(abs) > longestPath {
		dir, err := os.MkdirTemp("", "crosstalk-")
		if err != nil {
			return nil, fmt.Errorf("open the door for commands: %w", err)
		}
		path = filepath.Join(dir, controlName)
		if err := os.WriteFile(filepath.Join(s.o.Dir, elsewhere), []byte(path), 0o600); err != nil {
			return nil, fmt.Errorf("open the door for commands: %w", err)
		}
	}
	// One that was left by a killed process; the journal's lock says it is ours.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open the door for commands: %w", err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the door for commands: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, fmt.Errorf("open the door for commands: %w", errors.Join(err, l.Close()))
	}
	return l, nil
}

// answerDoor serves orders until ctx is done.
func (s *Session) answerDoor(ctx context.Context, l net.Listener) {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, net.ErrClosed) && pause(ctx, wakeEvery) {
				continue
			}
			break
		}
		go s.answer(ctx, conn)
	}
	if b, err := os.ReadFile(filepath.Join(s.o.Dir, elsewhere)); err == nil {
		_ = os.RemoveAll(filepath.Dir(string(b)))
		_ = os.Remove(filepath.Join(s.o.Dir, elsewhere))
	}
}

func (s *Session) answer(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(controlWait))
	in := bufio.NewReaderSize(conn, maxOrder)
	text, err := in.ReadSlice('\n')
	out := Outcome{Text: "an order is one line of JSON of at most 256 KB"}
	if err == nil {
		out = s.obey(ctx, text)
	}
	_ = conn.SetDeadline(time.Now().Add(controlWait)) // what was attached may have taken longer
	if b, err := marshal(out); err == nil {
		_, _ = conn.Write(append(b, '\n'))
	}
}

// obey carries one order out. The socket is its owner's alone, so whoever gets
// here may do what the host may: never more than the guard allows.
func (s *Session) obey(ctx context.Context, text []byte) Outcome {
	var o Order
	if err := json.Unmarshal(text, &o); err != nil {
		return Outcome{Text: "an order is one line of JSON: " + err.Error()}
	}
	if err := CheckName(o.By); err != nil {
		return Outcome{Text: err.Error()}
	}
	var cmd Command
	answer, answers, no := s.answerOrder(o)
	switch o.Cmd {
	case "answer":
		if !answers {
			return Outcome{Text: no}
		}
		cmd = answer
	case "stop":
		cmd = StopAll{}
	case "hold":
		cmd = Hold{Only: true}
	case "look":
		cmd = Look{}
	case "link":
		if o.Link == nil {
			return Outcome{Text: "an order to link names a note and its key"}
		}
		cmd = LinkNote{NoteLink: *o.Link}
	case "note":
		d := notes.Parse(o.Text)
		if o.Kind != "" {
			k, err := notes.ParseKind(o.Kind)
			if err != nil {
				return Outcome{Text: err.Error()}
			}
			d = notes.ParseAs(k, o.Text)
		}
		cmd = AddNote{Draft: d, Typed: s.now()}
		if answers {
			cmd = answer
		}
	default:
		return Outcome{Text: fmt.Sprintf("no order is called %q: stop, hold, look, note, link and answer are", o.Cmd)}
	}
	who := Person{Name: o.By, Role: Driver}
	soon, cancel := context.WithTimeout(ctx, controlWait)
	defer cancel()
	r, err := s.Do(soon, who, cmd)
	if err != nil {
		return Outcome{Text: err.Error()}
	}
	if answers && o.Cmd == "note" {
		r.Text += " (a yes or no is taken as the answer while a question waits; --kind makes it a note)"
	}
	if r.Note == "" || len(o.Attach) == 0 && o.Samples <= 0 {
		return Outcome{OK: true, Text: r.Text}
	}
	said, ok := s.attachOrdered(ctx, who, r.Note, o)
	return Outcome{OK: ok, Text: r.Text + "\n" + said}
}

// Send gives an order to the running session in dir, and returns what it
// answered. ErrNotRunning if no process serves it.
func (o Order) Send(ctx context.Context, dir string) (Outcome, error) {
	path := filepath.Join(dir, controlName)
	if b, err := os.ReadFile(filepath.Join(dir, elsewhere)); err == nil {
		path = strings.TrimSpace(string(b))
	}
	d := net.Dialer{Timeout: controlWait}
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return Outcome{}, fmt.Errorf("reach the session in %s: %w (%w)", dir, ErrNotRunning, err)
	}
	defer conn.Close()
	wait := 2 * controlWait
	if len(o.Attach) > 0 || o.Samples > 0 {
		wait += attachWait
	}
	if err := conn.SetDeadline(time.Now().Add(wait)); err != nil {
		return Outcome{}, fmt.Errorf("reach the session in %s: %w", dir, err)
	}
	b, err := marshal(o)
	if err != nil {
		return Outcome{}, err
	}
	if len(b) >= maxOrder {
		return Outcome{Text: fmt.Sprintf("%s are too long for an order: attach what is long as a file", Bytes(int64(len(b))))}, nil
	}
	if _, err := conn.Write(append(b, '\n')); err != nil {
		return Outcome{}, fmt.Errorf("reach the session in %s: %w", dir, err)
	}
	var out Outcome
	if err := json.NewDecoder(conn).Decode(&out); err != nil {
		return Outcome{}, fmt.Errorf("read the session's answer: %w", err)
	}
	return out, nil
}

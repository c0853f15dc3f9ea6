package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"crosstalk/notes"
	"crosstalk/session"
)

// clipWait is how long a terminal may take to hand its clipboard over: some ask
// their user first.
const clipWait = 5 * time.Second

// noClipboard is said when it did not, with what to do instead.
const noClipboard = "no clipboard from this terminal: n and paste makes a note of it, a attaches a file"

// samplesAround is how much before and after a note's moment its samples are.
const samplesAround = 60 * time.Second

// enclosure is a file to be attached. It is opened off the screen's goroutine.
type enclosure struct {
	name, media, from string
	open              func() (io.ReadCloser, error)
}

// attachedMsg tells what became of attaching.
type attachedMsg struct {
	text string
	err  error
}

// enclose attaches files to a note, or to a new plain one of the text if id is
// empty.
func (m *Model) enclose(id, text string, files func() ([]enclosure, error)) tea.Cmd {
	ctx, src, who, now, begun := m.ctx, m.src, m.o.Who, m.now, m.s.Context(m.now)
	return func() tea.Msg {
		all, err := files()
		if err != nil {
			return attachedMsg{err: err}
		}
		if id == "" {
			reply, err := src.Do(ctx, who, session.AddNote{Draft: notes.Paste(text), Typed: now, Begun: begun})
			if err != nil {
				return attachedMsg{err: err}
			}
			id = reply.Note
		}
		said := make([]string, 0, len(all))
		for _, f := range all {
			reply, err := hand(ctx, src, who, id, f)
			if err != nil {
				return attachedMsg{text: strings.Join(said, ", "), err: err}
			}
			said = append(said, reply.Text)
		}
		return attachedMsg{text: strings.Join(said, "; ")}
	}
}

func hand(ctx context.Context, src Source, who session.Person, id string, f enclosure) (session.Reply, error) {
	content, err := f.open()
	if err != nil {
		return session.Reply{}, fmt.Errorf("attach %s: %w", f.name, err)
	}
	defer content.Close()
	return src.Do(ctx, who, session.Attach{Note: id, Name: f.name, Media: f.media, From: f.from, Content: content})
}

func (m *Model) attached(msg attachedMsg) {
	switch {
	case msg.err != nil && m.ctx.Err() == nil:
		m.say("not attached: "+strings.TrimPrefix(msg.err.Error(), "attach "), true)
	case msg.text != "":
		m.say(msg.text, false)
	}
}

// memory is an enclosure whose content is at hand.
func memory(name, media, from, content string) enclosure {
	return enclosure{name, media, from, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

// onDisk is an enclosure that is a file of this machine.
func onDisk(path, from string) enclosure {
	return enclosure{filepath.Base(path), "", from, func() (io.ReadCloser, error) { return session.OpenRegular(path) }}
}

// because is an error of the file system without its path, which is named
// already.
func because(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}

// askPath asks which file to attach. A guest's path would be one of this
// machine's, which is not the guest's.
func (m *Model) askPath(id string) {
	if !m.o.Host {
		m.say("only who sits at the machine attaches its files; v attaches your clipboard", true)
		return
	}
	m.mode, m.editor = modeEdit, editor{purpose: editPath, id: id}
}

// pathMsg tells whether what was named can be attached.
type pathMsg struct {
	id, path string
	err      error
}

// tryPath looks whether the file that was named can be attached. The prompt stays
// until that is known: what is typed meanwhile must not act as keys.
func (m *Model) tryPath(e editor) tea.Cmd {
	typed := strings.TrimSpace(e.text)
	if typed == "" {
		return nil
	}
	m.mode = modeEdit
	return func() tea.Msg {
		path, err := expand(typed)
		if err == nil {
			var f *os.File
			if f, err = session.OpenRegular(path); err == nil {
				err = f.Close()
			}
		}
		return pathMsg{id: e.id, path: path, err: err}
	}
}

// attachPath attaches the file that was named, or keeps asking for it.
func (m *Model) attachPath(msg pathMsg) tea.Cmd {
	asking := m.mode == modeEdit && m.editor.purpose == editPath && m.editor.id == msg.id
	switch {
	case msg.err != nil && asking:
		m.say(msg.err.Error()+": mend the path, or Esc", true)
		return nil
	case msg.err != nil:
		m.say("not attached: "+msg.err.Error(), true)
		return nil
	case !asking: // taken back meanwhile, or attached already
		return nil
	}
	m.mode = modeMain
	return m.enclose(msg.id, "", func() ([]enclosure, error) {
		return []enclosure{onDisk(msg.path, notes.FromFile)}, nil
	})
}

// expand puts a person's home in the place of "~", and takes off the quotes and
// the scheme that a file has when it is dragged into a terminal.
func expand(path string) (string, error) {
	path = strings.TrimSpace(path)
	if n := len(path); n > 1 && (path[0] == '\'' || path[0] == '"') && path[n-1] == path[0] {
		path = path[1 : n-1]
	}
	path = strings.TrimPrefix(path, "file://")
	if path != "~" && !strings.HasPrefix(path, "~/") {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find your home: %w", err)
	}
	return home + path[1:], nil
}

// pathsMsg brings how a path may go on.
type pathsMsg struct {
	typed string   // what it was asked for
	text  string   // as far as all agree
	names []string // which they are
	err   error
}

// completePath is Tab on a path.
func (m *Model) completePath() tea.Cmd {
	typed := m.editor.text
	return func() tea.Msg { return pathsOf(typed) }
}

func pathsOf(typed string) pathsMsg {
	msg := pathsMsg{typed: typed, text: typed}
	path, err := expand(typed)
	if err != nil {
		msg.err = err
		return msg
	}
	dir, base := filepath.Split(path)
	if typed == "~" {
		msg.text = "~/"
		return msg
	}
	if dir == "" {
		dir = "."
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		msg.err = because(err)
		return msg
	}
	most := ""
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, base) || base == "" && strings.HasPrefix(name, ".") || name != notes.Clean(name) {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.IsDir() {
			name += "/"
		}
		if len(msg.names) == 0 {
			most = name
		}
		for !strings.HasPrefix(name, most) {
			most = most[:len(most)-1]
		}
		msg.names = append(msg.names, name)
	}
	if len(most) > len(base) {
		msg.text = strings.TrimSuffix(typed, base) + strings.ToValidUTF8(most, "")
	}
	return msg
}

// paths shows how the path may go on, unless something else was typed since.
func (m *Model) paths(msg pathsMsg) {
	if m.mode != modeEdit || m.editor.purpose != editPath || m.editor.text != msg.typed {
		return
	}
	m.editor.text, m.editor.at = msg.text, len(msg.text)
	switch {
	case msg.err != nil:
		m.say(msg.err.Error(), true)
	case len(msg.names) == 0 && msg.text == msg.typed:
		m.say("nothing there begins so", true)
	case len(msg.names) > 1:
		m.say(strings.Join(msg.names[:min(len(msg.names), 8)], "  "), false)
	}
}

// askClipboard asks the terminal for its clipboard.
func (m *Model) askClipboard(id string) tea.Cmd {
	m.desk.clip = wait4clip{id: id, until: m.now.Add(clipWait)}
	m.say("asking the terminal for its clipboard …", false)
	return tea.ReadClipboard
}

// clipboard attaches what the terminal handed over, if it was asked for it.
func (m *Model) clipboard(text string) tea.Cmd {
	id := m.desk.clip.id
	m.desk.clip.id = ""
	switch {
	case id == "":
		return nil
	case strings.TrimSpace(text) == "":
		m.say("the clipboard holds no text", true)
		return nil
	}
	return m.enclose(id, "", func() ([]enclosure, error) {
		return []enclosure{memory("clipboard.txt", "text/plain", notes.FromClipboard, text)}, nil
	})
}

// attachSamples attaches the samples around a note's moment.
func (m *Model) attachSamples(n notes.Note) tea.Cmd {
	if n.Before() {
		m.say(n.ID+" happened before the session began: there are no samples of that time", true)
		return nil
	}
	from, to := n.MS-samplesAround.Milliseconds(), n.MS+samplesAround.Milliseconds()
	if len(m.s.Fine.Range(from, to)) == 0 {
		m.say("samples of single seconds are kept for 15 minutes: those are gone", true)
		return nil
	}
	a := m.s.Samples(n.ID, from, to)
	return m.do(a)
}

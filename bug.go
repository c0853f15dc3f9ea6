package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"crosstalk/session"
	"crosstalk/session/report"
)

// bugFlags are what `bug` takes beside the note.
type bugFlags struct {
	as, markup, key, github string
	copy                    bool
	redact                  []string
}

func bugCommand() *cobra.Command {
	var f bugFlags
	c := &cobra.Command{
		Use:   "bug NOTE [DIR]",
		Short: "One finding ready to file, and the key it got",
		Long: `Bug prints one note as the body of an issue: what was seen, both environments'
numbers before, then and after, and the line that repeats it. With a tracker in the
configuration (tracker: {github: owner/name}) it prints a link, too, that opens a
new issue with all of it filled in; nothing is sent anywhere. --key keeps what the
tracker called it with the note. Without DIR it takes the newest session.`,
		Example: `  crosstalk bug n17
  crosstalk bug n17 DIR --key SHOP-4711
  crosstalk bug n17 --github owner/name --copy
  crosstalk bug n17 --markup wiki > issue.txt`,
		Args: cobra.RangeArgs(1, 2),
		RunE: f.run,
	}
	asFlag(c, &f.as)
	c.Flags().StringVar(&f.key, "key", "", "the key or address that the tracker gave it, kept with the note")
	c.Flags().StringVar(&f.markup, "markup", "", "md or wiki (default: what the tracker takes; md without one)")
	c.Flags().StringVar(&f.github, "github", "", "owner/name, or the repository's address: make the link for it")
	c.Flags().BoolVar(&f.copy, "copy", false, "put the body on the terminal's clipboard, too (OSC 52)")
	redactFlag(c, &f.redact)
	return c
}

func (f *bugFlags) run(c *cobra.Command, args []string) error {
	dir, err := statusDir(args[1:])
	if err != nil {
		return usage(err)
	}
	if f.markup != "" && f.markup != "md" && f.markup != "wiki" {
		return usage(fmt.Errorf("--markup: no markup is called %q: md and wiki are", f.markup))
	}
	to, err := f.tracker()
	if err != nil {
		return usage(err)
	}
	profile, err := report.ParseProfile(f.redact)
	if err != nil {
		return usage(fmt.Errorf("--redact: %w", err))
	}
	issue, err := report.IssueOf(dir, args[0], f.markup, to, profile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usage(fmt.Errorf("%s holds no session: %w", dir, err))
	case errors.Is(err, report.ErrNoNote):
		return usage(err)
	case err != nil:
		return err
	}
	if f.key != "" {
		return f.keep(c, dir, issue.Note)
	}
	fmt.Fprintf(c.ErrOrStderr(), "Title: %s\n\n", issue.Title)
	fmt.Fprint(c.OutOrStdout(), issue.Body)
	f.tell(c, dir, issue)
	return nil
}

// tell prints, for people, how it is filed.
func (f *bugFlags) tell(c *cobra.Command, dir string, i *report.Issue) {
	w := c.ErrOrStderr()
	if f.copy {
		fmt.Fprintf(w, "\n%s\n", copied(i.Body, "the body"))
	}
	if len(i.Keys) > 0 {
		fmt.Fprintf(w, "\nFiled already: %s\n", strings.Join(i.Keys, ", "))
	}
	switch {
	case i.Link == "":
		fmt.Fprint(w, "\nNo tracker is known: --github owner/name, or tracker: {github: owner/name} in crosstalk.yaml, makes a link that is filled in.\n")
	case i.Whole:
		fmt.Fprintf(w, "\nNew issue, filled in: %s\n", i.Link)
	default:
		fmt.Fprintf(w, "\nNew issue, title filled in; the body is too long for an address, paste it (--copy): %s\n", i.Link)
	}
	if i.Link == "" || !screen() {
		fmt.Fprintf(w, "Keep its key: crosstalk bug %s %s --key KEY\n", i.Note, dir)
		return
	}
	fmt.Fprint(w, "Its key or address, once it is filed (Enter leaves it out): ")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil || strings.TrimSpace(line) == "" {
		return
	}
	f.key = line
	if err := f.keep(c, dir, i.Note); err != nil {
		fmt.Fprintln(w, "crosstalk:", err)
	}
}

func (f *bugFlags) tracker() (session.TrackerConfig, error) {
	if f.github == "" {
		return session.TrackerConfig{}, nil
	}
	to, err := session.ParseRepository(f.github)
	if err != nil {
		return session.TrackerConfig{}, fmt.Errorf("--github: %w", err)
	}
	return session.TrackerConfig{GitHub: to}, nil
}

// keep writes the key into the journal: by the session if it runs, else behind
// its end.
func (f *bugFlags) keep(c *cobra.Command, dir, note string) error {
	key, address, err := session.ParseKey(f.key)
	if err != nil {
		return usage(fmt.Errorf("--key: %w", err))
	}
	who, err := (&liveFlags{as: f.as}).person()
	if err != nil {
		return err
	}
	l := session.NoteLink{ID: note, Key: key, URL: address}
	if session.Running(dir) {
		return order(c, []string{dir}, session.Order{Cmd: "link", By: who.Name, Link: &l})
	}
	if _, err := session.AddLate(dir, time.Now(), []session.Late{{By: who.Name, Type: session.TypeNoteLink, Body: &l}}); err != nil {
		return fmt.Errorf("keep the key of %s: %w", note, err)
	}
	fmt.Fprintf(c.OutOrStdout(), "%s is %s\n", note, key)
	fmt.Fprintf(c.ErrOrStderr(), "crosstalk report %s writes it into the reports\n", dir)
	return nil
}

// longestCopy is what terminals take at once; tmux and others cut more off.
const longestCopy = 70_000

// copied puts a text on the terminal's clipboard by OSC 52, and says so. Whether
// the terminal allows it nobody is told.
func copied(text, what string) string {
	tty := os.Stderr
	if !term.IsTerminal(tty.Fd()) {
		return "not copied: standard error is no terminal"
	}
	if len(text) > longestCopy {
		return fmt.Sprintf("not copied: %s is longer than terminals take", what)
	}
	fmt.Fprint(tty, ansi.SetSystemClipboard(text))
	return "on the clipboard, if your terminal allows it: " + what
}

// copyCut puts the session's chat cut on the clipboard.
func copyCut(dir string, p report.Profile) (string, error) {
	m, err := report.Read(dir)
	if err != nil {
		return "", err
	}
	return copied(p.Apply(m).ChatCut(), "twelve lines for a chat"), nil
}

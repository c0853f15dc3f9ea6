package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"crosstalk/session"
	"crosstalk/session/report"
)

// confirmation is what has to be typed before anything is taken out.
const confirmation = "REDACT"

func redactCommand() *cobra.Command {
	var text, yes, why, as string
	c := &cobra.Command{
		Use:   "redact DIR",
		Short: "Take a text out of a session: journal, attachments, drafts, exports",
		Long: `Redact replaces a text everywhere in a session's folder by [redacted], and writes
down that it did; the text itself is not written anywhere. It finds the text in any
case (a note's tags are in small letters), also where JSON, HTML or a URL escaped it,
or where a line was broken in it. It can't be undone.

It does not look into archives, pictures and other compressed files, does not follow
links, and does not decode base64. It names the files it could not look into.

Without --text the text is asked for and not shown; from a pipe, the first line is
taken. With --text it also stands in your shell's history and, while this runs, in
the list of processes.`,
		Example: `  crosstalk redact DIR
  pass show shop/token | crosstalk redact DIR --yes REDACT --why "a token was pasted"`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			who, err := (&liveFlags{as: as}).person()
			if err != nil {
				return err
			}
			if yes != "" && yes != confirmation {
				return usage(fmt.Errorf("--yes takes the word %s and no other", confirmation))
			}
			in := bufio.NewReader(c.InOrStdin())
			e := redaction{out: c.OutOrStdout(), say: c.ErrOrStderr(), in: in}
			if c.Flags().Changed("text") {
				fmt.Fprintln(e.say, "crosstalk: --text stands in your shell's history now. Remove it there too (in bash: history -d), or leave --text away next time.")
			} else if text, err = e.ask(); err != nil {
				return err
			}
			return e.run(args[0], text, who.Name, why, yes == confirmation)
		},
	}
	c.Flags().StringVar(&text, "text", "", "the text to take out (without it, it is asked for and not shown)")
	c.Flags().StringVar(&yes, "yes", "", "the word REDACT: do it without asking")
	c.Flags().StringVar(&why, "why", "", "the reason, for the record")
	asFlag(c, &as)
	return c
}

// writeIt is what to do about a folder that can't be written: a copy would leave
// the text where it stands.
const writeIt = "make it writable (chmod -R u+w, or as its owner), then run it again; a redacted copy would leave the text here"

// redaction is one run of the command.
type redaction struct {
	out, say io.Writer
	in       *bufio.Reader
}

// ask reads the text without showing it.
func (e redaction) ask() (string, error) {
	if term.IsTerminal(os.Stdin.Fd()) {
		fmt.Fprint(e.say, "Text to take out (it is not shown): ")
		b, err := term.ReadPassword(os.Stdin.Fd())
		fmt.Fprintln(e.say)
		if err != nil {
			return "", fmt.Errorf("read the text: %w", err)
		}
		return string(b), nil
	}
	line, err := e.in.ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the text: %w", err)
		}
		return "", usage(errors.New("no text came: type it, or give it on standard input"))
	}
	return line, nil
}

// run looks, asks, takes the text out, draws the exports anew and looks again.
// No line it prints holds the text.
func (e redaction) run(dir, text, who, why string, sure bool) (err error) {
	r, err := session.OpenRedactor(dir, text)
	switch {
	case errors.Is(err, session.ErrInUse):
		return usage(errors.New("the session is running: end it first, then take the text out"))
	case errors.Is(err, fs.ErrNotExist):
		return usage(errors.New("that folder holds no session"))
	case err != nil:
		return usage(readOnly(err, dir, writeIt))
	}
	open := true
	defer func() {
		if open {
			err = errors.Join(err, r.Close())
		}
	}()
	e.found(r)
	if r.Count() == 0 {
		return nil
	}
	if !sure {
		fmt.Fprintf(e.say, "This can't be undone. Type %s to do it: ", confirmation)
		line, rerr := e.in.ReadString('\n')
		if rerr != nil && !errors.Is(rerr, io.EOF) {
			return fmt.Errorf("read the confirmation: %w", rerr)
		}
		if strings.TrimSpace(line) != confirmation {
			fmt.Fprintln(e.say)
			return usage(errors.New("nothing was changed"))
		}
	}
	exports := report.Exported(dir)
	if _, err := r.Apply(who, why, time.Now()); err != nil {
		return readOnly(err, dir, writeIt)
	}
	open = false
	if err := r.Close(); err != nil {
		return err
	}
	// From the journal, so that numbers and anchors in them fit it again.
	var drawn []string
	if len(exports) > 0 {
		if drawn, err = report.Write(dir, "", exports); err != nil {
			return readOnly(fmt.Errorf("draw the exports anew: %w", err), dir, writeIt)
		}
	}
	return e.verify(dir, text, r.Count(), drawn)
}

// found tells where the text stands.
func (e redaction) found(r *session.Redactor) {
	if r.Count() == 0 {
		fmt.Fprintf(e.out, "The text stands nowhere in this session's folder that this program can see%s.\n", unseen(r))
	} else {
		fmt.Fprintf(e.out, "The text stands in %s of %s:\n", plural(r.Count(), "place"), plural(len(r.Files), "file"))
	}
	for _, f := range r.Files {
		note := ""
		if f.Binary {
			note = "  no text file: it is replaced as a whole by a mark"
		}
		if f.Renamed && filepath.Dir(f.From) == session.DraftsName {
			note += "  a draft, called by its author's name: it stays under this one, and is offered to nobody any more"
		}
		fmt.Fprintf(e.out, "  %6d  %s%s\n", f.Count, r.Shown(f.Path), note)
	}
	tell := func(list []string, what string) {
		for _, p := range list {
			fmt.Fprintf(e.say, "crosstalk: %s: %s\n", r.Shown(p), what)
		}
	}
	tell(foreign(r.Opaque), "no text file: looked at as bytes only. A picture or an archive may show the text all the same")
	tell(r.Skipped, "no file of this folder's own: not looked at")
	tell(r.Names, "its own name holds the text: rename it yourself")
	if r.Kept > 0 {
		fmt.Fprintf(e.say, "crosstalk: %s are words of the journal's own format and stay\n", plural(r.Kept, "place"))
	}
	if r.InName {
		fmt.Fprintln(e.say, "crosstalk: the folder's own name holds the text: rename it yourself")
	}
	fmt.Fprintln(e.say, "crosstalk: exports and copies outside this folder are not known to this program")
}

// foreign leaves out the pictures that are drawn anew from the journal.
func foreign(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), report.DrawsPicture)
}

// unseen names what this program could not look into, to follow what it says of
// the rest.
func unseen(r *session.Redactor) string {
	var names []string
	for _, p := range slices.Concat(foreign(r.Opaque), r.Skipped) {
		names = append(names, r.Shown(p))
	}
	if len(names) == 0 {
		return ""
	}
	return "; not looked into: " + strings.Join(names, ", ")
}

// verify looks again, as if for the first time. drawn are the exports made
// since: whatever they hold came from a journal without the text, so what is
// found there are words that this program puts into any export.
func (e redaction) verify(dir, text string, taken int, drawn []string) error {
	again, err := session.OpenRedactor(dir, text)
	if err != nil {
		return fmt.Errorf("look again: %w", err)
	}
	if err := again.Close(); err != nil {
		return err
	}
	left, where := 0, []string{}
	for _, f := range again.Files {
		if !slices.Contains(drawn, filepath.Join(dir, f.From)) {
			left, where = left+f.Count, append(where, again.Shown(f.From))
		}
	}
	if left > 0 {
		return fmt.Errorf("%s are left in %s: run it again", plural(left, "place"), strings.Join(where, ", "))
	}
	own := "words of the export's own format"
	if again.InName {
		own += ", or the folder's name"
	}
	for _, f := range again.Files {
		fmt.Fprintf(e.say, "crosstalk: %s holds the same letters in %s: %s. It was drawn anew from the journal, which does not hold the text\n",
			again.Shown(f.From), plural(f.Count, "place"), own)
	}
	but := ""
	if len(again.Files) > 0 {
		but = ", but for words of the exports' own format"
	}
	if len(again.Names) > 0 || again.InName {
		but += ", but for the names that are yours to change"
	}
	_, err = fmt.Fprintf(e.out, "Taken out of %s. It stands nowhere in this folder any more that this program can see%s%s.\n", plural(taken, "place"), but, unseen(again))
	return err
}

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"crosstalk/session"
	"crosstalk/session/recipe"
)

// importFlags are the ways to say what is loaded that need no crosstalk.yaml.
type importFlags struct {
	curl     []string
	har      string
	harHosts []string
	harAll   bool
	targets  string
}

func (f *importFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringArrayVar(&f.curl, "curl", nil, `load what this command asks: --curl 'curl ...', or "-" to paste it (repeatable: one step each)`)
	fl.StringVar(&f.har, "har", "", "load what this recording of a browser walked through")
	fl.StringArrayVar(&f.harHosts, "har-host", nil, "of the recording, take the requests to this host (repeatable; default: the host of most pages)")
	fl.BoolVar(&f.harAll, "har-all", false, "of the recording, keep images, styles and scripts too")
	fl.StringVar(&f.targets, "targets", "", `load vegeta's targets, http or json form ("-": from stdin)`)
}

// given tells whether any of them was used.
func (f *importFlags) given() bool {
	return len(f.curl) > 0 || f.har != "" || f.targets != "" || len(f.harHosts) > 0 || f.harAll
}

// recipe reads what the flags name.
func (f *importFlags) recipe(stdin io.Reader) (*recipe.Recipe, error) {
	ways := 0
	for _, on := range []bool{len(f.curl) > 0, f.har != "", f.targets != ""} {
		if on {
			ways++
		}
	}
	switch {
	case ways == 0:
		return nil, usage(errors.New("--har-host and --har-all belong to --har FILE"))
	case ways > 1:
		return nil, usage(errors.New("--curl, --har and --targets exclude each other: import each into a file, and put the journeys together there"))
	case f.har == "" && (len(f.harHosts) > 0 || f.harAll):
		return nil, usage(errors.New("--har-host and --har-all belong to --har FILE"))
	}
	var r *recipe.Recipe
	var err error
	switch {
	case f.har != "":
		var data []byte
		if data, err = readBounded(f.har, stdin); err == nil {
			r, err = recipe.HAR(f.har, data, recipe.HAROptions{Hosts: f.harHosts, All: f.harAll})
		}
	case f.targets != "":
		var data []byte
		if data, err = readBounded(f.targets, stdin); err == nil {
			r, err = recipe.Targets(f.targets, data)
		}
	default:
		commands := append([]string(nil), f.curl...)
		for i, text := range commands {
			if text == "-" {
				var data []byte
				if data, err = readBounded("-", stdin); err != nil {
					return nil, usage(err)
				}
				commands[i] = string(data)
			}
		}
		r, err = recipe.Curl(commands...)
	}
	return r, usage(err)
}

// readBounded reads a file that somebody names, or stdin for "-", and refuses
// what can't be a recording.
func readBounded(path string, stdin io.Reader) ([]byte, error) {
	const most = 256<<20 + 1
	in := stdin
	if path != "-" {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read what to load: there is no file %s here: correct the path, or go to its folder", path)
		}
		if err != nil {
			return nil, fmt.Errorf("read what to load: %w", err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, fmt.Errorf("read what to load: %s is a folder: name the file in it", path)
		}
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return nil, fmt.Errorf("read what to load: %w", err)
	}
	return data, nil
}

// config makes a configuration of the import and says what a person should know
// about it.
func (f *importFlags) config(path, target string, watch []string, stdin io.Reader, w io.Writer) (*session.Config, error) {
	if path != "" || target != "" {
		return nil, usage(errors.New("-c, --target and an import (--curl, --har, --targets) exclude each other: crosstalk import writes a file that the rest can be added to"))
	}
	r, err := f.recipe(stdin)
	if err != nil {
		return nil, err
	}
	r.Watch = watch
	cfg, err := r.Config(os.LookupEnv)
	if err != nil {
		return nil, usage(err)
	}
	tellImport(w, r)
	return cfg, nil
}

// orElse is what run loads: the import, or else what its other flags say.
func (f *importFlags) orElse(l *liveFlags, c *cobra.Command, config, target string, watch []string) (*session.Config, error) {
	if !f.given() {
		return l.config(config, target, watch)
	}
	if l.again != nil {
		return nil, usage(errors.New("--like and --resume bring their own journeys: leave --curl, --har and --targets out"))
	}
	return f.config(config, target, watch, c.InOrStdin(), c.ErrOrStderr())
}

// tellImport prints the notes of an import, and its secrets by name.
func tellImport(w io.Writer, r *recipe.Recipe) {
	for _, n := range r.Notes {
		fmt.Fprintln(w, "crosstalk: look here:", n)
	}
	for _, s := range r.Secrets {
		say := fmt.Sprintf("%s looks like a secret: in a crosstalk.yaml it is ${%s}", s.Where, s.Name)
		if s.Value == "" {
			say = fmt.Sprintf("%s is blacked out: export %s=...", s.Where, s.Name)
		}
		fmt.Fprintln(w, "crosstalk:", say)
	}
}

func importCommand() *cobra.Command {
	var f importFlags
	var watch []string
	c := &cobra.Command{
		Use:   "import",
		Short: "A crosstalk.yaml from a curl command, a HAR file or vegeta's targets",
		Long: `Import writes a commented crosstalk.yaml to stdout: the journeys of what it reads, the
login apart, values that come from an earlier answer saved and used by name, secrets
as ${NAME}. Nothing is sent. Then: crosstalk try -c crosstalk.yaml`,
		Example: `  crosstalk import --har shop.har > crosstalk.yaml
  crosstalk import --curl 'curl http://127.0.0.1:8080/ -H "Accept: application/json"'
  crosstalk import --targets targets.txt --watch https://www.example.test/health`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !f.given() {
				return usage(errors.New("nothing to import: give --curl 'curl ...', --har FILE or --targets FILE"))
			}
			r, err := f.recipe(c.InOrStdin())
			if err != nil {
				return err
			}
			r.Watch = watch
			text := r.YAML()
			// What is handed over has been read back: no import ends in a file that run refuses.
			if _, err := r.Config(func(name string) (string, bool) {
				v, ok := os.LookupEnv(name)
				if !ok || strings.TrimSpace(v) == "" {
					v = "set-later"
				}
				return v, true
			}); err != nil {
				return usage(err)
			}
			tellImport(c.ErrOrStderr(), r)
			if _, err := c.OutOrStdout().Write(text); err != nil {
				return fmt.Errorf("write the configuration: %w", err)
			}
			return nil
		},
	}
	f.add(c)
	c.Flags().StringArrayVar(&watch, "watch", nil, "watch this URL of production (repeatable)")
	return c
}

package tui

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
)

// maxKeyFile is the most that is read of a key file, in bytes.
const maxKeyFile = 1 << 20

// guestKey is one key that may come in, and as what.
type guestKey struct {
	print string // its fingerprint: SHA256:…
	role  session.Role
	name  string // the only name it may come under; "" any
	from  origin
	line  int
}

// keyring is who may come in.
type keyring struct {
	keys    []guestKey
	skipped []string // lines that let nobody in, and why
	wrong   []badLine
}

// badLine is a line that can't be meant.
type badLine struct {
	line int
	err  error
}

// problems are all bad lines as one error; nil when there are none.
func (r keyring) problems(path string) error {
	var all []error
	for _, b := range r.wrong {
		all = append(all, fmt.Errorf("%s:%d: %w", path, b.line, b.err))
	}
	return errors.Join(all...)
}

// forgiving is the keyring without what is wrong in it: a slip of the pen in one
// line must not keep everybody out.
func (r keyring) forgiving() keyring {
	for _, b := range r.wrong {
		r.skipped = append(slices.Clip(r.skipped), fmt.Sprintf("line %d: %v", b.line, b.err))
	}
	r.wrong = nil
	return r
}

// readKeyring reads who may come in, and finds every problem.
func readKeyring(path string, now time.Time) (keyring, error) {
	ring, err := readKeys(path, now)
	if err == nil {
		err = ring.problems(path)
	}
	return ring, err
}

// readKeys reads a file in the form of OpenSSH's authorized_keys, with a role
// before the key: role="navigator" or role="observer", observer without one. A
// key that OpenSSH would not let in with a shell and a terminal is not let in
// here either.
func readKeys(path string, now time.Time) (keyring, error) {
	info, err := os.Stat(path)
	if err != nil {
		return keyring{}, fmt.Errorf("read who may come in: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxKeyFile {
		return keyring{}, fmt.Errorf("read who may come in: %s is no file of at most 1 MB", path)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return keyring{}, fmt.Errorf("others than its owner may write %s, and so let themselves in: chmod go-w %s", path, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return keyring{}, fmt.Errorf("read who may come in: %w", err)
	}
	ring := parseKeyring(b, now)
	if len(ring.wrong) == 0 && len(ring.keys) == 0 {
		err = fmt.Errorf("%s lets nobody in: put a public key into it, one a line, role=\"navigator\" before it for who may hold the dial", path)
		if len(ring.skipped) > 0 {
			err = fmt.Errorf("%w (%s)", err, strings.Join(ring.skipped, "; "))
		}
	}
	return ring, err
}

// parseKeyring reads every line, all problems at once. A line that stands there
// twice is one.
func parseKeyring(b []byte, now time.Time) keyring {
	var ring keyring
	lines := map[string][]byte{} // by key
	for n, line := range bytes.Split(b, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		key, _, options, _, err := gossh.ParseAuthorizedKey(line)
		if err != nil {
			ring.wrong = append(ring.wrong, badLine{n + 1, errors.New("this is no public key: take the line out, or paste the whole line of a .pub file")})
			continue
		}
		g := guestKey{print: gossh.FingerprintSHA256(key), role: session.Observer, line: n + 1}
		skip, err := g.options(options, now)
		switch {
		case err != nil:
			ring.wrong = append(ring.wrong, badLine{n + 1, err})
			continue
		case skip == "":
			skip = weak(key)
		}
		if i := slices.IndexFunc(ring.keys, func(k guestKey) bool { return k.print == g.print }); i >= 0 {
			if !bytes.Equal(lines[g.print], line) {
				ring.wrong = append(ring.wrong, badLine{n + 1, fmt.Errorf("the same key stands in line %d: leave one of them", ring.keys[i].line)})
			}
			continue
		}
		if skip != "" {
			ring.skipped = append(ring.skipped, fmt.Sprintf("line %d: %s", n+1, skip))
			continue
		}
		ring.keys = append(ring.keys, g)
		lines[g.print] = line
	}
	return ring
}

// options reads what stands before a key. Skip says why the key lets nobody in
// here.
func (g *guestKey) options(options []string, now time.Time) (skip string, err error) {
	given := map[string]bool{}
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		name, value = strings.ToLower(name), strings.Trim(value, `"`)
		if (name == "role" || name == "name" || name == "from") && given[name] {
			return "", fmt.Errorf("%s= stands there twice: leave one of them", name)
		}
		given[name] = true
		no := ""
		switch name {
		case "role":
			if g.role = session.Role(value); g.role != session.Navigator && g.role != session.Observer {
				return "", fmt.Errorf(`role=%q is not "navigator" or "observer"`, value)
			}
		case "name":
			if err := session.CheckGuest(value); err != nil {
				return "", fmt.Errorf("name=%q: %w", value, err)
			}
			g.name = value
		case "from":
			if g.from, no, err = readFrom(value); err != nil {
				return "", err
			}
		case "expiry-time":
			if end, ok := expiry(value); !ok {
				return "", fmt.Errorf("expiry-time=%q is not YYYYMMDD or YYYYMMDDHHMM, as in 20270131", value)
			} else if !now.Before(end) {
				no = "its expiry-time is past"
			}
		case "command", "restrict", "no-pty", "cert-authority", "principals":
			no = name + " means that it is not for a terminal like this"
		case "no-agent-forwarding", "no-port-forwarding", "no-x11-forwarding", "no-user-rc", "agent-forwarding", "port-forwarding",
			"x11-forwarding", "user-rc", "pty", "environment", "permitlisten", "permitopen", "no-touch-required", "verify-required", "tunnel":
			// What they allow or forbid does not exist here, or is asked of the key itself.
		default:
			no = "the option " + name + " is not known here"
		}
		skip = cmp.Or(skip, no)
	}
	return skip, nil
}

// expiry reads YYYYMMDD[Z] and YYYYMMDDHHMM[SS][Z], as OpenSSH does.
func expiry(s string) (time.Time, bool) {
	zone := time.Local
	if t, ok := strings.CutSuffix(s, "Z"); ok {
		s, zone = t, time.UTC
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// weak tells why a kind of key is not good enough, or "".
func weak(key gossh.PublicKey) string {
	switch key.Type() {
	case gossh.KeyAlgoED25519, gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521, gossh.KeyAlgoSKED25519, gossh.KeyAlgoSKECDSA256:
		return ""
	case gossh.KeyAlgoRSA:
		if len(key.Marshal()) >= 256 { // a modulus of 2048 bits alone has as many bytes
			return ""
		}
		return "an RSA key of less than 2048 bits is too weak: ssh-keygen -t ed25519"
	}
	return "a key of type " + key.Type() + " is not taken: ssh-keygen -t ed25519"
}

// find returns a key's entry, if it may come in from an address.
func (r keyring) find(finger, addr string) (guestKey, bool) {
	for _, k := range r.keys {
		if k.print == finger && k.from.has(addr) {
			return k, true
		}
	}
	return guestKey{}, false
}

package tui

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"crosstalk/session"
)

// publicLine is a new key as a line of a .pub file, and its fingerprint.
func publicLine(t testing.TB) (line, finger string) {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := gossh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(gossh.MarshalAuthorizedKey(key))), gossh.FingerprintSHA256(key)
}

var keysRead = time.Date(2026, 10, 17, 15, 0, 0, 0, time.UTC)

// What stands before a key decides who comes in, from where, until when and as
// what; a key that was given for something else comes in nowhere.
func TestWhatStandsBeforeAKey(t *testing.T) {
	line, finger := publicLine(t)
	const anywhere = "203.0.113.9"
	for _, c := range []struct {
		options string
		from    string
		role    session.Role // "" for who does not come in
		why     string       // in what is said of the line
	}{
		{"", anywhere, session.Observer, ""},
		{`role="navigator"`, anywhere, session.Navigator, ""},
		{`ROLE="observer",no-port-forwarding,no-agent-forwarding`, anywhere, session.Observer, ""},
		{`role="driver"`, anywhere, "", `role="driver" is not`},
		{`role="navigator",role="observer"`, anywhere, "", "twice"},
		{`name="guard"`, anywhere, "", "nobody may"},
		{`name="a b"`, anywhere, "", "letters"},
		{`from="203.0.113.9"`, anywhere, session.Observer, ""},
		{`from="203.0.113.*"`, anywhere, session.Observer, ""},
		{`from="203.0.113.?"`, anywhere, session.Observer, ""},
		{`from="203.0.113.?"`, "203.0.113.10", "", ""},
		{`from="203.0.113.0/24"`, anywhere, session.Observer, ""},
		{`from="203.0.113.0/24"`, "203.0.114.9", "", ""},
		{`from="10.0.0.0/8,203.0.113.9"`, anywhere, session.Observer, ""},
		{`from="!203.0.113.9,203.0.113.*"`, anywhere, "", ""},
		{`from="!203.0.113.9"`, "203.0.113.10", "", ""}, // what is not forbidden is not allowed by that
		{`from="2001:db8::/32"`, "2001:db8::7", session.Observer, ""},
		{`from="2001:DB8::7"`, "2001:db8::7", session.Observer, ""},
		{`from="203.0.113.9"`, "::ffff:203.0.113.9", session.Observer, ""},
		{`from="fe80::/10"`, "fe80::1%eth0", session.Observer, ""},
		{`from="2001:db8::/32,!2001:db8:0:0::5"`, "2001:db8::5", "", ""}, // one address, however it is written
		{`from="2001:db8::/32,!2001:db8:0:0::5"`, "2001:db8::6", session.Observer, ""},
		{`from="2001:db8:0::0:7"`, "2001:db8::7", session.Observer, ""},
		{`from="203.0.113.*,!::ffff:203.0.113.9"`, anywhere, "", ""},
		{`from="203.0.113.*,!::ffff:203.0.113.0/120"`, anywhere, "", ""},
		{`from="203.0.113.*,!::FFFF:cb00:7109"`, anywhere, "", ""},
		{`from="::ffff:203.0.113.9"`, anywhere, session.Observer, ""},
		{`from="fe80::1%eth0"`, "fe80::1%eth1", session.Observer, ""},
		{`from="2001:db8::?"`, "2001:db8::7", "", "name a network"}, // it may be written in other ways
		{`from="FE80*"`, "fe80::1", "", "name a network"},
		{`from="*,!2001:db8:0:*"`, "2001:db8::1", "", "name a network"},
		{`from="*,!::ffff:10.*"`, "10.1.2.3", "", "name a network"},
		{`from="*,!10.*"`, "::ffff:10.1.2.3", "", ""},
		{`from="*,!2001:db8::/48"`, "2001:db8::1", "", ""},
		{`from="*"`, anywhere, session.Observer, ""},
		{`from="*,!cafe"`, anywhere, "", "only addresses"},
		{`from="*,!cafe.de"`, anywhere, "", "only addresses"},
		{`from="*,!*.face.de"`, anywhere, "", "only addresses"},
		{`from="*,!203.0.113.09"`, anywhere, "", "only addresses"},
		{`from="10"`, anywhere, "", "only addresses"},
		{`from="203.0.113.9/24"`, anywhere, "", "no network"},
		{`from=""`, anywhere, "", "empty"},
		{`from="*.example.com"`, anywhere, "", "only addresses"},
		{`from="203.0.113.9,!evil.example.com"`, anywhere, "", "only addresses"},
		{`from="203.0.113.9",from="10.0.0.1"`, anywhere, "", "twice"},
		{`expiry-time="20261018"`, anywhere, session.Observer, ""},
		{`expiry-time="20261017Z"`, anywhere, "", "past"},
		{`expiry-time="202610171500Z"`, anywhere, "", "past"},
		{`expiry-time="20261017150001Z"`, anywhere, session.Observer, ""},
		{`expiry-time="20991231",expiry-time="20200101"`, anywhere, "", "past"},
		{`expiry-time="soon"`, anywhere, "", "is not YYYYMMDD"},
		{`command="/bin/true"`, anywhere, "", "not for a terminal"},
		{"restrict", anywhere, "", "not for a terminal"},
		{"no-pty", anywhere, "", "not for a terminal"},
		{"cert-authority", anywhere, "", "not for a terminal"},
		{"sudo", anywhere, "", "not known here"},
	} {
		ring := parseKeyring([]byte(strings.TrimSpace(c.options+" "+line)+"\n"), keysRead)
		err := ring.problems("team.keys")
		g, ok := ring.find(finger, c.from)
		if ok != (c.role != "") || g.role != c.role {
			t.Errorf("%s, from %s: comes in %t as %q, want %q", c.options, c.from, ok, g.role, c.role)
		}
		said := strings.Join(ring.skipped, "; ")
		if err != nil {
			said = err.Error()
			if !strings.HasPrefix(said, "team.keys:1: ") {
				t.Errorf("%s: %q names no line", c.options, said)
			}
		}
		if !strings.Contains(said, c.why) || c.why == "" && said != "" {
			t.Errorf("%s: it is said %q, want %q", c.options, said, c.why)
		}
	}
}

func TestEveryProblemOfAKeyFileIsSaid(t *testing.T) {
	line, _ := publicLine(t)
	other, finger := publicLine(t)
	weak, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // too short on purpose
	if err != nil {
		t.Fatal(err)
	}
	short, err := gossh.NewPublicKey(&weak.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	ring := parseKeyring([]byte("# the team\r\n\r\nnonsense\n"+line+"\n"+line+" again\nrole=\"boss\" "+line+"\n"+
		string(gossh.MarshalAuthorizedKey(short))+`name="jon" `+other+" jon@laptop\r\n"), keysRead)
	err = ring.problems("k")
	if err == nil {
		t.Fatal("no problem is said")
	}
	for _, want := range []string{"k:3: this is no public key", "k:5: the same key stands in line 4", `k:6: role="boss"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said: %v", want, err)
		}
	}
	if said := strings.Join(ring.skipped, "; "); !strings.Contains(said, "line 7: an RSA key of less than 2048 bits") {
		t.Errorf("skipped: %s", said)
	}
	if g, ok := ring.find(finger, "127.0.0.1"); !ok || g.name != "jon" || g.line != 8 {
		t.Errorf("jon's is %+v", g)
	}
	path := filepath.Join(t.TempDir(), "keys")
	for content, want := range map[string]string{"": "lets nobody in", "# none\n": "lets nobody in", "restrict " + line: "line 1: restrict"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readKeyring(path, keysRead); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
	}
	if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o620); err != nil {
		t.Fatal(err)
	}
	if _, err := readKeyring(path, keysRead); err == nil || !strings.Contains(err.Error(), "chmod go-w") {
		t.Errorf("a file that others may write: %v", err)
	}
	if _, err := readKeyring(t.TempDir(), keysRead); err == nil || !strings.Contains(err.Error(), "no file") {
		t.Errorf("a folder: %v", err)
	}
}

// This machine's key is made once, is its owner's alone, and stays.
func TestTheHostKeyStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "home", "host_key")
	first, err := hostKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if first.PublicKey().Type() != gossh.KeyAlgoED25519 {
		t.Errorf("it is a key of type %s", first.PublicKey().Type())
	}
	again, err := hostKey(path)
	if err != nil || gossh.FingerprintSHA256(again.PublicKey()) != gossh.FingerprintSHA256(first.PublicKey()) {
		t.Errorf("a second time it is another: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := hostKey(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable by others: %v", err)
	}
	torn := filepath.Join(t.TempDir(), "torn")
	if err := os.WriteFile(torn, pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: []byte("torn")}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := hostKey(torn); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("torn: %v", err)
	}
	if b, err := os.ReadFile(torn); err != nil || len(b) == 0 {
		t.Error("the torn key was written over")
	}
}

// What is shown to be sent is what works: the address, the port, and the way
// round for a machine that cannot be reached.
func TestWhatThePartnerIsSent(t *testing.T) {
	line, _ := publicLine(t)
	allow := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(allow, []byte(line+"\nexpiry-time=\"20200101\" "+otherLine(t)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		addr     string
		loopback bool
	}{{"127.0.0.1:0", true}, {"0.0.0.0:0", false}} {
		d := NewDoor(DoorOptions{Addr: c.addr, Allow: allow, HostKey: filepath.Join(t.TempDir(), "host")})
		if s := d.Sight(); s.Open || s.Fingerprint != "" {
			t.Errorf("before anybody opens it: %+v", s)
		}
		if err := d.Bind(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := d.Sight()
		_, port, err := net.SplitHostPort(s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		if s.Open || s.Keys != 1 || len(s.Skipped) != 1 || !strings.Contains(s.Skipped[0], "past") || !strings.HasPrefix(s.Fingerprint, "SHA256:") {
			t.Errorf("%s: %+v", c.addr, s)
		}
		if want := fmt.Sprintf("ssh -N -R %s:127.0.0.1:%s YOU@SHARED-SERVER", port, port); s.Reverse != want {
			t.Errorf("%s: the way round is %q, want %q", c.addr, s.Reverse, want)
		}
		if want := "ssh -p " + port + " YOUR-NAME@127.0.0.1"; s.ReverseFor != want || c.loopback && (len(s.Lines) != 1 || s.Lines[0] != want) {
			t.Errorf("%s: the lines are %q and %q, want %q", c.addr, s.Lines, s.ReverseFor, want)
		}
		if s.Here != c.loopback || (s.Warning == "") != c.loopback {
			t.Errorf("%s: for this machine alone %t, warning %q", c.addr, s.Here, s.Warning)
		}
		if !c.loopback && !strings.Contains(s.Warning, "every interface of this machine") {
			t.Errorf("the warning is %q", s.Warning)
		}
		d.Shut("the test is over")
	}
}

func otherLine(t *testing.T) string {
	t.Helper()
	line, _ := publicLine(t)
	return line
}

// Whatever stands in the file: nobody comes in by it whose key is not there, and
// nobody in a role or under a name that there is not.
func FuzzKeyFile(f *testing.F) {
	line, _ := publicLine(f)
	for _, s := range []string{line, `role="navigator",from="10.0.0.0/8,!10.1.*" ` + line, `expiry-time="20270101Z",name="jon" ` + line + " jon\n# x\n" + line,
		`from="*******************************************x" ` + line, "role=\"a\\\"b\",command=\"x y\" " + line, "ssh-rsa AAAA\r\nrestrict " + line} {
		f.Add([]byte(s), "10.2.3.4")
	}
	_, stranger := publicLine(f)
	f.Fuzz(func(t *testing.T, b []byte, addr string) {
		ring := parseKeyring(b, keysRead)
		if err := ring.problems("k"); err != nil && !strings.Contains(err.Error(), "k:") {
			t.Errorf("%v names no line", err)
		}
		if len(ring.keys)+len(ring.skipped) > strings.Count(string(b), "\n")+1 {
			t.Errorf("%d keys of so few lines", len(ring.keys))
		}
		if _, ok := ring.find(stranger, addr); ok {
			t.Error("a stranger comes in")
		}
		for _, k := range ring.keys {
			if k.role != session.Navigator && k.role != session.Observer || k.name != "" && session.CheckGuest(k.name) != nil {
				t.Errorf("comes in: %+v", k)
			}
			if g, ok := ring.find(k.print, addr); ok && g.print != k.print {
				t.Error("one key is another's")
			}
		}
	})
}

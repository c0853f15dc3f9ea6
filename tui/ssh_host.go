package tui

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	gossh "golang.org/x/crypto/ssh"
)

// hostKey reads this machine's key for guests, or makes it the first time: a
// fingerprint that changed would teach people to ignore it.
func hostKey(path string) (gossh.Signer, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeHostKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("make the host key: %w", err)
		}
		b, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the host key: %w", err)
	}
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others than its owner may read the host key %s: chmod 600 it, or remove it so that a new one is made", path)
	}
	signer, err := gossh.ParsePrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("read the host key %s: %w: remove it so that a new one is made", path, err)
	}
	return signer, nil
}

// makeHostKey writes a new key whole or not at all, and never over another one.
func makeHostKey(path string) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	block, err := gossh.MarshalPrivateKey(private, "crosstalk")
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, ".new-*") // its owner's alone
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if err := errors.Join(pem.Encode(tmp, block), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Link(tmp.Name(), path)
}

// reach is where a listener can be reached, and the warning that names the
// interface when that is not this machine alone.
func reach(addr *net.TCPAddr) (hosts []string, warning string) {
	if addr.IP.IsLoopback() {
		return []string{addr.IP.String()}, ""
	}
	var names []string
	faces, _ := net.Interfaces()
	for _, f := range faces {
		all, err := f.Addrs()
		if err != nil || f.Flags&net.FlagUp == 0 || f.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, a := range all {
			n, ok := a.(*net.IPNet)
			if !ok || n.IP.IsLinkLocalUnicast() || !addr.IP.IsUnspecified() && !addr.IP.Equal(n.IP) {
				continue
			}
			hosts = append(hosts, n.IP.String())
			if text := f.Name + " (" + n.IP.String() + ")"; !slices.Contains(names, text) {
				names = append(names, text)
			}
		}
	}
	if len(hosts) == 0 {
		hosts = []string{addr.IP.String()}
	}
	where := strings.Join(names, ", ")
	if addr.IP.IsUnspecified() {
		where = "every interface of this machine: " + where
	}
	return hosts, "everybody who reaches " + where + " may knock at this door; only keys in the file come in"
}

// sshLine is what a guest types.
func sshLine(host string, port int) string {
	return fmt.Sprintf("ssh -p %d YOUR-NAME@%s", port, host)
}

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

// face is one of this machine's interfaces that others may reach.
type face struct {
	name string
	ips  []net.IP
}

// faces are this machine's.
func faces() (out []face) {
	all, _ := net.Interfaces()
	for _, f := range all {
		addrs, err := f.Addrs()
		if err != nil || f.Flags&net.FlagUp == 0 || f.Flags&net.FlagLoopback != 0 {
			continue
		}
		of := face{name: f.Name}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				of.ips = append(of.ips, n.IP)
			}
		}
		out = append(out, of)
	}
	return out
}

// reach is where a listener can be reached, and the warning that names the
// interface when that is not this machine alone. An address that a cable alone
// gave is no way to send somebody, unless it is the one that was asked for; who
// plugs in there reaches it all the same.
func reach(addr *net.TCPAddr, faces []face) (hosts []string, warning string) {
	if addr.IP.IsLoopback() {
		return []string{addr.IP.String()}, ""
	}
	var names, local []string
	for _, f := range faces {
		for _, ip := range f.ips {
			text := f.name + " (" + ip.String() + ")"
			switch {
			case addr.IP.Equal(ip), addr.IP.IsUnspecified() && !ip.IsLinkLocalUnicast():
				hosts = append(hosts, ip.String())
				if !slices.Contains(names, text) {
					names = append(names, text)
				}
			case addr.IP.IsUnspecified() && !slices.Contains(local, text):
				local = append(local, text)
			}
		}
	}
	if len(hosts) == 0 {
		hosts, names = []string{addr.IP.String()}, local
	}
	where := strings.Join(names, ", ")
	switch {
	case addr.IP.IsUnspecified() && where == "":
		where = "any interface of this machine"
	case addr.IP.IsUnspecified():
		where = "every interface of this machine: " + where
	case where == "":
		where = addr.IP.String()
	}
	return hosts, "everybody who reaches " + where + " may knock at this door; only keys in the file come in"
}

// sshLine is what a guest types.
func sshLine(host string, port int) string {
	return fmt.Sprintf("ssh -p %d YOUR-NAME@%s", port, host)
}

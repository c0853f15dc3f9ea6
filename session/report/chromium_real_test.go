//go:build real && unix

package report

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// browser is a Chromium without a window, spoken to over its debugging pipe.
type browser struct {
	t    *testing.T
	to   io.Writer
	from chan message
	id   int
	tab  string // the session of the one page
	seen []message
}

type message struct {
	ID      int             `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// openBrowser starts Chromium with every host name leading nowhere.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("chromium is missing: apt-get install chromium: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	in, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	theirs, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
		"--no-first-run", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{in, out} // its descriptors 3 and 4
	cmd.Stderr = io.Discard              // a pipe that its children hold as well: Wait returns after the last of them
	cmd.WaitDelay = 20 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	b := &browser{t: t, to: ours, from: make(chan message, 1024)}
	go func() {
		defer close(b.from)
		lines := bufio.NewReader(theirs)
		for {
			raw, err := lines.ReadBytes(0)
			if err != nil {
				return
			}
			var m message
			if json.Unmarshal(raw[:len(raw)-1], &m) != nil {
				continue
			}
			select {
			case b.from <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() {
		b.send("Browser.close", nil)
		_ = cmd.Wait()
		ours.Close()
		theirs.Close()
	})
	var target struct {
		ID string `json:"targetId"`
	}
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var tab struct {
		ID string `json:"sessionId"`
	}
	b.call("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &tab)
	b.tab = tab.ID
	for _, domain := range []string{"Page", "Network", "Log", "Runtime"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

func (b *browser) send(method string, params any) {
	b.id++
	raw, err := json.Marshal(params)
	if err != nil {
		b.t.Fatal(err)
	}
	m := message{ID: b.id, Method: method, Session: b.tab}
	if params != nil {
		m.Params = raw
	}
	line, err := json.Marshal(m)
	if err != nil {
		b.t.Fatal(err)
	}
	_, _ = b.to.Write(append(line, 0)) // who listens for the answer sees that none comes
}

// call sends a command and waits for its answer; what else comes is kept.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.send(method, params)
	for m := range b.from {
		if m.ID != b.id {
			b.seen = append(b.seen, m)
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
	b.t.Fatalf("%s: chromium is gone", method)
}

// open loads a file and waits until all of it is there.
func (b *browser) open(path string) {
	b.t.Helper()
	b.seen = nil
	b.call("Page.navigate", map[string]any{"url": (&url.URL{Scheme: "file", Path: path}).String()}, nil)
	for _, m := range b.seen {
		if m.Method == "Page.loadEventFired" {
			return
		}
	}
	for m := range b.from {
		b.seen = append(b.seen, m)
		if m.Method == "Page.loadEventFired" {
			return
		}
	}
	b.t.Fatal("chromium is gone")
}

// eval runs an expression in the page. Scripts must be allowed.
func (b *browser) eval(expression string, result any) {
	b.t.Helper()
	var r struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception json.RawMessage `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r)
	if r.Exception != nil {
		b.t.Fatalf("%.80s: %s", expression, r.Exception)
	}
	if result != nil {
		if err := json.Unmarshal(r.Result.Value, result); err != nil {
			b.t.Fatal(err)
		}
	}
}

// complaints are what the console was told, and requests for anything but the
// page and pictures that are part of it.
func (b *browser) complaints(path string) []string {
	b.t.Helper()
	b.call("Runtime.getIsolateId", nil, nil) // what was on its way is here after it
	var out []string
	for _, m := range b.seen {
		switch m.Method {
		case "Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Network.loadingFailed":
			out = append(out, fmt.Sprintf("%s %.300s", m.Method, m.Params))
		case "Network.requestWillBeSent":
			var p struct {
				Request struct {
					URL string `json:"url"`
				} `json:"request"`
			}
			if err := json.Unmarshal(m.Params, &p); err != nil {
				b.t.Fatal(err)
			}
			if u := p.Request.URL; !strings.HasPrefix(u, "data:") && !strings.HasSuffix(u, path) {
				out = append(out, "request for "+u)
			}
		}
	}
	return out
}

// shots is a folder to keep pictures in, for people to look at.
const shots = "CROSSTALK_SHOTS"

// picture takes the whole page at a width.
func (b *browser) picture(width int, dark bool, name string) []byte {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	var shot struct {
		Data string `json:"data"`
	}
	b.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &shot)
	return b.keep(name+".png", shot.Data)
}

func (b *browser) pdf(name string) []byte {
	b.t.Helper()
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": "print", "features": []map[string]string{{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 690, "height": 900, "deviceScaleFactor": 1, "mobile": false}, nil)
	var shot struct {
		Data string `json:"data"`
	}
	b.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &shot)
	b.keep(name+"-print.png", shot.Data)
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": ""}, nil)
	var p struct {
		Data string `json:"data"`
	}
	b.call("Page.printToPDF", map[string]any{"printBackground": false}, &p)
	return b.keep(name+".pdf", p.Data)
}

func (b *browser) keep(name, data string) []byte {
	b.t.Helper()
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		b.t.Fatal(err)
	}
	if dir := os.Getenv(shots); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	return raw
}

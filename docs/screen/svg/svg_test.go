package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out, errw bytes.Buffer
	in := strings.NewReader("\x1b[7m<&>\x1b[0m ▄⣿╭─╮ \x00\xff end\n")
	if err := run([]string{"-title", "a & b", "-cols", "40", "-rows", "3"}, in, &out, &errw); err != nil {
		t.Fatal(err)
	}
	pic := out.String()
	wellFormed(t, out.Bytes())
	for _, want := range []string{
		`width="392" height="89"`, "<title>a &amp; b</title>", ">&lt;&amp;&gt;</text>",
		`<path fill="` + "#d3d9e3" + `" shape-rendering="crispEdges" d="M0 0h27v19h-27z"/>`, ">end</text>",
	} {
		if !strings.Contains(pic, want) {
			t.Errorf("picture lacks %s:\n%s", want, pic)
		}
	}
	var again bytes.Buffer
	if err := run([]string{"-light"}, strings.NewReader("x"), &again, &errw); err != nil || !strings.Contains(again.String(), "#ffffff") {
		t.Errorf("light picture: %v\n%s", err, again.String())
	}
}

func TestRunRefuses(t *testing.T) {
	for _, args := range [][]string{{"frame.ansi"}, {"-cols", "-1"}, {"-rows", "100000"}} {
		if err := run(args, strings.NewReader("x"), io.Discard, io.Discard); err == nil || errors.Is(err, flag.ErrHelp) {
			t.Errorf("run(%q) = %v, want an error that says why", args, err)
		}
	}
	if err := run([]string{"-nonsense"}, strings.NewReader("x"), io.Discard, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("an unknown flag gave %v", err)
	}
}

func wellFormed(t *testing.T, pic []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(pic))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, pic)
		}
	}
}

package report

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	anyTag = regexp.MustCompile(`<(/?)([!a-zA-Z][a-zA-Z0-9]*)((?:\s+[^<>]*?)?)(/?)>`)
	anyAtt = regexp.MustCompile(`\s([a-zA-Z][a-zA-Z0-9:-]*)(?:="([^"<>]*)")?`)
)

// What a page may be made of. Whatever a journal holds, nothing else comes of it.
var (
	pageTags = strings.Fields(`!DOCTYPE html head meta link title style body a div header p h1 h2 h3 nav ul li main section article strong bdi code pre
		blockquote span table caption thead tbody tr th td figure figcaption img details summary fieldset legend label input footer
		svg defs pattern g rect line path circle text desc`)
	pageAttributes = strings.Fields(`html lang charset http-equiv content name rel href class id aria-label aria-labelledby aria-hidden dir tabindex role scope colspan
		type checked alt src viewBox focusable width height x y x1 y1 x2 y2 cx cy r d text-anchor patternUnits patternTransform`)
	voidTags = strings.Fields(`!DOCTYPE meta link img input`)
)

// checkHTML tells what in a page could be taken for more than text: an element
// or an attribute that is not ours, an address that leads anywhere, a tag that
// a text closed or left open, a character that no reader should get.
func checkHTML(t *testing.T, page string) {
	t.Helper()
	head, rest, ok := strings.Cut(page, "<style>")
	style, body, end := strings.Cut(rest, "</style>")
	if !ok || !end || style != sheet {
		t.Fatal("the page's style is not ours")
	}
	sum := sha256.Sum256([]byte(style))
	if !strings.Contains(html.UnescapeString(head), "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Fatal("the page's policy does not allow its style")
	}
	page = head + body
	for _, r := range page {
		if r != '\n' && r != unicode.ReplacementChar && r != 0x200C && r != 0x200D && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) {
			if r == '\t' {
				continue
			}
			t.Fatalf("the page holds %U", r)
		}
	}
	var open []string
	ids := map[string]bool{}
	tags := anyTag.FindAllStringSubmatchIndex(page, -1)
	if n := strings.Count(page, "<"); n != len(tags) {
		t.Fatalf("%d of %d less-than signs begin no tag", n-len(tags), n)
	}
	for _, at := range tags {
		part := func(i int) string { return page[at[2*i]:at[2*i+1]] }
		closing, name, attributes, closed := part(1) != "", part(2), part(3), part(4) != ""
		if !slices.Contains(pageTags, name) {
			t.Fatalf("the page holds <%s>", name)
		}
		if closing {
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> closes %v", name, open[max(0, len(open)-3):])
			}
			open = open[:len(open)-1]
			continue
		}
		if left := strings.TrimSpace(anyAtt.ReplaceAllString(attributes, "")); left != "" {
			t.Fatalf("<%s> holds %.80q", name, left)
		}
		for _, a := range anyAtt.FindAllStringSubmatch(attributes, -1) {
			checkAttribute(t, name, a[1], html.UnescapeString(a[2]))
			if a[1] == "id" {
				if ids[a[2]] && !strings.HasPrefix(a[2], "note-") {
					t.Fatalf("two elements have the id %s", a[2])
				}
				ids[a[2]] = true
			}
		}
		if !closed && !slices.Contains(voidTags, name) {
			open = append(open, name)
		}
	}
	if len(open) > 0 {
		t.Fatalf("%v are left open", open)
	}
}

func checkAttribute(t *testing.T, tag, name, value string) {
	t.Helper()
	if !slices.Contains(pageAttributes, name) {
		t.Fatalf("<%s> has the attribute %s", tag, name)
	}
	switch name {
	case "href":
		if !strings.HasPrefix(value, "#") && !strings.HasPrefix(value, "attachments/") && value != "data:," {
			t.Fatalf("a link leads to %.80q", value)
		}
	case "src":
		if !strings.HasPrefix(value, "data:image/") {
			t.Fatalf("a picture is at %.80q", value)
		}
	}
}

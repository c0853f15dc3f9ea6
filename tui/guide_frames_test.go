package tui

import (
	"errors"
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// What the note line offers, in every size and on every ground: the acts and
// their scenes, the mystery and its question, the express session's two offers.
func TestGuideFrames(t *testing.T) {
	t.Parallel()
	hurt := func() uint64 { return 312 }
	for _, c := range []struct {
		name  string
		tale  *story
		o     Options
		scene int
		keys  []string
	}{
		{"acts", quietStory(), Options{Tour: &Tour{}}, 0, nil},
		{"act1", quietStory(), Options{Tour: &Tour{Act: 1, Hurt: hurt}}, 1, nil},
		{"act1-director", redStory(), Options{Tour: &Tour{Act: 1, Hurt: hurt}}, 5, nil},
		{"act1-end", redStory(), Options{Tour: &Tour{Act: 1, Hurt: hurt}}, 6, nil},
		{"act2-guard", redStory(), Options{Tour: &Tour{Act: 2, Hurt: hurt}}, 5, nil},
		{"act3", quietStory(), Options{Tour: &Tour{Act: 3, Hurt: hurt}}, 0, nil},
		{"mystery", quietStory(), Options{Mystery: true}, 0, nil},
		{"mystery-answer", quietStory(), Options{Mystery: true}, 0, []string{"enter"}},
		{"express-learning", baselineStory(3), Options{Express: true}, 0, []string{"esc"}},
		{"express", quietStory(), Options{Express: true}, 0, nil},
	} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", c.name, size[0], size[1]), func(t *testing.T) {
				m, _, pass := guidedScreen(c.tale, size[0], size[1], c.o)
				if tour, ok := m.guide.(*tour); ok && c.o.Tour.Act > 0 {
					tour.at, tour.given = c.scene, true
				}
				if c.name == "express-learning" {
					pass(time.Second)
				}
				m.pressAll(c.keys...)
				frame := ansi.Strip(m.View().Content)
				fits(t, frame, size[0], size[1])
				requireFrame(t, frame)
				requireLooks(t, looksOf(t, m))
			})
		}
	}
}

// The form that stands alone, which init asks with: empty, half filled, and with
// an answer that can't be.
func TestQuestionsFrames(t *testing.T) {
	t.Parallel()
	asked := []Question{
		{Key: "load", Name: "Load", Asks: "staging's URL, or paste a curl command (Copy as cURL)", Check: func(s string) error {
			if s == "localhost:80" {
				return errors.New("localhost:80: write http://localhost:80")
			}
			return nil
		}},
		{Key: "watch", Name: "Watch", Asks: "production's URLs; best a page that reads the database"},
		{Key: "users", Name: "Most users", Asks: "a hard cap, whatever the dial says", Text: "200"},
		{Key: "explore", Name: "Explore", Asks: "what: a page, a flow, a service"},
		{Key: "timebox", Name: "Timebox", Asks: "how long, such as 60m or 1h30m", Text: "1h"},
	}
	for name, typed := range map[string][]string{"empty": nil, "filled": {"http://127.0.0.1:8080/orders", "enter", "http://127.0.0.1:9080", "enter"}, "wrong": {"localhost:80", "enter"}} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), func(t *testing.T) {
				q := newQuestions("INIT", "writes crosstalk.yaml ", asked, Options{Now: func() time.Time { return storyBegan }})
				q.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
				for _, text := range typed {
					if text == "enter" {
						q.Update(key(text))
						continue
					}
					q.Update(tea.PasteMsg{Content: text})
				}
				frame := ansi.Strip(q.View().Content)
				fits(t, frame, size[0], size[1])
				requireFrame(t, frame)
				requireLooks(t, looksOfView(t, q.m, q.View))
			})
		}
	}
}

package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"crosstalk/session"
)

// Stretch is a stretch of a session, by time elapsed.
type Stretch struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// Doing is what people said they did in a stretch.
type Doing struct {
	Stretch
	What        string `json:"what"` // test, bug or setup
	Opportunity bool   `json:"opportunity"`
}

// LinkCheck is one link check or one "is it me?", from the order to its end.
type LinkCheck struct {
	Stretch
	Pairs *float64 `json:"pairs_from"` // when the first pair began; null: none did
	Mode  string   `json:"mode"`       // check or dips
	By    string   `json:"by"`
	Users int      `json:"users"`
	Kind  string   `json:"kind"` // of the verdict; "" when it has none
	Reach int      `json:"reach"`
	Words string   `json:"words"`
	// Of a check that made pairs; shares of production's latency.
	Effect   *float64 `json:"effect"`
	Bound    *float64 `json:"bound"`       // 95 %: by no more than this did production follow
	Whole    *float64 `json:"bound_whole"` // the same of these users against nothing, with the checks before it
	Evidence *float64 `json:"evidence"`
	Bare     *float64 `json:"evidence_bare"`      // of the pairs without sham load
	WithSham *float64 `json:"evidence_with_sham"` // of the pairs with it
	Work     *float64 `json:"evidence_work"`      // of what production's databases count
	// Exact tests that the verdict rests on; null where it does not.
	P         *float64 `json:"p"`
	PWithSham *float64 `json:"p_with_sham"`
	PWork     *float64 `json:"p_work"`
	Made      int      `json:"pairs"`
	Skipped   int      `json:"skipped_pairs"` // made before it was known how slow staging is: they do not count
	Amber     int      `json:"amber_pairs"`   // of both, in which production was over its amber limits
	refused   bool     // no pair was made
}

// Stores is what the data stores of both environments were found to share.
type Stores struct {
	Moment
	Verdict string `json:"verdict"`
	Words   string `json:"words"`
	linked  bool   // load on staging is load on production's data
}

// Wrote counts one step that may have changed something on staging.
type Wrote struct {
	Journey  string `json:"journey"`
	Step     string `json:"step"`
	Method   string `json:"method"`
	Requests uint64 `json:"requests"` // answered or failed
	Failed   uint64 `json:"failed"`   // of these; whether it wrote is not known
}

// spans gathers what lasts.
type spans struct {
	doing  []Doing
	pauses []Stretch
	paused float64 // since when; negative: not
	links  []LinkCheck
	stores *Stores
	config json.RawMessage
}

// take follows what begins and ends stretches.
func (s *spans) take(b *builder, e session.Event) {
	now := secs(b.ms)
	switch body := e.Body.(type) {
	case *session.Start:
		s.config = body.Config
	case *session.Activity:
		s.endDoing(now)
		s.doing = append(s.doing, Doing{Stretch: Stretch{From: now, To: now}, What: body.What, Opportunity: body.Opportunity})
	case *session.Reason:
		switch {
		case e.Type == session.TypePause && s.paused < 0:
			s.paused = now
		case e.Type == session.TypeResume:
			s.endPause(now)
		}
	case *session.Recovered:
		s.endPause(now)
		s.breakLink(secs(b.before))
		if n := len(s.doing); n > 0 {
			again := s.doing[n-1]
			s.endDoing(secs(b.before))
			again.From, again.To = now, now
			s.doing = append(s.doing, again)
		}
	case *session.LinkQuiet:
		s.breakLink(now)
		s.links = append(s.links, LinkCheck{Stretch: Stretch{From: now, To: -1}, Mode: body.Mode, By: e.By, Users: body.Users})
	case *session.LinkStart:
		l := s.link(now, body.Mode, e.By)
		if l.Users = body.Users; l.Pairs == nil { // pairs that do not count were load, too
			l.Pairs = &now
		}
	case *session.LinkVerdict:
		s.verdict(now, e.By, body)
	case *session.IdentityResult:
		s.stores = &Stores{Moment: b.now(), Verdict: body.Verdict.String(), Words: body.Words, linked: body.Linked()}
	}
}

// link is the check that runs, begun here if its beginning is not known.
func (s *spans) link(now float64, mode, by string) *LinkCheck {
	if n := len(s.links); n > 0 && s.links[n-1].To < 0 {
		return &s.links[n-1]
	}
	s.links = append(s.links, LinkCheck{Stretch: Stretch{From: now, To: -1}, Mode: mode, By: by})
	return &s.links[len(s.links)-1]
}

func (s *spans) verdict(now float64, by string, v *session.LinkVerdict) {
	l := s.link(now, v.Mode, by)
	l.To, l.Kind, l.Words, l.Reach, l.refused = now, v.Kind, v.Words, v.Reach, v.Refused
	if v.Users > 0 {
		l.Users = v.Users
	}
	if d := v.Verdict; d != nil && d.Pairs > 0 {
		l.Made, l.Skipped, l.Amber = d.Pairs, d.SkippedPairs, d.AmberPairs
		l.Whole, l.Bare, l.WithSham, l.Work = finite(d.Whole), finite(d.Bare), finite(d.WithSham), finite(d.WorkAlone)
		for to, p := range map[**float64]*float64{&l.P: d.P, &l.PWithSham: d.PWithSham, &l.PWork: d.PWork} {
			if p != nil {
				*to = finite(*p)
			}
		}
		l.Effect, l.Bound, l.Evidence = finite(d.Estimate), finite(d.Bound), finite(d.Evidence)
	}
}

// finite keeps a number of a foreign journal to what can be said in words.
func finite(f float64) *float64 {
	v := round(f, 4)
	return &v
}

func (s *spans) breakLink(now float64) {
	if n := len(s.links); n > 0 && s.links[n-1].To < 0 {
		s.links[n-1].To = now
	}
}

func (s *spans) endDoing(now float64) {
	if n := len(s.doing); n > 0 {
		s.doing[n-1].To = now
	}
}

func (s *spans) endPause(now float64) {
	if s.paused >= 0 {
		s.pauses = append(s.pauses, Stretch{From: s.paused, To: now})
		s.paused = -1
	}
}

// model closes what is open at the end.
func (s *spans) model(m *Model, end float64) {
	s.endDoing(end)
	s.endPause(end)
	s.breakLink(end)
	m.Activities, m.Pauses, m.Links, m.Stores = s.doing, s.pauses, s.links, s.stores
	m.Wrote = s.wrote(m.Steps)
}

// wrote picks the steps whose method may change something. The method is the
// configuration's; a journal without one has it only where the step's name does.
func (s *spans) wrote(steps []Step) []Wrote {
	var c session.Config
	methods := map[[2]string]string{}
	if json.Unmarshal(s.config, &c) == nil {
		for _, j := range c.Staging.Journeys {
			for _, st := range slices.Concat(j.Once, j.Steps) {
				methods[[2]string{j.Name, st.Name}] = st.Method
			}
		}
	}
	out := []Wrote{}
	for _, st := range steps {
		method, ok := methods[[2]string{st.Journey, st.Step}]
		if !ok {
			method, _, _ = strings.Cut(st.Step, " ")
		}
		if slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, method) && st.Requests > 0 {
			out = append(out, Wrote{Journey: st.Journey, Step: st.Step, Method: method, Requests: st.Requests, Failed: st.Errors})
		}
	}
	return out
}

// modeName names what a link check is called on the screen.
func modeName(mode string) string {
	if mode == session.ModeDips {
		return "is it me?"
	}
	return "link check"
}

// linkText tells events of link checks and of what the data stores share.
func linkText(e session.Event) string {
	switch body := e.Body.(type) {
	case *session.LinkQuiet:
		return fmt.Sprintf("%s at %s ordered", modeName(body.Mode), users(body.Users))
	case *session.LinkStart:
		return fmt.Sprintf("%s: the pairs begin%s", modeName(body.Mode), because(body.Words))
	case *session.LinkPair:
		if body.Pair == 0 {
			return modeName(body.Mode) + ": no load, to see whether it stays" + because(body.Words)
		}
		return fmt.Sprintf("%s: pair %d, production %+.0f %% with load%s", modeName(body.Mode), body.Pair, 100*body.Difference, because(body.Words))
	case *session.LinkVerdict:
		return fmt.Sprintf("%s: %s%s", modeName(body.Mode), session.KindWords(body.Kind), because(body.Words))
	case *session.LinkUnlock:
		return "unlocked the dial in spite of a link" + because(body.Why)
	case *session.IdentityResult:
		return fmt.Sprintf("data stores: %s%s", body.Verdict, because(body.Words))
	}
	return e.Type
}

package report

import (
	"testing"

	"crosstalk/session"
	"crosstalk/session/link"
)

// session.json has every number that a verdict rests on, and null for the tests that
// were not made.
func TestLinkCheckHasItsNumbers(t *testing.T) {
	t.Parallel()
	p, sham := 0.0021, 0.0043
	var s spans
	s.verdict(9, "mel", &session.LinkVerdict{Mode: session.ModeCheck, Kind: string(link.Linked), Users: 5, Verdict: &link.Verdict{
		Pairs: 48, SkippedPairs: 2, AmberPairs: 3, Whole: 0.12, Bare: 77, Evidence: 140, WithSham: 21, WorkAlone: 2, P: &p, PWithSham: &sham}})
	l := s.links[0]
	for name, got := range map[string]struct {
		is   *float64
		want float64
	}{"bound_whole": {l.Whole, 0.12}, "evidence_bare": {l.Bare, 77}, "evidence_with_sham": {l.WithSham, 21}, "evidence_work": {l.Work, 2}, "p": {l.P, p}, "p_with_sham": {l.PWithSham, sham}} {
		if got.is == nil || *got.is != got.want {
			t.Errorf("%s is %v, want %v", name, got.is, got.want)
		}
	}
	if l.PWork != nil || l.Made != 48 || l.Skipped != 2 || l.Amber != 3 {
		t.Errorf("%+v", l)
	}
}

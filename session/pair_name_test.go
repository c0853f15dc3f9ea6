package session

import (
	"strings"
	"testing"
)

// A name that is read in passing as another one is refused as that one is.
func TestNoNameLooksLikeAnother(t *testing.T) {
	for name, want := range map[string]string{
		"guard": "guard", "GUARD": "guard", "\u0261uard": "guard", "en\u0261ine": "engine", "ｇｕａｒｄ": "guard", "\u017fession": "session", "se\ua731sion": "session",
		"𝐠𝐮𝐚𝐫𝐝": "guard", "gùard": "guard", "gụard": "guard", "guard.": "guard", "_guard": "guard", "mon1tors": "monitors", "m0nitors": "monitors", "mon\u0131tors": "monitors",
		"ѕеѕѕіоո": "session", "ꓖꓴꓮꓣꓓ": "guard", "ᴇɴɢɪɴᴇ": "engine",
	} {
		if err := CheckGuest(name); err == nil || !strings.Contains(err.Error(), "nobody may be called "+want) {
			t.Errorf("%q: %v, and it looks like %s", name, err, want)
		}
	}
	for _, name := range []string{"𝐣𝐨𝐧", "ｊｏｎ", "ﬁn", "jo\u200bn", "ㅤㅤ", "jon\u02bc", "m\u0435l"} {
		if err := CheckGuest(name); err == nil {
			t.Errorf("a guest may be called %q", name)
		}
	}
	for _, name := range []string{"zoë", "Łukasz", "Jürgen", "Þór", "Анна", "Ελένη", "محمد", "美咲", "민준", "jon_2", "a.b-c", "guardian", "season", "Nguyễn", "Bjørn"} {
		if err := CheckGuest(name); err != nil {
			t.Errorf("nobody may be called %q: %v", name, err)
		}
	}
	s := pairState() // mel is the host; jon and ann have keys
	s.Apply(event(4, 3000, "oskar", TypeViewerJoin, &ViewerJoin{Name: "oskar", Role: Observer, Key: "SHA256:oskar"}))
	for name, want := range map[string]string{"me1": "somebody else is called mel", "meI": "somebody else is called mel", "mél": "somebody else is called mel", "j0n": "another key holds the name jon",
		"јоп": "another key holds the name jon", "оѕкаг": "another key holds the name oskar", "ᴊᴏɴ": "another key holds the name jon", "оѕкаᴦ": "script", "ann": "another key holds the name ann", "ᴀnn": "another key", "anna": "", "joan": ""} {
		got := refusedJoin(s, Viewer{Name: name, Role: Observer, Key: "x"})
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := refusedJoin(s, Viewer{Name: "J0n", Role: Observer, Key: "SHA256:jon"}); got != "" {
		t.Errorf("jon's own key under another spelling: %s", got)
	}
}

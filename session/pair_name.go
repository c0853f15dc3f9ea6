package session

import (
	"errors"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// alike are letters that look like one of ASCII: what looks like it, after it.
// Case and marks above and below are gone before it is looked up.
var alike = func() map[rune]rune {
	m := map[rune]rune{}
	for _, of := range []string{
		"aɑαаᴀꭺꓮ", "bƅʙвьᏼꓐꮟβ", "cϲсᴄꮯꓚ", "dđԁᴅꭰꓓ", "eеєεᴇꭼꓰ", "fƒꜰϝꓝ", "gɡɢցꮐԍꓖ", "hħʜһнꮋꓧհի", "jјϳᴊꭻꓙʝ",
		"kĸᴋкκꮶꓗ", "mᴍмꮇꓟ", "nɴոпηꓠ", "o0øоοσօᴏꓳ", "pᴘрρꮲꓑþ", "qꞯԛգզ", "rʀгᴦꭱꮢꓣ", "sꜱѕꮪꓢ", "tŧᴛтτꭲꓔ", "uᴜυսцʋꓴ", "vᴠνѵꮩꓦ",
		"wᴡѡԝωшɯꮃꓪա", "xхχꓫ", "yʏуүγꓬ", "zᴢʐꮓꓜ",
		// In many terminals these are one stroke, whatever they are called.
		"li1ıɪɩιіӏłʟꮮꓡꓲꭵ",
	} {
		all := []rune(of)
		for _, r := range all {
			m[r] = all[0]
		}
	}
	return m
}()

// skeleton is what is left of a name for who reads it in passing: names with one
// skeleton are hard to tell apart.
func skeleton(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(norm.NFKC.String(name))) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		r = unicode.ToLower(r)
		if a, ok := alike[r]; ok {
			r = a
		}
		b.WriteRune(r)
	}
	return strings.Trim(b.String(), "._-")
}

// signs are the skeletons of the names that the program signs with.
var signs = map[string]string{skeleton(ByGuard): ByGuard, skeleton(ByEngine): ByEngine, skeleton(ByMonitors): ByMonitors, skeleton(BySession): BySession}

// looksSo says why a name is refused that is another one, letter for letter.
func looksSo(name, like string) string {
	if strings.EqualFold(name, like) {
		return ""
	}
	return ", and " + name + " looks like it: choose another"
}

// CheckGuest tells why a guest may not be called so, or nil. It is stricter than
// CheckName: a guest chooses a name that others have to tell apart.
func CheckGuest(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if len([]rune(name)) > 32 {
		return errors.New("a guest's name has at most 32 characters")
	}
	script := ""
	for _, r := range name {
		switch {
		case r >= '0' && r <= '9', strings.ContainsRune("._-", r):
			continue
		case !unicode.IsLetter(r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
			return errors.New("a guest's name is letters, digits, dots, hyphens and underscores")
		case norm.NFKC.String(string(r)) != string(r):
			return errors.New("a guest's name is plain letters: none that are wide, joined or drawn otherwise")
		}
		for of, table := range unicode.Scripts {
			if unicode.Is(table, r) && of != script {
				if script != "" {
					return errors.New("a guest's name keeps to one script")
				}
				script = of
			}
		}
	}
	return nil
}

package identity

import (
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// starts is where a connection string may begin.
var starts = regexp.MustCompile(`(?i)\b(?:r2dbc|jdbc):[a-z0-9:+.-]+|\b[a-z][a-z0-9+.-]*://`)

// pieces returns the connection strings of data stores that stand in a text, and the
// text without them. One that cannot be told from what is around it is empty.
func pieces(text string) ([]string, string) {
	if !strings.Contains(text, "://") && !strings.Contains(strings.ToLower(text), "dbc:") {
		return nil, text
	}
	var at []int
	for _, f := range starts.FindAllStringIndex(text, -1) {
		// Behind a colon it is what another one's password may hold.
		if startsStore(text[f[0]:f[1]]) && (len(at) == 0 || text[f[0]-1] != ':') {
			at = append(at, f[0])
		}
	}
	var out []string
	var rest strings.Builder
	done := 0
	for i, from := range at {
		rest.WriteString(text[done:from] + " ")
		run := text[from:]
		if i+1 < len(at) {
			run = text[from:at[i+1]]
		}
		if end := strings.IndexAny(run, " \t\n"); end >= 0 {
			run = run[:end]
		}
		piece := run
		if end := strings.IndexAny(run, "\"'`<>\\"); end >= 0 {
			piece = run[:end]
		}
		done = from + len(piece)
		if strings.Contains(run[len(piece):], "@") { // the mark may be of the password
			piece, done = "", from+len(run)
		}
		if piece = strings.TrimRight(piece, ",;|"); !strings.Contains(piece, "(") {
			piece = strings.TrimRight(piece, ")]}")
		}
		out = append(out, piece)
	}
	return out, rest.String() + text[done:]
}

func startsStore(start string) bool {
	scheme, isURL := strings.CutSuffix(strings.ToLower(start), "://")
	if !isURL {
		return true // JDBC's
	}
	base, _, _ := strings.Cut(scheme, "+")
	known, ok := schemes[base]
	return ok && base != "file" && !service(known.system) || strings.HasSuffix(scheme, "sentinel")
}

// wordless are the words of keys that hold no host, whatever it looks like.
var wordless = []string{"PASSWORD", "PASS", "PASSWD", "PWD", "SECRET", "TOKEN", "USER", "USERNAME", "LOGIN", "EMAIL", "VERSION", "IMAGE", "TAG", "REPOSITORY", "REGISTRY",
	"PORTS", "EXPOSE", "HEALTHCHECK", "LISTEN", "BIND", "ALLOWED", "TRUSTED", "VIRTUAL", "CIDR", "GROUP", "TRAEFIK", "LABELS", "ANNOTATIONS"}

// namesOnly are the words of keys that hold other names with dots: of classes, of topics.
var namesOnly = []string{"NAME", "ENGINE", "DRIVER", "DIALECT", "ADAPTER", "BACKEND", "CLASS", "PLATFORM", "SERIALIZER", "DESERIALIZER", "MODULE", "MODULES",
	"PACKAGES", "TOPIC", "TOPICS", "QUEUE", "QUEUES", "EXCHANGE", "PREFIX", "NAMESPACE"}

// hostPair and basePair are of connection strings in pairs.
var (
	hostPair = regexp.MustCompile(`(?i)(?:^|[\s;,(&?"':])(?:host|hostname|hostaddr|server|addr|data source)\s*=\s*["']?[^\s;,)&"']`)
	basePair = regexp.MustCompile(`(?i)\b(?:dbname|database|initial catalog|service_name|sid)\s*=`)
)

// mentions says that a text names a host of a data store in no form that is read: it is
// of one by the key, by the words before it, by its own name or by its port. known are
// hosts with ports and names of databases that are read elsewhere.
func mentions(words []string, text string, known map[string]bool) bool {
	has := func(list []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
	}
	if !strings.ContainsAny(text, ".:=") || has(wordless) {
		return false
	}
	of := ofStore(words) || len(words) > 0 && words[len(words)-1] == "DSN" && !ofService(words, text)
	if strings.Contains(text, "=") && (of || basePair.MatchString(text)) && hostPair.MatchString(text) {
		return true
	}
	var before [2]string
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("\"'`,;|=<>()[]{}&?\\", r) }) {
		host, port, sort := hostIn(word)
		byPort := systemAt(port) != ""
		switch {
		case known[word], known[net.JoinHostPort(strings.ToLower(host), port)], sort == ofHTTP && !byPort && !(of && hostKey(tokens(before[1]))), !hostLike(host, !of || has(namesOnly)):
		case of, byPort, sort != ofMail && (ofStore(tokens(host)) || ofStore(tokens(before[0])) || ofStore(tokens(before[1]))):
			return true
		}
		before[0], before[1] = before[1], word
	}
	return false
}

// What a host within a text is part of, other than of itself.
const (
	ofHTTP = iota + 1
	ofMail
)

// hostIn returns what would be the host and port of a word.
func hostIn(word string) (host, port string, sort int) {
	scheme, rest, isURL := strings.Cut(word, "://")
	if !isURL {
		rest = word
	} else if known, ok := schemes[strings.ToLower(scheme)]; ok && service(known.system) {
		sort = ofHTTP
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		if !isURL && !strings.ContainsAny(rest[:at], ":/") {
			sort = ofMail
		}
		rest = rest[at+1:]
	}
	host, _, _ = strings.Cut(rest, "/")
	if isAddress(host) {
		return host, "", sort
	}
	host, port, _ = strings.Cut(host, ":")
	port, _, _ = strings.Cut(port, ":")
	return host, port, sort
}

// endings are of files, and firsts of packages: they have dots as hosts do.
var (
	endings = strings.Fields("conf cfg cnf ini env yml yaml json toml xml properties sql db sqlite txt log csv pem crt cer key jks pfx sock pid lock gz zip tar tgz jar war py rb js ts mjs cjs php go sh so dll exe md html htm css png jpg svg rdb aof dump bak tmp tpl tmpl")
	firsts  = strings.Fields("com org net edu io java javax jakarta")
	tops    = strings.Fields("com net org edu gov info biz dev app cloud test example internal local localdomain lan corp intranet svc consul")
)

// hostLike says that a word is the address of another machine, or has the form of a
// name with dots; sure: with an end that names of hosts have.
func hostLike(word string, sure bool) bool {
	if a, err := netip.ParseAddr(word); err == nil {
		return a.Is4() && !local(word) || a.Is6() && !local(word) && !sure
	}
	word = strings.TrimSuffix(word, ".")
	first, _, _ := strings.Cut(word, ".")
	last := word[strings.LastIndexByte(word, '.')+1:]
	if first == "" || len(last) < 2 || last == word || word[0] == '-' ||
		strings.ContainsFunc(word, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r)
		}) ||
		strings.ContainsFunc(last, func(r rune) bool { return !unicode.IsLetter(r) && !strings.HasPrefix(last, "xn--") }) {
		return false
	}
	low := strings.ToLower(last)
	if last != low && last != strings.ToUpper(last) || slices.Contains(endings, low) || slices.Contains(firsts, first) {
		return false // a class, a file, a package
	}
	return !sure || len(last) == 2 || slices.Contains(tops, low)
}

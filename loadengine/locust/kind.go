package locust

import (
	"regexp"
	"strings"
)

// status finds the code in the texts of requests' and of geventhttpclient's
// errors: "HTTPError('503 Server Error: ...", "BadStatusCode('...', code=503)".
var status = regexp.MustCompile(`(?:HTTPError\(['"]|code=|Bad response code: )([1-5]\d\d)\b`)

// kindOf names an error of a worker with the words that the local engine uses.
// Locust's texts hold URLs and ports: they are many, and these are few.
func kindOf(text string) string {
	if m := status.FindStringSubmatch(text); m != nil {
		return "status " + m[1]
	}
	low := strings.ToLower(text)
	for _, k := range []struct{ part, kind string }{
		{"crosstalk: load may not reach", "host not allowed"},
		{"crosstalk: no permit", "no permit"},
		{"timed out", "timeout"}, {"timeout", "timeout"},
		{"refused", "refused"}, {"reset by peer", "reset"}, {"broken pipe", "reset"},
		{"name or service not known", "dns"}, {"name resolution", "dns"}, {"gaierror", "dns"},
		{"ssl", "tls"}, {"certificate", "tls"},
		{"remote end closed", "closed"}, {"connection aborted", "closed"}, {"connection closed", "closed"},
		{"badstatusline", "not http"},
	} {
		if strings.Contains(low, k.part) {
			return k.kind
		}
	}
	return "other"
}

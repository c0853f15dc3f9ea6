package loadengine

import "net/http"

// kit is what one goroutine sends with and reads answers into, turn after turn:
// made anew for every request, it would be most of what a request costs the
// collector. What it holds is good until the next request that is made with it;
// who wants to keep something of it copies that.
type kit struct {
	request  http.Request
	call     call
	response http.Response
	header   http.Header
	values   []string // of header
	body     leanReader
}

// keptFields is how many header lines a kit keeps room for.
const keptFields = 64

// answer makes room for an answer with so many header lines.
func (k *kit) answer(fields int) (resp *http.Response, values []string) {
	if k.header == nil || len(k.header) > keptFields {
		k.header = make(http.Header, fields)
	} else {
		clear(k.header)
	}
	switch {
	case fields > keptFields:
		values = make([]string, fields)
	case fields > cap(k.values):
		k.values = make([]string, max(fields, keptFields/4))
		fallthrough
	default:
		values = k.values[:fields]
	}
	k.response = http.Response{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1, Header: k.header}
	return &k.response, values
}

// rest lets go of what the last turn left, for one that waits for its next.
func (k *kit) rest() {
	clear(k.header)
	clear(k.values)
	k.request, k.call, k.response, k.body = http.Request{}, call{}, http.Response{}, leanReader{}
}

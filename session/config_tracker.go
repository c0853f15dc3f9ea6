package session

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// TrackerConfig says where bugs are filed: a link to a new issue is made of it.
// Nothing is ever sent there. One of GitHub and Jira is given.
type TrackerConfig struct {
	GitHub  string   `json:"github,omitempty"`  // https://github.com/owner/name
	Jira    string   `json:"jira,omitempty"`    // https://name.atlassian.net, or the server's own address
	Project string   `json:"project,omitempty"` // Jira's number of the project
	Type    string   `json:"type,omitempty"`    // Jira's number of the kind of issue
	Labels  []string `json:"labels,omitempty"`
}

// Any tells whether a tracker is known.
func (t TrackerConfig) Any() bool { return t.GitHub != "" || t.Jira != "" }

var (
	ownerName     = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)
	trackerNumber = regexp.MustCompile(`^[0-9]{1,12}$`)
)

// tracker reads where bugs are filed.
func (r *configReader) tracker(n ast.Node) {
	const example = `{github: owner/name}`
	t := &r.config.Tracker
	number := func(path string, to *string) func(ast.Node) {
		return func(n ast.Node) {
			s, ok := r.label(n, path, `"10001"`)
			if ok && !trackerNumber.MatchString(s) {
				r.add(placeOf(n), `write its number in quotes, such as "10001": it stands in the address of Jira's settings for it`, "%s is %q, not a number", path, s)
				return
			}
			*to = s
		}
	}
	seen, unknown := r.mapping(n, "tracker", example, []field{
		{"github", func(n ast.Node) { t.GitHub = r.repository(n) }},
		{"jira", func(n ast.Node) { t.Jira = strings.TrimRight(r.address(n, "tracker.jira"), "/") }},
		{"project", number("tracker.project", &t.Project)},
		{"type", number("tracker.type", &t.Type)},
		{"labels", func(n ast.Node) { t.Labels = r.labels(n, "tracker.labels", "load") }},
	})
	if seen == nil {
		return
	}
	_, github := seen["github"]
	_, jira := seen["jira"]
	switch {
	case github && jira:
		r.add(placeOf(n), "keep one of them", "tracker has both github and jira")
	case !github && !jira && unknown == 0:
		r.add(placeOf(n), `add github: owner/name, or jira: "https://NAME.atlassian.net", or leave tracker out`, "tracker names no tracker")
	case jira:
		for _, key := range []string{"project", "type"} {
			if _, ok := seen[key]; !ok && unknown == 0 {
				r.add(placeOf(n), "add "+key+`: "10001", the number in the address of Jira's settings for it`, "tracker has no %s", key)
			}
		}
	}
}

// repository reads owner/name on github.com, or the address of one elsewhere.
func (r *configReader) repository(n ast.Node) string {
	s, ok := r.label(n, "tracker.github", "owner/name")
	if !ok {
		return ""
	}
	to, err := ParseRepository(s)
	if err != nil {
		r.add(placeOf(n), "write owner/name, or the repository's address", "tracker.github is not a repository")
	}
	return to
}

// ParseRepository reads owner/name, which is on github.com, or the address of a
// repository on another server of GitHub's. It returns its address.
func ParseRepository(s string) (string, error) {
	if ownerName.MatchString(s) {
		return "https://github.com/" + s, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || !ownerName.MatchString(strings.Trim(u.Path, "/")) {
		return "", fmt.Errorf("%q is not a repository: write owner/name, or its address", s)
	}
	return u.Scheme + "://" + u.Host + "/" + strings.Trim(u.Path, "/"), nil
}

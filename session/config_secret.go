package session

import "regexp"

// SecretName tells by its name whether a header, parameter or field holds what
// nobody should read: password, token, cookie and their like.
func SecretName(name string) bool { return isSecretName(name) }

// credential is a header's value that says itself what it is (RFC 9110, section
// 11.1): a scheme and one word.
var credential = regexp.MustCompile(`^(?i:Bearer|Basic|Token|ApiKey) +[^\s{}$]{8,}$`)

// SecretValue tells by its form whether a header's value is a credential,
// whatever the header is called.
func SecretValue(v string) bool { return credential.MatchString(v) }

package session

// SecretName tells by its name whether a header, parameter or field holds what
// nobody should read: password, token, cookie and their like.
func SecretName(name string) bool { return isSecretName(name) }

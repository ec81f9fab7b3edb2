package httpdest

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// token is a credential that is fixed, or kept in a file.
type token struct {
	path    string
	secrets *secrets

	mu    sync.Mutex
	value string
	mod   time.Time
	size  int64
}

const largestToken = 64 << 10

// get returns the token, "" for none.
func (t *token) get() (string, error) {
	if t.path == "" {
		return t.value, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	info, err := os.Stat(t.path)
	if err != nil {
		return "", fmt.Errorf("token file: %w", err)
	}
	if info.ModTime().Equal(t.mod) && info.Size() == t.size && t.value != "" {
		return t.value, nil
	}
	if info.Size() > largestToken {
		return "", fmt.Errorf("token file %s: %d bytes can't be a token", t.path, info.Size())
	}
	text, err := os.ReadFile(t.path)
	if err != nil {
		return "", fmt.Errorf("token file: %w", err)
	}
	value := strings.TrimSpace(string(text))
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("token file %s holds no token of one line", t.path)
	}
	t.value, t.mod, t.size = value, info.ModTime(), info.Size()
	t.secrets.addPassing(value)
	return value, nil
}

package cloudauth

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
)

// errNoKey: there is no file, or it has no such profile.
var errNoKey = errors.New("no access key")

const largestKeyFile = 1 << 20

// keyFile is a shared credentials file. It is read again when it changes.
type keyFile struct {
	path, profile string

	mu   sync.Mutex
	mod  time.Time
	size int64
	key  Key
}

func (f *keyFile) read() (Key, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) || f.path == "" {
		return Key{}, fmt.Errorf("shared credentials file %s does not exist: %w", f.path, errNoKey)
	}
	if err != nil {
		return Key{}, fmt.Errorf("shared credentials file: %w", err)
	}
	if f.key.ID != "" && info.ModTime().Equal(f.mod) && info.Size() == f.size {
		return f.key, nil
	}
	if info.Size() > largestKeyFile {
		return Key{}, fmt.Errorf("shared credentials file %s: %d bytes are too many", f.path, info.Size())
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return Key{}, fmt.Errorf("shared credentials file: %w", err)
	}
	k, err := parseProfile(text, f.profile)
	if err != nil {
		return Key{}, fmt.Errorf("shared credentials file %s: %w", f.path, err)
	}
	f.key, f.mod, f.size = k, info.ModTime(), info.Size()
	return k, nil
}

// parseProfile finds the key of a profile:
//
//	[default]
//	aws_access_key_id = AKIA…
//	aws_secret_access_key = …
//	aws_session_token = …
//
// Errors show no line: it may hold a secret. See "Shared config and credentials files" in the reference guide of the AWS SDKs.
func parseProfile(text []byte, profile string) (Key, error) {
	var k Key
	here, found := false, false
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, largestKeyFile+1)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "[") {
			name, _, _ := strings.Cut(line[1:], "]")
			here = strings.TrimSpace(name) == profile
			found = found || here
			continue
		}
		if name, value, ok := strings.Cut(line, "="); ok && here && line[0] != '#' && line[0] != ';' {
			k.set(strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value))
		}
	}
	switch {
	case !found:
		return Key{}, fmt.Errorf("there is no profile %q: %w", profile, errNoKey)
	case k.ID == "" || k.Secret == "":
		return Key{}, fmt.Errorf("profile %q has no aws_access_key_id and aws_secret_access_key; other ways to a key are not supported in a profile", profile)
	case strings.ContainsFunc(k.ID+k.Secret+k.SessionToken, func(r rune) bool { return r <= ' ' || r > '~' }):
		return Key{}, fmt.Errorf("the key of profile %q holds characters that none has", profile)
	}
	return k, nil
}

func (k *Key) set(name, value string) {
	switch name {
	case "aws_access_key_id":
		k.ID = value
	case "aws_secret_access_key":
		k.Secret = value
	case "aws_session_token":
		k.SessionToken = value
	}
}

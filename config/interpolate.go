package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxSecret is the size above which a file can't be the value of a key.
const maxSecret = 64 << 10

// interpolateTree replaces ${...} in all values of a tree, not in keys. The text
// that comes in is never parsed as YAML: it is a value and stays one.
func (d *decoder) interpolateTree(l *loader, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for _, pair := range entriesOf(n) {
			d.interpolateTree(l, pair.value)
		}
	case yaml.SequenceNode:
		for _, child := range n.Content {
			d.interpolateTree(l, child)
		}
	case yaml.ScalarNode:
		if n.ShortTag() != "!!str" || !strings.Contains(n.Value, "${") {
			return
		}
		text, secret, err := l.interpolate(n.Value)
		if err != nil {
			at := placeOfNode(n)
			l.errorf(l.owner[n], at, "%v", err)
			d.failed[n] = true
			return
		}
		d.shown[n] = placeOfNode(n)
		if secret {
			d.secretNodes[n] = true
		}
		n.Value, n.Tag = text, "!!str"
	}
}

// interpolate replaces in a text
//
//	${VAR}           the environment variable; an error when it is not set
//	${VAR:-text}     the variable, or the text when it is not set or empty
//	${VAR:?message}  the variable, or an error with the message
//	${file:/path}    the content of the file, without the line break at its end; the path may hold variables
//	$${              "${"
//
// secret is true when a file's content came in.
func (l *loader) interpolate(s string) (out string, secret bool, err error) {
	return l.interpolateAt(s, 0)
}

func (l *loader) interpolateAt(s string, depth int) (out string, secret bool, err error) {
	var b strings.Builder
	for s != "" {
		i := strings.Index(s, "${")
		if i < 0 {
			b.WriteString(s)
			break
		}
		if i > 0 && s[i-1] == '$' {
			b.WriteString(s[:i-1] + "${")
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		end := closing(s[i+2:])
		if end < 0 {
			return "", false, errors.New("${ has no } behind it; write $${ for the characters themselves")
		}
		value, hidden, err := l.variable(s[i+2:i+2+end], depth)
		if err != nil {
			return "", false, err
		}
		secret = secret || hidden
		b.WriteString(value)
		s = s[i+2+end+1:]
	}
	return b.String(), secret, nil
}

// closing is the index of the } that belongs to a "${" in front of s, -1 when there is none.
func closing(s string) int {
	open := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "${"):
			open++
		case s[i] == '}' && open == 0:
			return i
		case s[i] == '}':
			open--
		}
	}
	return -1
}

// variable returns what stands for the text between the braces.
func (l *loader) variable(text string, depth int) (value string, secret bool, err error) {
	if path, ok := strings.CutPrefix(text, "file:"); ok {
		if path, _, err = l.interpolateAt(path, depth+1); err != nil {
			return "", false, err
		}
		l.secretFiles = append(l.secretFiles, strings.TrimSpace(path))
		value, err = secretFile(path)
		return value, true, err
	}
	name, rest := variableName(text)
	if name == "" || rest != "" && !strings.HasPrefix(rest, ":-") && !strings.HasPrefix(rest, ":?") {
		return "", false, fmt.Errorf("${%s} is not a variable; write ${VAR}, ${VAR:-default}, ${VAR:?message} or ${file:/path}, or $${ for the characters themselves", short(clean(text)))
	}
	value, set := l.lookup(name)
	switch {
	case rest == "" && !set:
		return "", false, fmt.Errorf("the environment variable %s is not set; write ${%s:-default} if it may be missing", name, name)
	case rest == "" || value != "":
		return value, false, nil
	case rest[1] == '?':
		return "", false, fmt.Errorf("the environment variable %s is not set: %s", name, orDefault(strings.TrimSpace(rest[2:]), "it must be"))
	case depth > 8:
		return "", false, errors.New("${ is nested too deep")
	}
	return l.interpolateAt(rest[2:], depth+1)
}

func (l *loader) lookup(name string) (string, bool) {
	if l.o.LookupEnv != nil {
		return l.o.LookupEnv(name)
	}
	return os.LookupEnv(name)
}

// variableName cuts the name of a variable off the text.
func variableName(text string) (name, rest string) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return text[:i], text[i:]
		}
	}
	return text, ""
}

// secretFile reads a file whose content is a value.
func secretFile(path string) (string, error) {
	path, err := expandHome(strings.TrimSpace(path))
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("${file:%s}: %w", path, withoutPath(err))
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("${file:%s} is not a file but %s", path, kindOf(info.Mode()))
	case info.Size() > maxSecret:
		return "", fmt.Errorf("${file:%s} is larger than 64 KiB", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("${file:%s}: %w", path, withoutPath(err))
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

// withoutPath is what is wrong with a file, without its path.
func withoutPath(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

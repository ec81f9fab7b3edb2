package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// isJSON reports whether s may be an object or array of JSON.
func isJSON(s string) bool {
	if s == "" || s[0] > ' ' && s[0] != '{' && s[0] != '[' {
		return false
	}
	s = strings.TrimLeft(s, " \t\r\n")
	if len(s) < 2 || s[0] != '{' && s[0] != '[' {
		return false
	}
	rest := strings.TrimLeft(s[1:], " \t\r\n")
	return rest != "" && strings.IndexByte(`"{[`, rest[0]) >= 0
}

// RedactJSON returns a JSON value without its secrets: the order of keys, numbers and white space are as they were.
// The error says where the text is no JSON; the text is not in it.
func (r *Redactor) RedactJSON(text []byte) ([]byte, error) {
	w := jsonWalk{r: r, s: string(text)}
	if err := w.all(); err != nil {
		return nil, err
	}
	return w.out, nil
}

// jsonText is RedactJSON for a text that is nested at depth; false: it is no JSON.
func (r *Redactor) jsonText(s string, depth int) (string, bool) {
	w := jsonWalk{r: r, s: s, depth: depth}
	if w.all() != nil {
		return "", false
	}
	return string(w.out), true
}

// jsonWalk copies JSON text, and changes its strings.
type jsonWalk struct {
	r     *Redactor
	s     string
	i     int
	out   []byte
	depth int
	path  []byte
	last  string  // the string that was read last
	named verdict // on what stands under "value" in this object
}

var (
	errJSONEnd    = errors.New("ends before its end")
	errJSONSyntax = errors.New("unexpected character")
)

func (w *jsonWalk) all() error {
	err := w.value(verdict{})
	if err == nil {
		w.space()
		if w.i < len(w.s) {
			err = errors.New("text after the value")
		}
	}
	if err != nil {
		return fmt.Errorf("no JSON at byte %d: %w", w.i+1, err)
	}
	return nil
}

// space copies white space.
func (w *jsonWalk) space() {
	for w.i < len(w.s) && strings.IndexByte(" \t\r\n", w.s[w.i]) >= 0 {
		w.out = append(w.out, w.s[w.i])
		w.i++
	}
}

// value copies a value that stands under a name with the verdict v.
func (w *jsonWalk) value(v verdict) error {
	w.space()
	if w.i >= len(w.s) {
		return errJSONEnd
	}
	switch c := w.s[w.i]; {
	case c == '{':
		return w.container('}', v)
	case c == '[':
		return w.container(']', v)
	case c == '"':
		text, err := w.text()
		if err != nil {
			return err
		}
		w.put(w.r.under(v, text, w.depth), text)
		w.last = text
	default:
		return w.literal(v)
	}
	return nil
}

// text reads a string. It stands in s at [start, i) then.
func (w *jsonWalk) text() (string, error) {
	start := w.i
	escapes := false
	for w.i++; w.i < len(w.s); w.i++ {
		switch c := w.s[w.i]; {
		case c == '\\':
			escapes = true
			w.i++
		case c < ' ':
			return "", errJSONSyntax
		case c == '"':
			w.i++
			raw := w.s[start:w.i]
			if !escapes {
				return raw[1 : len(raw)-1], nil
			}
			var text string
			err := json.Unmarshal([]byte(raw), &text)
			return text, err
		}
	}
	return "", errJSONEnd
}

// put writes the string that was read last, as it stood when it did not change.
func (w *jsonWalk) put(text, was string) {
	if text == was {
		w.out = append(w.out, w.s[w.start(was):w.i]...)
		return
	}
	w.out = append(w.out, quote(text)...)
}

// start is where the string that ends at i begins.
func (w *jsonWalk) start(text string) int {
	if k := w.i - len(text) - 2; k >= 0 && w.s[k] == '"' && w.s[k+1:w.i-1] == text {
		return k
	}
	k := w.i - 2 // it has escapes
	for ; k >= 0; k-- {
		if w.s[k] == '"' {
			n := 0
			for k-n > 0 && w.s[k-n-1] == '\\' {
				n++
			}
			if n%2 == 0 {
				return k
			}
		}
	}
	return 0
}

func quote(text string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string always encodes
	return bytes.TrimRight(b.Bytes(), "\n")
}

// literal copies a number, true, false or null.
func (w *jsonWalk) literal(v verdict) error {
	start := w.i
	for w.i < len(w.s) && (isASCIIWord(w.s[w.i]) || strings.IndexByte("+-.", w.s[w.i]) >= 0) {
		w.i++
	}
	text := w.s[start:w.i]
	if !json.Valid([]byte(text)) {
		w.i = start
		return errJSONSyntax
	}
	if text[0] != 't' && text[0] != 'f' && text[0] != 'n' {
		if with, hidden := w.r.underNumber(v, text); hidden {
			w.out = append(w.out, quote(with)...)
			return nil
		}
	}
	w.out = append(w.out, text...)
	return nil
}

// container copies an object or array, or writes a mark when it is too deep.
func (w *jsonWalk) container(end byte, v verdict) error {
	w.depth++
	named := w.named
	w.named = verdict{}
	defer func() { w.depth, w.named = w.depth-1, named }()
	if w.depth > 10_000 {
		return errors.New("nested too deep")
	}
	at := len(w.out)
	w.out = append(w.out, w.s[w.i])
	w.i++
	kept := 0
	for first := true; ; first = false {
		from := len(w.out)
		w.space()
		if w.i >= len(w.s) {
			return errJSONEnd
		}
		if w.s[w.i] == end && first {
			break
		}
		done, err := w.member(end, v, from, &kept)
		if err != nil {
			return err
		}
		if done {
			break
		}
	}
	w.out = append(w.out, end)
	w.i++
	if w.depth > w.r.maxDepth && !v.allowed {
		w.r.rules[detDepth].count.Add(1)
		w.out = append(w.out[:at], quote(depthMark)...)
	}
	return nil
}

// member copies one member or element, which begins at from in out; done: it was the last.
func (w *jsonWalk) member(end byte, v verdict, from int, kept *int) (done bool, err error) {
	if *kept > 0 {
		w.out = append(w.out[:from], append([]byte(","), w.out[from:]...)...)
	}
	under, drop, path, key := v, false, len(w.path), ""
	if end == '}' {
		if under, drop, err = w.name(v); err != nil {
			return false, err
		}
		key, w.last = w.last, ""
		under = under.or(w.named, key)
	}
	if err := w.value(under); err != nil {
		return false, err
	}
	if isNaming(key) {
		w.named = w.r.keys.of(w.last)
	}
	w.path = w.path[:path]
	if drop {
		w.out = w.out[:from]
	} else {
		*kept++
	}
	w.space()
	if w.i >= len(w.s) {
		return false, errJSONEnd
	}
	switch w.s[w.i] {
	case ',':
		w.i++
		return false, nil
	case end:
		return true, nil
	}
	return false, errJSONSyntax
}

// name copies the name of a member and its colon, and returns the verdict on it.
func (w *jsonWalk) name(v verdict) (verdict, bool, error) {
	if w.s[w.i] != '"' {
		return v, false, errJSONSyntax
	}
	key, err := w.text()
	if err != nil {
		return v, false, err
	}
	v, w.last = w.r.enter(&w.path, key, v), key
	name := key
	if !v.allowed {
		name = w.r.text(key, w.depth)
	}
	w.put(name, key)
	w.space()
	if w.i >= len(w.s) || w.s[w.i] != ':' {
		return v, false, errJSONSyntax
	}
	w.out = append(w.out, ':')
	w.i++
	return v, w.r.drops(v), nil
}

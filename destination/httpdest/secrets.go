package httpdest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// secrets are texts that appear in no error.
type secrets struct {
	mu      sync.Mutex
	texts   []string
	passing []string // those that are used for a while only, the newest last
}

const (
	hidden      = "[hidden]"
	leastSecret = 4   // shorter texts are part of too many words
	mostExcerpt = 200 // bytes of an answer that an error shows
	mostRepeat  = 16  // bytes of a request that an excerpt may repeat
	mostPassing = 8   // credentials that have been replaced by others are remembered
)

// secretsOf collects the credentials of a target.
func secretsOf(t *Target, u *url.URL) *secrets {
	s := &secrets{}
	s.add(t.Token, t.Password)
	if t.Password != "" {
		s.add(base64.StdEncoding.EncodeToString([]byte(t.Username + ":" + t.Password)))
	}
	for _, v := range t.Header {
		s.add(v)
		if _, value, ok := strings.Cut(v, " "); ok { // "Bearer …"
			s.add(value)
		}
	}
	if u.User != nil {
		p, _ := u.User.Password()
		s.add(p, u.User.Username(), u.User.String(), base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+p)))
	}
	for _, values := range u.Query() {
		s.add(values...)
	}
	return s
}

func (s *secrets) add(texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range texts {
		if len(t) < leastSecret {
			continue
		}
		for _, form := range []string{t, url.QueryEscape(t), url.PathEscape(t)} {
			if !slices.Contains(s.texts, form) {
				s.texts = append(s.texts, form)
			}
		}
	}
	slices.SortStableFunc(s.texts, func(a, b string) int { return len(b) - len(a) })
}

// addPassing adds credentials that others will replace.
func (s *secrets) addPassing(texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range texts {
		if len(t) < leastSecret || slices.Contains(s.passing, t) {
			continue
		}
		s.passing = append(s.passing, t)
		if n := len(s.passing); n > mostPassing {
			s.passing = slices.Delete(s.passing, 0, n-mostPassing)
		}
	}
}

// hide replaces the secrets in text.
func (s *secrets) hide(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.passing {
		text = strings.NewReplacer(t, hidden, url.QueryEscape(t), hidden).Replace(text)
	}
	for _, t := range s.texts {
		text = strings.ReplaceAll(text, t, hidden)
	}
	return text
}

// discreet is an error of the HTTP client without the URL that it repeats.
func (s *secrets) discreet(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err
	}
	if text := err.Error(); s.hide(text) != text {
		return &hiddenError{text: s.hide(text), err: err}
	}
	return err
}

// hiddenError keeps what errors.Is finds, and shows another text.
type hiddenError struct {
	text string
	err  error
}

func (e *hiddenError) Error() string        { return e.text }
func (e *hiddenError) Is(target error) bool { return errors.Is(e.err, target) }

// Excerpt is the beginning of an answer, for an error: one line, without credentials, and without what the answer repeats of
// the request, which may be a record.
func (r *Response) Excerpt(text string) string {
	text = clean(text)
	if r.secrets != nil {
		text = r.secrets.hide(text)
	}
	if repeats(text, r.Request) {
		return "(the answer repeats a part of the records, and is not shown)"
	}
	return text
}

// clean makes text one printable line of bounded length.
func clean(text string) string {
	if len(text) > 4*mostExcerpt {
		text = text[:4*mostExcerpt]
	}
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, text)), " ")
	if len(text) <= mostExcerpt {
		return text
	}
	cut := mostExcerpt
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// repeats reports whether text has a part that is in the request too.
func repeats(text string, request []byte) bool {
	for i := 0; i+mostRepeat <= len(text); i++ {
		if bytes.Contains(request, []byte(text[i:i+mostRepeat])) {
			return true
		}
	}
	return false
}

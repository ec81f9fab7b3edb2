package format

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// rename gives what a record says of itself other keys. What is renamed is called by its own key in the schema, or by its
// name in [Options.Keys]. All names are those before: two fields may change their keys.
func (s *shape) rename(keys map[string]string) error {
	s.head, s.inner, s.tail = slices.Clone(s.head), slices.Clone(s.inner), slices.Clone(s.tail)
	slots := s.slots()
	known := map[string]bool{}
	for _, at := range slots {
		known[*at.key] = true
	}
	renamed := map[*string]string{}
	for _, from := range slices.Sorted(maps.Keys(keys)) {
		found := false
		for _, at := range slots {
			if *at.key != from && (at.name != from || known[from]) {
				continue
			}
			if other, twice := renamed[at.key]; twice {
				return fmt.Errorf("format: keys names %q twice, for %q and %q", *at.key, other, keys[from])
			}
			renamed[at.key], found = keys[from], true
		}
		if !found {
			return unknownKey(from, slots)
		}
		if keys[from] == "" {
			return fmt.Errorf("format: the new name of %q is empty", from)
		}
	}
	for at, to := range renamed {
		*at = to
	}
	return s.checkKeys()
}

// A slot is a key that can be renamed, and the name of what stands there, "" where it has none.
type slot struct {
	key  *string
	name string
}

func (s *shape) slots() (out []slot) {
	for _, list := range [][]field{s.head, s.inner, s.tail} {
		for i := range list {
			out = append(out, slot{&list[i].key, fieldNames[list[i].kind]})
		}
	}
	if s.attrs != "" {
		out = append(out, slot{&s.attrs, "attributes"})
	}
	if s.errs != nil {
		e := *s.errs
		s.errs = &e
		out = append(out, slot{&e.message, "error"}, slot{&e.kind, "error_type"})
	}
	return out
}

func unknownKey(from string, slots []slot) error {
	var names []string
	for _, at := range slots {
		names = append(names, *at.key)
		if at.name != "" {
			names = append(names, at.name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	hint := ""
	if near := nearest(from, names); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return fmt.Errorf("format: there is no key %q to rename%s there are %s", from, orElse(hint, ";"), strings.Join(names, ", "))
}

// checkKeys refuses an object with a key twice.
func (s *shape) checkKeys() error {
	outer := keysOf(s.head, s.tail)
	inner := keysOf(s.inner)
	errs := &outer
	if s.attrs != "" {
		outer = append(outer, s.attrs)
		errs = &inner
	}
	if s.errs != nil {
		*errs = append(*errs, s.errs.message, s.errs.kind)
	}
	return errors.Join(oneOfEach(outer), oneOfEach(inner))
}

func keysOf(lists ...[]field) (out []string) {
	for _, list := range lists {
		for i := range list {
			out = append(out, list[i].key)
		}
	}
	return out
}

func oneOfEach(keys []string) error {
	slices.Sort(keys)
	for i := 1; i < len(keys); i++ {
		if keys[i] == keys[i-1] {
			return fmt.Errorf("format: keys: two fields would have the key %q", keys[i])
		}
	}
	return nil
}

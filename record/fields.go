package record

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// field is one field of a struct, or of a struct embedded in it.
type field struct {
	name      string
	index     []int
	plan      *plan
	omitEmpty bool
	omitZero  bool
	zeroer    bool // has an IsZero method, which omitZero asks
	quoted    bool // `json:",string"`
	secret    bool // `log:"secret"`
	tagged    bool // the name comes from a tag
}

// embedded is a struct whose fields are to be collected.
type embedded struct {
	t      reflect.Type
	index  []int
	secret bool
}

// structFields returns the fields of t as encoding/json sees them: of fields with one name, the one that
// is least deep wins, then the one that has a tag; when several remain, none does.
func (b *planner) structFields(t reflect.Type) []field {
	var all []field
	seen := map[reflect.Type]bool{}
	for level := []embedded{{t: t}}; len(level) > 0; {
		var next []embedded
		visited := map[reflect.Type]bool{}
		for _, s := range level {
			if seen[s.t] {
				continue
			}
			visited[s.t] = true
			all, next = b.collect(all, next, s)
		}
		for t := range visited {
			seen[t] = true
		}
		level = next
	}
	return dominant(all)
}

// collect adds the fields of one struct to all, and the structs embedded in it to next.
func (b *planner) collect(all []field, next []embedded, s embedded) ([]field, []embedded) {
	for i := range s.t.NumField() {
		sf := s.t.Field(i)
		under := sf.Type
		if under.Kind() == reflect.Pointer && under.Name() == "" {
			under = under.Elem()
		}
		if !sf.IsExported() && (!sf.Anonymous || under.Kind() != reflect.Struct) {
			continue
		}
		tag := sf.Tag.Get("json")
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if !validName(name) {
			name = ""
		}
		secret := s.secret || sf.Tag.Get("log") == "secret"
		index := append(slices.Clone(s.index), i)
		if sf.Anonymous && name == "" && under.Kind() == reflect.Struct {
			next = append(next, embedded{t: under, index: index, secret: secret})
			continue
		}
		if !sf.IsExported() {
			continue // an embedded struct that is not exported, with a name of its own
		}
		f := field{name: name, index: index, secret: secret, tagged: name != "", plan: b.plan(sf.Type)}
		if name == "" {
			f.name = sf.Name
		}
		f.setOptions(sf.Type, under, options)
		all = append(all, f)
	}
	return all, next
}

func (f *field) setOptions(t, under reflect.Type, options string) {
	for options != "" {
		var o string
		o, options, _ = strings.Cut(options, ",")
		switch o {
		case "omitempty":
			f.omitEmpty = true
		case "omitzero":
			f.omitZero = true
			f.zeroer = t.Implements(zeroerType) || reflect.PointerTo(t).Implements(zeroerType)
		case "string":
			k := under.Kind()
			f.quoted = k >= reflect.Bool && k <= reflect.Float64 || k == reflect.String
		}
	}
}

type zeroer interface{ IsZero() bool }

var zeroerType = reflect.TypeFor[zeroer]()

// validName reports whether a tag's name is one that encoding/json takes.
func validName(s string) bool {
	for _, c := range s {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return false
		}
	}
	return s != ""
}

// dominant leaves one field for each name, in the order in which the struct declares them.
func dominant(all []field) []field {
	byName := map[string][]field{}
	for _, f := range all {
		byName[f.name] = append(byName[f.name], f)
	}
	var kept []field
	for _, same := range byName {
		slices.SortStableFunc(same, func(a, b field) int {
			if len(a.index) != len(b.index) {
				return len(a.index) - len(b.index)
			}
			return boolInt(b.tagged) - boolInt(a.tagged)
		})
		if len(same) > 1 && len(same[0].index) == len(same[1].index) && same[0].tagged == same[1].tagged {
			continue
		}
		kept = append(kept, same[0])
	}
	slices.SortFunc(kept, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return kept
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

package redact

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// keyRules says which names have values to hide.
type keyRules struct {
	on      set
	tails   [1 << 15 / 64]uint64 // of the last three letters of all such names: most names fail here
	all     bool                 // a glob may match any name
	exact   map[string]bool      // normalized; true: hide, false: allow
	globs   []pattern
	paths   []pattern
	seed    maphash.Seed
	verdict [1024]atomic.Pointer[cached] // of names, by hash: bounded, the latest stays
}

type cached struct {
	name string
	v    verdict
}

// pattern is a glob or path of the options.
type pattern struct {
	text  string
	allow bool
}

func newKeyRules(on set, keys, allow []string) *keyRules {
	k := &keyRules{on: on, exact: map[string]bool{}, seed: maphash.MakeSeed()}
	for w := range kinds {
		if len(w) == 2 {
			k.addTail("_" + w)
			k.addTail("-" + w)
			k.addTail("." + w)
		}
		k.addTail(w)
	}
	for _, w := range []string{"key", "keys"} {
		k.addTail(w)
	}
	for w, d := range pairs {
		if on.has(d) {
			k.addTail(w)
			k.addTail(strings.ReplaceAll(w, " ", "_"))
			k.addTail(strings.ReplaceAll(w, " ", "-"))
			k.addTail(strings.ReplaceAll(w, " ", ".")) // "card.number"
			k.addTail(strings.ReplaceAll(w, " ", ""))
		}
	}
	for _, e := range endings {
		k.addTail(e.text)
	}
	for w := range shapes {
		k.addTail(w)
	}
	if on.has(detPersonal) {
		for _, w := range personal {
			k.addTail(w)
		}
		k.all = true // short names such as "pin" have any letter before them
	}
	for _, name := range keys {
		k.add(name, false)
	}
	for _, name := range allow {
		k.add(name, true)
	}
	return k
}

func (k *keyRules) add(name string, allow bool) {
	p := pattern{text: strings.ToLower(name), allow: allow}
	switch {
	case strings.Contains(name, "."):
		k.paths = append(k.paths, p)
	case strings.ContainsAny(name, "*?"):
		k.globs = append(k.globs, p)
		k.all = true
	default:
		k.exact[normal(name)] = !allow
		k.all = true
	}
}

func tail(s string) int {
	n := len(s)
	return int(s[n-1]&31) | int(s[n-2]&31)<<5 | int(s[n-3]&31)<<10
}

func (k *keyRules) addTail(w string) {
	if len(w) >= 3 {
		t := tail(w)
		k.tails[t/64] |= 1 << (t % 64)
	}
}

// maybe reports whether a name may have a verdict. It is asked for every key of every record.
func (k *keyRules) maybe(name string) bool {
	if k.all {
		return true
	}
	if len(name) < 3 {
		return false
	}
	t := tail(name)
	n := len(name)
	c := name[n-1]
	if c == 'd' && n > 3 && name[n-2] == 'i' && name[n-3] == '_' && name[n-4]|0x20 != 't' {
		return false // order_id, but not secret_id
	}
	return k.tails[t/64]&(1<<(t%64)) != 0 || isDigit(c) || c == '_' || c == '-' || c == ']'
}

// of returns the verdict on a name. It allocates nothing for a name that was met lately.
func (k *keyRules) of(name string) verdict {
	if !k.maybe(name) {
		return verdict{}
	}
	at := &k.verdict[maphash.String(k.seed, name)%uint64(len(k.verdict))]
	if c := at.Load(); c != nil && c.name == name {
		return c.v
	}
	v := k.decide(name)
	if len(name) <= maxKey {
		at.Store(&cached{strings.Clone(name), v})
	}
	return v
}

func (k *keyRules) decide(name string) verdict {
	if hide, ok := k.exact[normal(name)]; ok {
		return verdict{det: detKeys, hit: hide, allowed: !hide}
	}
	low := strings.ToLower(name)
	for _, p := range k.globs {
		if glob(p.text, low) {
			return verdict{det: detKeys, hit: !p.allow, allowed: p.allow}
		}
	}
	v := judge(name)
	if v.hit = v.hit && k.on.has(v.det); !v.hit {
		return shapeOf(name, k.on)
	}
	return v
}

// ofPath returns the verdict of the path rules on a path of names.
func (k *keyRules) ofPath(path []byte) verdict {
	low := strings.ToLower(string(path))
	for _, p := range k.paths {
		if glob(p.text, low) {
			return verdict{det: detKeys, hit: !p.allow, allowed: p.allow}
		}
	}
	return verdict{}
}

// normal is a name in lower case without separators.
func normal(name string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune("_-. ", c) {
			return -1
		}
		return c
	}, strings.ToLower(name))
}

// glob reports whether a text matches: * is any text without a dot, ** any text, ? any byte but a dot.
func glob(p, s string) bool {
	for len(p) > 0 {
		switch {
		case strings.HasPrefix(p, "**."):
			if glob(p[3:], s) {
				return true
			}
			return skipTo(p[2:], s, true)
		case strings.HasPrefix(p, "**"):
			return skipTo(p[2:], s, true)
		case p[0] == '*':
			return skipTo(p[1:], s, false)
		case len(s) == 0 || p[0] == '?' && s[0] == '.' || p[0] != '?' && p[0] != s[0]:
			return false
		}
		p, s = p[1:], s[1:]
	}
	return len(s) == 0
}

// skipTo reports whether some end of s matches p.
func skipTo(p, s string, dots bool) bool {
	for i := 0; i <= len(s); i++ {
		if glob(p, s[i:]) {
			return true
		}
		if i < len(s) && s[i] == '.' && !dots {
			return false
		}
	}
	return false
}

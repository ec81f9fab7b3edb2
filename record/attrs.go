package record

// Attrs walks the attributes of a record in order. It is a value: copy it to walk again.
type Attrs struct {
	s     string
	i     int
	depth int
}

// DamagedKey is the key of the mark that [Attrs.Next] puts in place of bytes that it can't read.
const DamagedKey = "!DAMAGED"

// Next stores the next token in t and reports whether there was one. Groups and lists are always balanced:
// each KindGroup and KindList is followed by its KindEnd, whatever the bytes are, and nothing nests
// deeper than [MaxDepth]. Damaged bytes end the walk with a mark "!DAMAGED" under the key "!DAMAGED".
func (a *Attrs) Next(t *Token) bool {
	s, i := a.s, a.i
	if uint(i) >= uint(len(s)) {
		return a.finish(t)
	}
	h := s[i]
	i++
	n := int(h >> 4)
	if n == longKey {
		v, j := getUvarint(s, i)
		if j < 0 || v > uint64(len(s)-j) {
			return a.damaged(t)
		}
		n, i = int(v), j
	}
	if n > len(s)-i {
		return a.damaged(t)
	}
	t.Key = s[i : i+n]
	t.Kind = Kind(h & 15)
	return a.value(t, i+n)
}

// value reads what follows the key of t, at i.
func (a *Attrs) value(t *Token, i int) bool {
	s := a.s
	switch t.Kind {
	case KindString, KindBytes, KindMark:
		if i < len(s) && s[i] < oneByte { // nearly always
			if j := i + 1 + int(s[i]); j <= len(s) {
				t.Str = s[i+1 : j]
				a.i = j
				return true
			}
		}
		var ok bool
		if t.Str, i, ok = getString(s, i); !ok {
			return a.damaged(t)
		}
	case KindInt, KindDuration, KindUint:
		var v uint64
		if i < len(s) && s[i] < oneByte {
			v = uint64(s[i])
			i++
		} else if v, i = getLongUvarint(s, i); i < 0 {
			return a.damaged(t)
		}
		if t.Kind != KindUint {
			v = uint64(unzigzag(v))
		}
		t.Num = v
	case KindFloat:
		if len(s)-i < 8 {
			return a.damaged(t)
		}
		t.Num = load64(s, i)
		i += 8
	case KindBool:
		if i >= len(s) || s[i] > 1 {
			return a.damaged(t)
		}
		t.Num = uint64(s[i])
		i++
	case KindNull:
	default:
		if i = a.rare(t, i); i < 0 {
			return a.damaged(t)
		}
	}
	a.i = i
	return true
}

// Rest returns the bytes of the tokens that Next has not read. Equal bytes are equal tokens.
func (a *Attrs) Rest() string { return a.s[min(a.i, len(a.s)):] }

// Skip passes the first n bytes of [Attrs.Rest], which must be whole tokens, and none that opens or closes a group or a list.
func (a *Attrs) Skip(n int) { a.i += n }

// NextAfter is Next for who knows the first part of the next token, with its key: it has n bytes. It leaves Key alone.
func (a *Attrs) NextAfter(t *Token, n int) bool {
	t.Kind = Kind(a.s[a.i] & 15)
	return a.value(t, a.i+n)
}

// rare reads what follows the key of the less frequent kinds. It returns the place behind it, or -1.
func (a *Attrs) rare(t *Token, i int) int {
	switch t.Kind {
	case KindTime:
		return t.getTime(a.s, i)
	case KindError:
		var ok1, ok2, ok3 bool
		t.Type, i, ok1 = getString(a.s, i)
		t.Str, i, ok2 = getString(a.s, i)
		t.chain, i, ok3 = getString(a.s, i)
		if !ok1 || !ok2 || !ok3 {
			return -1
		}
		return i
	case KindGroup, KindList:
		if a.depth >= MaxDepth {
			return -1
		}
		a.depth++
		return i
	case KindEnd:
		if a.depth == 0 || t.Key != "" {
			return -1
		}
		a.depth--
		return i
	case KindNumber:
		var ok bool
		if t.Str, i, ok = getString(a.s, i); !ok || !isNumber(t.Str) {
			return -1
		}
		return i
	default:
		return -1
	}
}

func (t *Token) getTime(s string, i int) int {
	if i >= len(s) {
		return -1
	}
	form := s[i]
	i++
	t.Zone, t.far = 0, false
	switch form {
	case timeUTC, timeZone:
		if len(s)-i < 8 {
			return -1
		}
		t.Num = load64(s, i)
		i += 8
		if form == timeUTC {
			return i
		}
	case timeFar:
		sec, j := getUvarint(s, i)
		t.sec, t.far = unzigzag(sec), true
		if t.Num, i = getUvarint(s, j); i < 0 || t.Num >= 1e9 {
			return -1
		}
	default:
		return -1
	}
	zone, i := getUvarint(s, i)
	z := unzigzag(zone)
	if i < 0 || z < -maxZone || z > maxZone {
		return -1
	}
	t.Zone = int32(z)
	return i
}

func (a *Attrs) finish(t *Token) bool {
	if a.depth == 0 {
		return false
	}
	a.depth--
	t.Kind, t.Key = KindEnd, ""
	return true
}

func (a *Attrs) damaged(t *Token) bool {
	a.i = len(a.s)
	t.Kind, t.Key, t.Str = KindMark, DamagedKey, "!DAMAGED: the rest of the attributes cannot be read"
	return true
}

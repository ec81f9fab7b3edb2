package record

// Texts walks the keys and texts of a record's attributes: half the price of [Attrs] for who needs no values.
type Texts struct {
	s     string
	i     int
	chain string
	bad   bool
}

// Texts returns an iterator over the keys and texts of the record's attributes.
func (v *View) Texts() Texts { return Texts{s: v.attrs} }

// Damaged reports whether the walk ended because the bytes cannot be read.
func (t *Texts) Damaged() bool { return t.bad }

// Chain returns the errors that the error at which Next stopped last wraps.
func (t *Texts) Chain() Chain { return Chain{s: t.chain} }

// Next returns the next token with a key or a text, and false at the end. text is that of a string, of bytes, of a
// mark, or an error's message; of other kinds it is empty.
func (t *Texts) Next() (kind Kind, key, text string, ok bool) {
	s, i := t.s, t.i
	if uint(i) >= uint(len(s)) {
		return 0, "", "", false
	}
	h := s[i]
	i++
	n := int(h >> 4)
	if n == longKey {
		v, j := getUvarint(s, i)
		if j < 0 || v > uint64(len(s)-j) {
			return t.damage()
		}
		n, i = int(v), j
	}
	if n > len(s)-i {
		return t.damage()
	}
	key = s[i : i+n]
	i += n
	kind = Kind(h & 15)
	switch kind {
	case KindString, KindBytes, KindMark:
		if i < len(s) && s[i] < oneByte { // nearly always
			if j := i + 1 + int(s[i]); j <= len(s) {
				t.i = j
				return kind, key, s[i+1 : j], true
			}
		}
		if text, i, ok = getString(s, i); !ok {
			return t.damage()
		}
	case KindFloat:
		i += 8
	case KindBool:
		i++
	case KindInt, KindDuration, KindUint:
		if i < len(s) && s[i] < oneByte {
			i++
		} else if i < len(s) {
			i += 1 + int(s[i]) - lengthBase
		} else {
			return t.damage()
		}
	case KindNull, KindGroup, KindList, KindEnd:
	case KindTime:
		if i < len(s) && s[i] == timeUTC {
			i += 9
			break
		}
		var token Token
		if i = token.getTime(s, i); i < 0 {
			return t.damage()
		}
	case KindError:
		var ok1, ok2, ok3 bool
		_, i, ok1 = getString(s, i)
		text, i, ok2 = getString(s, i)
		t.chain, i, ok3 = getString(s, i)
		if !ok1 || !ok2 || !ok3 {
			return t.damage()
		}
	case KindNumber:
		if _, i, ok = getString(s, i); !ok {
			return t.damage()
		}
	default:
		return t.damage()
	}
	if i > len(s) {
		return t.damage()
	}
	t.i = i
	return kind, key, text, true
}

func (t *Texts) damage() (Kind, string, string, bool) {
	t.i, t.bad = len(t.s), true
	return 0, "", "", false
}

package record

import "unsafe"

// putError writes an error, whose plan is p, with those that it wraps.
func (e *Encoder) putError(key string, err error, p *plan) {
	at := e.n
	if !e.scalar(key) {
		return
	}
	e.n = putKey(e.buf, e.n, KindError, key)
	if failed := e.putErrorBody(err, p); failed != "" {
		e.n = at
		e.putFailedError(key, err, failed)
	}
}

// putErrorBody writes what follows the key of an error. When it returns a text, it wrote nothing, and the
// text is the mark to put instead.
func (e *Encoder) putErrorBody(err error, p *plan) (failed string) {
	msg, failed := callError(err)
	if failed != "" {
		return failed
	}
	if len(msg) > e.limits.String {
		msg = cutText(msg, e.limits.String)
	}
	if !e.room(len(p.wireName) + len(msg) + scalarRoom) {
		return cutMark(len(msg), len(msg), "bytes")
	}
	b, i := unsafe.Pointer(unsafe.SliceData(e.buf)), e.n
	storeBytes(b, i, unsafe.Pointer(unsafe.StringData(p.wireName)), len(p.wireName))
	i = storeString(b, i+len(p.wireName), msg)
	if p.wraps {
		e.n = i
		e.putChain(err)
		return ""
	}
	store1(b, i, 0)
	e.n = i + 1
	if e.passed {
		e.passed = !e.sieve.Text(msg)
	}
	return ""
}

// putFailedError writes the mark of an error that could not be written; null for a nil pointer whose Error panicked.
func (e *Encoder) putFailedError(key string, err error, failed string) {
	if isNil(err) {
		e.putNull(key)
		return
	}
	e.putMark(key, failed)
}

// putChain writes the errors that err wraps, as a string whose length comes first.
func (e *Encoder) putChain(err error) {
	at := e.n
	e.n++
	left := e.limits.Errors
	e.putWrapped(err, 1, &left)
	n := e.n - at - 1
	if n < oneByte {
		e.buf[at] = byte(n)
		return
	}
	var prefix [maxVarint]byte
	size := putUvarint(prefix[:], 0, uint64(n))
	e.force(size)
	copy(e.buf[at+size:], e.buf[at+1:e.n])
	copy(e.buf[at:], prefix[:size])
	e.n += size - 1
}

// putWrapped writes the links below err. left is how many links may still come; below zero, the cut was said.
func (e *Encoder) putWrapped(err error, depth int, left *int) {
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		failed, next := callUnwrap(u)
		if failed != "" {
			e.putLink(depth, "", failed)
		} else if next != nil {
			e.putWrappedError(next, depth, left)
		}
	case interface{ Unwrap() []error }:
		list, failed := callUnwrapList(u)
		if failed != "" {
			e.putLink(depth, "", failed)
		}
		for _, next := range list {
			if *left < 0 {
				return
			}
			if next != nil {
				e.putWrappedError(next, depth, left)
			}
		}
	}
}

func (e *Encoder) putWrappedError(err error, depth int, left *int) {
	if *left <= 0 {
		if *left == 0 {
			e.putLink(depth, "", "!CUT: more wrapped errors")
		}
		*left = -1
		return
	}
	*left--
	msg, failed := callError(err)
	if failed != "" {
		msg = failed
		if isNil(err) {
			msg = "<nil>"
		}
	}
	if len(msg) > e.limits.String {
		msg = cutText(msg, e.limits.String)
	}
	if e.max-e.n < len(msg)+scalarRoom {
		msg = cutMark(len(msg), len(msg), "bytes")
	}
	e.putLink(depth, typeName(err), msg)
	e.putWrapped(err, depth+1, left)
}

func (e *Encoder) putLink(depth int, name, msg string) {
	e.force(len(name) + len(msg) + 3*maxVarint)
	i := putUvarint(e.buf, e.n, uint64(depth))
	i = putString(e.buf, i, name)
	e.n = putString(e.buf, i, msg)
}

// callError calls an error's Error. failed is a mark when that panics.
func callError(err error) (msg, failed string) {
	returned := false
	defer func() {
		if !returned { // recover costs more than all the rest
			failed = panicText(recover())
		}
	}()
	msg = err.Error()
	returned = true
	return msg, ""
}

// callUnwrap calls Unwrap. failed is a mark when that panics.
func callUnwrap(u interface{ Unwrap() error }) (failed string, err error) {
	defer func() {
		if r := recover(); r != nil && !isNil(u) {
			failed = panicText(r)
		}
	}()
	return "", u.Unwrap()
}

func callUnwrapList(u interface{ Unwrap() []error }) (list []error, failed string) {
	defer func() {
		if r := recover(); r != nil && !isNil(u) {
			failed = panicText(r)
		}
	}()
	return u.Unwrap(), ""
}

package socketdest

import "time"

// window keeps what was sent last: whole batches, the last limit bytes at least where so much was sent, the last batch always.
type window struct {
	limit int // less than 0: nothing is kept
	buf   []byte
	marks []mark
}

// mark is where a batch begins in the window, or several small ones that were sent soon after each other.
type mark struct {
	start int
	at    time.Time // when the last of them was sent
}

const (
	markBytes = 64 << 10
	markTime  = time.Second
)

// add keeps a batch that was just sent.
func (w *window) add(data []byte) {
	if w.limit < 0 || len(data) == 0 {
		return
	}
	now := time.Now()
	if len(w.buf)+len(data) > 2*w.limit {
		w.trim(w.limit - len(data))
	}
	if n := len(w.marks); n > 0 && len(w.buf)-w.marks[n-1].start < min(markBytes, w.limit/4) && now.Sub(w.marks[n-1].at) < markTime {
		w.marks[n-1].at = now
	} else {
		w.marks = append(w.marks, mark{len(w.buf), now})
	}
	w.buf = append(w.buf, data...)
}

// trim forgets the oldest batches, so that at least room bytes remain.
func (w *window) trim(room int) {
	keep := len(w.marks)
	for keep > 0 && len(w.buf)-w.start(keep) < room {
		keep--
	}
	from := w.start(keep)
	n := copy(w.buf, w.buf[from:])
	w.buf = w.buf[:n]
	if cap(w.buf) > 4*w.limit {
		w.buf = append([]byte(nil), w.buf...)
	}
	w.marks = append(w.marks[:0], w.marks[keep:]...)
	for i := range w.marks {
		w.marks[i].start -= from
	}
}

// start is where batch i begins.
func (w *window) start(i int) int {
	if i == len(w.marks) {
		return len(w.buf)
	}
	return w.marks[i].start
}

// all returns what is kept. It is valid until the next add.
func (w *window) all() []byte { return w.buf }

// younger returns what was sent within the last d.
func (w *window) younger(d time.Duration) []byte {
	for _, m := range w.marks {
		if time.Since(m.at) <= d {
			return w.buf[m.start:]
		}
	}
	return nil
}

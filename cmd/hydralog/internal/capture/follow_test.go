//go:build unix

package capture

import (
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/viewer/lines"
)

// sink keeps the texts of units and commits their ends.
type sink struct {
	mu     sync.Mutex
	cursor *Cursor
	stream int
	batch  []lines.Unit
	texts  []string
}

func (s *sink) Unit(u lines.Unit) {
	u.Text = slices.Clone(u.Text)
	s.batch = append(s.batch, u)
}

func (s *sink) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.batch) == 0 {
		return nil
	}
	in := &Intent{Stream: s.stream, End: s.batch[len(s.batch)-1].End}
	for _, u := range s.batch {
		in.Entries = append(in.Entries, Entry{End: u.End, Key: 1})
		s.texts = append(s.texts, string(u.Text))
	}
	s.batch = nil
	if err := s.cursor.Begin(in); err != nil {
		return err
	}
	return s.cursor.Commit(in, len(in.Entries))
}

func (s *sink) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.texts)
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain for ", what)
		}
	}
}

func newDir(t *testing.T, root string) *Dir {
	t.Helper()
	d, err := Create(root, Run{Command: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func output(t *testing.T, d *Dir) *os.File {
	t.Helper()
	f, err := d.Output(0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

type followed struct {
	complete bool
	err      error
}

func follow(d *Dir, s *sink, finish <-chan struct{}) <-chan followed {
	ch := make(chan followed, 1)
	go func() {
		f := Follower{Dir: d, Sink: s}
		complete, err := f.Follow(finish)
		ch <- followed{complete, err}
	}()
	return ch
}

func TestFollowerEndsWhenTheLastWriterHasGone(t *testing.T) {
	d := newDir(t, t.TempDir())
	out := output(t, d)
	s := &sink{cursor: d.Cursor}
	done := follow(d, s, nil)
	_, _ = out.WriteString("one\ntwo\npart")
	eventually(t, "two lines", func() bool { return len(s.got()) == 2 })
	if !d.Written(0) {
		t.Error("the writer is not seen")
	}
	_ = out.Close()
	if r := <-done; !r.complete || r.err != nil {
		t.Errorf("%+v", r)
	}
	if got := s.got(); !slices.Equal(got, []string{"one", "two", "part"}) {
		t.Errorf("%q", got)
	}
	if n, err := d.Unread(); n != 0 || err != nil {
		t.Errorf("%d bytes unread, %v", n, err)
	}
	if err := d.Remove(); err != nil {
		t.Error(err)
	}
}

func TestFollowerLeavesWhatOthersStillWrite(t *testing.T) {
	root := t.TempDir()
	d := newDir(t, root)
	out := output(t, d)
	s := &sink{cursor: d.Cursor}
	finish := make(chan struct{})
	close(finish)
	_, _ = out.WriteString("one\nunfinished")
	if r := <-follow(d, s, finish); r.complete || r.err != nil {
		t.Fatalf("%+v", r)
	}
	if n, _ := d.Unread(); n != int64(len("unfinished")) {
		t.Errorf("%d bytes unread", n)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	_, _ = out.WriteString(" line\n")
	_ = out.Close()
	again, err := Orphans(root)
	if err != nil || len(again) != 1 {
		t.Fatal(again, err)
	}
	s2 := &sink{cursor: again[0].Cursor}
	if r := <-follow(again[0], s2, finish); !r.complete || r.err != nil {
		t.Errorf("%+v", r)
	}
	if got := s2.got(); !slices.Equal(got, []string{"unfinished line"}) {
		t.Errorf("%q", got)
	}
}

func TestTraceInPiecesStaysOneUnit(t *testing.T) {
	d := newDir(t, t.TempDir())
	out := output(t, d)
	s := &sink{cursor: d.Cursor}
	done := follow(d, s, nil)
	for _, piece := range []string{"panic: x\n", "\ngoroutine 1 [run", "ning]:\nmain.main()\n", "\t/x.go:1\n"} {
		_, _ = out.WriteString(piece)
		time.Sleep(quietPlain / 2) // the writer's pace is what is tested
	}
	_ = out.Close()
	<-done
	if got := s.got(); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestADirectoryHasOneHolder(t *testing.T) {
	root := t.TempDir()
	d := newDir(t, root)
	if dirs, err := Orphans(root); len(dirs) != 0 || err != nil {
		t.Fatal("a directory that is held was taken over", dirs, err)
	}
	_ = output(t, d).Close()
	f, _ := d.Output(0)
	_, _ = f.WriteString("x\n")
	_ = f.Close()
	_ = d.Close()
	dirs, err := Orphans(root)
	if len(dirs) != 1 || err != nil {
		t.Fatal(dirs, err)
	}
	if dirs[0].Run.Command[0] != "x" {
		t.Errorf("%+v", dirs[0].Run)
	}
}

func TestADirectoryThatNeverHeldAnythingGoes(t *testing.T) {
	root := t.TempDir()
	d := newDir(t, root)
	if err := os.Remove(d.Path + "/" + runName); err != nil {
		t.Fatal(err)
	}
	_ = d.Close()
	if dirs, err := Orphans(root); len(dirs) != 0 || err != nil {
		t.Fatal(dirs, err)
	}
	if _, err := os.Stat(d.Path); !os.IsNotExist(err) {
		t.Error("it is still there")
	}
}

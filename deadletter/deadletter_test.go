package deadletter

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/internal/leak"
	"github.com/hydra-logger/hydra/internal/vfs"
)

func TestMain(m *testing.M) { leak.Main(m) }

func letter(position int, size int) Letter {
	return Letter{
		Item: destination.Item{Raw: bytes.Repeat([]byte{byte(position)}, size), Time: 1e18 + int64(position), Level: 4,
			Journal: [16]byte{1, 15: 9}, Position: uint64(position)},
		Cause: destination.DropRejected, Reason: "400: no", Tries: 3, Died: time.Unix(1700000000, int64(position)),
	}
}

func mustPut(t *testing.T, s *Store, letters ...Letter) destination.Buried {
	t.Helper()
	done, err := s.Put(letters)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func positions(t *testing.T, s *Store) []int {
	t.Helper()
	out := []int{}
	if err := s.All(func(l Letter) bool { out = append(out, int(l.Position)); return true }); err != nil {
		t.Fatal(err)
	}
	return out
}

func want(t *testing.T, s *Store, expected ...int) {
	t.Helper()
	if got := positions(t, s); !slices.Equal(got, expected) {
		t.Errorf("there are %v, want %v", got, expected)
	}
}

func storeIn(t *testing.T, o Options) *Store { return Open(filepath.Join(t.TempDir(), "dead", "d"), o) }

func TestALetterComesBackAsItWas(t *testing.T) {
	s := storeIn(t, Options{})
	in := []Letter{letter(1, 0), letter(2, 10), letter(3, 100000)}
	in[1].Level, in[1].Reason = -8, strings.Repeat("long ", 1000)+"\xff"
	mustPut(t, s, in...)
	mustPut(t, Open(s.Dir(), Options{}), letter(4, 5))
	var out []Letter
	if err := s.All(func(l Letter) bool { out = append(out, l); return true }); err != nil {
		t.Fatal(err)
	}
	in[1].Reason = in[1].Reason[:maxReason]
	in = append(in, letter(4, 5))
	for i := range in {
		if len(in[i].Raw) == 0 {
			in[i].Raw = out[i].Raw[:0]
		}
		if !reflect.DeepEqual(in[i], out[i]) {
			t.Errorf("letter %d\ngot  %.200v\nwant %.200v", i, out[i], in[i])
		}
	}
	st, err := s.Stats()
	if err != nil || st.Letters != 4 || !st.Oldest.Equal(in[0].Died) || st.Bytes < 100000 {
		t.Errorf("%+v %v", st, err)
	}
	for path, perm := range map[string]os.FileMode{s.Dir(): 0o700, filepath.Join(s.Dir(), "0000000000000001.dead"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != perm {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
}

func TestNothingIsMadeBeforeTheFirstLetter(t *testing.T) {
	s := storeIn(t, Options{})
	if st, err := s.Stats(); err != nil || st.Letters != 0 {
		t.Errorf("%+v %v", st, err)
	}
	if err := s.Expire(); err != nil {
		t.Error(err)
	}
	want(t, s)
	if _, err := os.Stat(filepath.Dir(s.Dir())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestTheOldestLettersMakeRoomAndAreCounted(t *testing.T) {
	told := uint64(0)
	s := storeIn(t, Options{MaxBytes: 64 << 10, OnEvict: func(n uint64, why string) { told += n }})
	const n = 1000
	for i := range n {
		mustPut(t, s, letter(i, 200))
	}
	got := positions(t, s)
	st, _ := s.Stats()
	if st.Bytes > 64<<10 || st.Bytes < 48<<10 {
		t.Errorf("%d bytes", st.Bytes)
	}
	if got[len(got)-1] != n-1 || !slices.IsSorted(got) || uint64(len(got))+st.Evicted != n || told != st.Evicted || st.Letters != uint64(len(got)) {
		t.Errorf("%d letters from %d on, %+v, told %d", len(got), got[0], st, told)
	}
	all := make([]Letter, n) // more at once than fit
	for i := range all {
		all[i] = letter(n+i, 200)
	}
	mustPut(t, s, all...)
	if st, _ = s.Stats(); st.Bytes > 64<<10 || st.Letters+st.Evicted != 2*n {
		t.Errorf("%+v", st)
	}
}

func TestALetterThatIsLargerThanTheLimitIsRefused(t *testing.T) {
	s := storeIn(t, Options{MaxBytes: 8 << 10})
	done := mustPut(t, s, letter(1, 10), letter(2, 8<<10), letter(3, 10))
	if want(t, s, 1, 3); done.Refused != 1 {
		t.Errorf("%+v", done)
	}
}

func TestOldLettersGo(t *testing.T) {
	s := storeIn(t, Options{MaxAge: time.Hour, MaxBytes: 32 << 10})
	mustPut(t, s, letter(1, 3000))
	mustPut(t, s, letter(2, 3000))
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(filepath.Join(s.Dir(), "0000000000000001.dead"), old, old); err != nil {
		t.Fatal(err)
	}
	if err := s.Expire(); err != nil {
		t.Fatal(err)
	}
	want(t, s, 2)
	if st, _ := s.Stats(); st.Evicted != 1 {
		t.Errorf("%+v", st)
	}
}

func TestRemovedLettersAreGoneAndTheOthersStay(t *testing.T) {
	s := storeIn(t, Options{MaxBytes: 32 << 10})
	for i := range 10 {
		mustPut(t, s, letter(i, 1000))
	}
	if err := s.Remove(map[ID]bool{{[16]byte{1, 15: 9}, 0}: true, {[16]byte{1, 15: 9}, 7}: true, {[16]byte{2}, 3}: true}); err != nil {
		t.Fatal(err)
	}
	want(t, s, 1, 2, 3, 4, 5, 6, 8, 9)
	mustPut(t, s, letter(10, 10))
	want(t, s, 1, 2, 3, 4, 5, 6, 8, 9, 10)
	all := map[ID]bool{}
	for i := range 11 {
		l := letter(i, 0)
		all[IDOf(&l)] = true
	}
	if err := s.Remove(all); err != nil {
		t.Fatal(err)
	}
	want(t, s)
	if names, _ := filepath.Glob(filepath.Join(s.Dir(), "*.dead*")); len(names) > 0 {
		t.Errorf("%v is left", names)
	}
}

func TestARecordThatAnEarlierRunHasPutThereIsNotWrittenTwice(t *testing.T) {
	s := storeIn(t, Options{})
	mustPut(t, s, letter(1, 10), letter(2, 10))
	again := letter(2, 10)
	again.Recovered = true
	fresh := letter(3, 10)
	fresh.Recovered = true
	done := mustPut(t, Open(s.Dir(), Options{}), again, fresh)
	if want(t, s, 1, 2, 3); done.Known != 1 {
		t.Errorf("%+v", done)
	}
}

func TestAFileThatIsNoneOfOursDoesNotKeepLettersOut(t *testing.T) {
	s := storeIn(t, Options{})
	mustPut(t, s, letter(1, 10))
	if err := os.WriteFile(filepath.Join(s.Dir(), "0000000000000002.dead"), []byte("of another version"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, fresh := letter(1, 10), letter(2, 10)
	again.Recovered, fresh.Recovered = true, true
	if done := mustPut(t, Open(s.Dir(), Options{}), again, fresh); done.Known != 1 {
		t.Errorf("%+v", done)
	}
	if st, err := s.Stats(); err != nil || st.Letters != 2 {
		t.Errorf("%+v, %v", st, err)
	}
}

func TestATornLetterCostsNoOther(t *testing.T) {
	whole := storeIn(t, Options{})
	mustPut(t, whole, letter(1, 20), letter(2, 20))
	b, err := os.ReadFile(filepath.Join(whole.Dir(), "0000000000000001.dead"))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(b) {
		s := storeIn(t, Options{})
		if err := s.makeDir(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.Dir(), "0000000000000001.dead"), b[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		mustPut(t, s, letter(3, 20))
		var got []int
		_ = s.All(func(l Letter) bool { got = append(got, int(l.Position)); return true }) // without its header a file is none
		expect := []int{3}
		if cut >= fileHeader+(len(b)-fileHeader)/2 {
			expect = []int{1, 3}
		}
		if !slices.Equal(got, expect) {
			t.Fatalf("cut at %d of %d: %v, want %v", cut, len(b), got, expect)
		}
	}
}

func TestSeveralProcessesMayPutAndRemoveAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dead", "d")
	const writers, each = 4, 50
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			s := Open(dir, Options{})
			for i := range each {
				if _, err := s.Put([]Letter{letter(w*each+i, 300)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	removed := map[ID]bool{}
	wg.Go(func() {
		s := Open(dir, Options{})
		for i := 0; i < writers*each; i += 3 {
			l := letter(i, 0)
			found := false
			_ = s.All(func(o Letter) bool { found = found || IDOf(&o) == IDOf(&l); return !found })
			if found {
				if err := s.Remove(map[ID]bool{IDOf(&l): true}); err != nil {
					t.Error(err)
				}
				removed[IDOf(&l)] = true
			}
		}
	})
	wg.Wait()
	if got := positions(t, Open(dir, Options{})); len(got)+len(removed) != writers*each {
		t.Errorf("%d letters and %d removed, want %d", len(got), len(removed), writers*each)
	}
}

func TestWhicheverCallFailsNoLetterIsLost(t *testing.T) {
	count := &vfs.Fault{FS: vfs.OS{}}
	steps := func(s *Store) (kept []int, err error) {
		for i := range 4 {
			if _, err := s.Put([]Letter{letter(i, 2000)}); err != nil {
				return kept, err
			}
			kept = append(kept, i)
		}
		l := letter(1, 0)
		return kept, s.Remove(map[ID]bool{IDOf(&l): true})
	}
	if _, err := steps(storeIn(t, Options{MaxBytes: 32 << 10, fs: count})); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for op, n := range count.Counts() {
		for i := 1; i <= n; i++ {
			fault := &vfs.Fault{FS: vfs.OS{}}
			fault.Fail(op, i, fmt.Errorf("call %d of %s fails", i, op))
			s := storeIn(t, Options{MaxBytes: 32 << 10, fs: fault})
			kept, _ := steps(s)
			fault.Heal()
			got := positions(t, s)
			for _, k := range kept {
				if !slices.Contains(got, k) && k != 1 {
					t.Errorf("call %d of %s fails: letter %d is gone, there are %v", i, op, k, got)
				}
			}
			mustPut(t, s, letter(9, 10)) // and it goes on
			if got := positions(t, s); got[len(got)-1] != 9 {
				t.Errorf("call %d of %s fails: after it there are %v", i, op, got)
			}
			tried++
		}
	}
	if tried < 30 {
		t.Errorf("only %d calls were failed", tried)
	}
}

func TestASymbolicLinkIsNotFollowed(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(dir, "d")); err != nil {
		t.Skip("this system lets the user make no symbolic link: ", err)
	}
	if _, err := Open(filepath.Join(dir, "d"), Options{}).Put([]Letter{letter(1, 1)}); err == nil {
		t.Error("no error")
	}
	if names, _ := os.ReadDir(elsewhere); len(names) > 0 {
		t.Errorf("%v", names)
	}
}

func TestALockThatSomebodyHoldsIsAnErrorAfterAWhile(t *testing.T) {
	s := storeIn(t, Options{})
	if err := s.makeDir(); err != nil {
		t.Fatal(err)
	}
	unlock, err := s.lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(s.Dir(), Options{}).Put([]Letter{letter(1, 1)}); !errors.Is(err, vfs.ErrLocked) {
		t.Errorf("%v", err)
	}
	unlock()
	mustPut(t, s, letter(1, 1))
}

func TestNamesOfDestinationsBecomeNamesOfDirectories(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"a", "A", "../x", "a/b", "", "ä", strings.Repeat("long", 100), strings.Repeat("long", 101), "a.b"} {
		dir := DirName(name)
		if strings.ContainsAny(dir, "/\\.") || len(dir) > 255 || seen[dir] != "" {
			t.Errorf("%.20q: %q", name, dir)
		}
		seen[dir] = name
	}
}

func FuzzParse(f *testing.F) {
	l := letter(1, 10)
	f.Add(appendFrame(header[:fileHeader:fileHeader], &l))
	f.Add([]byte("HYDEAD\x01\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		again := slices.Clone(header[:])
		whole, err := parse(b, func(l Letter, frame []byte) bool {
			again = append(again, frame...)
			if len(appendFrame(nil, &l)) > len(frame) {
				t.Errorf("%+v grows", l)
			}
			return true
		})
		if err == nil && len(b) > 0 && !bytes.Equal(again, b[:whole]) {
			t.Error("what was read is not what is there")
		}
	})
}

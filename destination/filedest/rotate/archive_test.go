package rotate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func sample() []byte {
	var b bytes.Buffer
	for i := range 20000 {
		fmt.Fprintf(&b, "line %d %x\n", i, rand.Uint64())
	}
	return b.Bytes()
}

func unpack(t *testing.T, path string) []byte {
	t.Helper()
	a, err := OpenArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	data, err := io.ReadAll(a)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func noPoint(string) {}

func fixedID(*os.File) ID { return ID{7, 9} }

func TestArchiveHoldsTheFileAndKnowsItsOrigin(t *testing.T) {
	for _, c := range []Compression{Gzip, Zstd} {
		path := filepath.Join(t.TempDir(), "app-1.log")
		data := sample()
		if err := os.WriteFile(path, data, 0o640); err != nil {
			t.Fatal(err)
		}
		if err := compress(context.Background(), path, c, fixedID, noPoint); err != nil {
			t.Fatal(err)
		}
		target := path + c.suffix()
		if !bytes.Equal(unpack(t, target), data) {
			t.Errorf("%s: other bytes", c)
		}
		if taken(path) {
			t.Errorf("%s: the original is still there", c)
		}
		if o, ok := ReadOrigin(target); !ok || o != (Origin{ID{7, 9}, int64(len(data))}) {
			t.Errorf("%s: origin %+v, %v", c, o, ok)
		}
		tool := map[Compression]string{Gzip: "gzip", Zstd: "zstd"}[c]
		if _, err := exec.LookPath(tool); err != nil {
			t.Logf("%s is not here to read its own format", tool)
			continue
		}
		if out, err := exec.Command(tool, "-dc", target).Output(); err != nil || !bytes.Equal(out, data) {
			t.Errorf("%s -dc: %v, %d bytes", tool, err, len(out))
		}
	}
}

func TestCompressionThatACrashInterruptedIsFinished(t *testing.T) {
	data := sample()
	for _, step := range []string{"archive synced", "archive renamed"} {
		path := filepath.Join(t.TempDir(), "app-1.log")
		if err := os.WriteFile(path, data, 0o640); err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = compress(context.Background(), path, Gzip, fixedID, func(at string) {
				if at == step {
					panic("crash")
				}
			})
		}()
		if err := compress(context.Background(), path, Gzip, fixedID, noPoint); err != nil {
			t.Fatal(step, err)
		}
		if !bytes.Equal(unpack(t, path+".gz"), data) || taken(path) || taken(path+".gz.tmp") {
			t.Errorf("%s: not finished", step)
		}
	}
}

func TestForeignFileInThePlaceOfAnArchiveIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app-1.log")
	for _, p := range []string{path, path + ".gz"} {
		if err := os.WriteFile(p, []byte("mine"), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := compress(context.Background(), path, Gzip, fixedID, noPoint); !errors.Is(err, errForeignArchive) {
		t.Error(err)
	}
	for _, p := range []string{path, path + ".gz"} {
		if got, _ := os.ReadFile(p); string(got) != "mine" {
			t.Errorf("%s holds %q", p, got)
		}
	}
}

func TestFileThatGrowsWhileItIsCompressedStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app-1.log")
	if err := os.WriteFile(path, []byte("before\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	grow := func(f *os.File) ID { // between the look at its size and the reading
		w, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if _, err := w.WriteString("more\n"); err != nil {
			t.Fatal(err)
		}
		return ID{}
	}
	if err := compress(context.Background(), path, Gzip, grow, noPoint); err == nil || !taken(path) || taken(path+".gz") {
		t.Error("an archive without its last line:", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := compress(ctx, path, Gzip, grow, noPoint); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if taken(path+".gz") || taken(path+".gz.tmp") || !taken(path) {
		t.Error("something was changed although the context had ended")
	}
}

func TestRetentionKeepsByCountAgeAndBytes(t *testing.T) {
	for _, tt := range []struct {
		keep Keep
		want string
	}{
		{Keep{}, "1 2 3 4 5"},
		{Keep{Backups: 2}, "4 5"},
		{Keep{MaxAge: 150 * time.Minute}, "3 4 5"},
		{Keep{MaxTotal: 100}, "5"},
		{Keep{MaxTotal: 250}, "4 5"},
		{Keep{MaxTotal: 50}, ""},
		{Keep{Backups: 4, MaxAge: 150 * time.Minute, MaxTotal: 1000}, "3 4 5"},
	} {
		dir := t.TempDir()
		n := names(t, dir, "2006-01-02T15", false)
		foreign := []string{"app-x.log", "app-2026-11-24T01.log.bak", "other-2026-11-24T01.log"}
		for _, f := range foreign {
			if err := os.WriteFile(filepath.Join(dir, f), make([]byte, 100), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for hour := 1; hour <= 5; hour++ {
			name := n.name(time.Date(2026, 11, 24, hour, 0, 0, 0, time.UTC), 0)
			if err := os.WriteFile(filepath.Join(dir, name), make([]byte, 100), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err := tt.keep.apply(n, time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC), func(string) bool { return false })
		if err != nil {
			t.Fatal(err)
		}
		all, _ := n.List()
		var left []string
		for _, b := range all {
			left = append(left, fmt.Sprint(b.Time.Hour()))
		}
		if got := strings.Join(left, " "); got != tt.want {
			t.Errorf("%+v keeps %s, want %s", tt.keep, got, tt.want)
		}
		for _, f := range foreign {
			if !taken(filepath.Join(dir, f)) {
				t.Errorf("%+v removed %s, which is not ours", tt.keep, f)
			}
		}
	}
}

func TestNoteKnowsTheBeginAndTheLinksOfABatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	n, err := OpenNote(path, 0o640)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for i := range 5 {
		id := ID{1, uint64(i)}
		if err := n.Begin(id, noon.Add(time.Duration(i))); err != nil {
			t.Fatal(err)
		}
		if got, ok := n.Begun(id); !ok || !got.Equal(noon.Add(time.Duration(i))) {
			t.Errorf("%d: begun %v, %v", i, got, ok)
		}
		if _, ok := n.Begun(ID{1, 99}); ok {
			t.Error("it knows a file that it was not told of")
		}
	}
	old, fresh := []Link{{ID{1, 2}, 3, 4}, {ID{5, 6}, 7, 8}, {ID{9, 9}, 9, 9}}, []Link{{ID{1, 1}, 1, 1}}
	for batch, links := range [][]Link{old, fresh} {
		for i, l := range links {
			if err := n.Append(uint64(batch+1), i, l); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, err := n.Links(2); err != nil || len(got) != 1 || got[0] != fresh[0] {
		t.Errorf("links %v, %v", got, err)
	}
	if got, _ := n.Links(1); len(got) != 0 {
		t.Errorf("links of the batch before: %v", got)
	}
}

func FuzzNote(f *testing.F) {
	f.Add([]byte("x"))
	f.Add(make([]byte, 1000))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "app.log")
		if err := os.WriteFile(NotePath(path), b, 0o600); err != nil {
			t.Fatal(err)
		}
		n, err := OpenNote(path, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		_, _ = n.Begun(ID{})
		if _, err := n.Links(1); err != nil {
			t.Error(err)
		}
		if err := n.Begin(ID{1, 2}, noon); err != nil {
			t.Fatal(err)
		}
		if got, ok := n.Begun(ID{1, 2}); !ok || !got.Equal(noon) {
			t.Errorf("%v, %v", got, ok)
		}
	})
}

func FuzzOrigin(f *testing.F) {
	f.Add([]byte{0x50, 0x2a, 0x4d, 0x18})
	f.Add([]byte{0x1f, 0x8b, 8, 4})
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if o, ok := ReadOrigin(path); ok && !bytes.Contains(b, o.bytes()) {
			t.Errorf("%x says %+v", b, o)
		}
	})
}

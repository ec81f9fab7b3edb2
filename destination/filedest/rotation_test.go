package filedest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/destination/filedest/rotate"
)

func rotatingDriver(t *testing.T, path string, o Options) *Driver {
	t.Helper()
	o.Path = path
	if o.Rotation == nil {
		o.Rotation = &Rotation{}
	}
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close(context.Background()) })
	return d
}

// rotated returns the paths of the rotated files of path, oldest first.
func rotated(t *testing.T, path string) []string {
	t.Helper()
	n, err := rotate.NewNames(path, "", false, time.Local)
	if err != nil {
		t.Fatal(err)
	}
	all, err := n.List()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var paths []string
	for _, b := range all {
		paths = append(paths, b.Path)
	}
	return paths
}

// contents returns what each rotated file holds, oldest first, and then the file itself.
func contents(t *testing.T, path string) []string {
	t.Helper()
	var out []string
	for _, p := range append(rotated(t, path), path) {
		if strings.HasSuffix(p, ".gz") || strings.HasSuffix(p, ".zst") {
			a, err := rotate.OpenArchive(p)
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(a)
			if err := errors.Join(err, a.Close()); err != nil {
				t.Fatalf("%s: %v", p, err)
			}
			out = append(out, string(data))
			continue
		}
		data, err := os.ReadFile(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(data))
	}
	return out
}

func wantContents(t *testing.T, path string, want ...string) {
	t.Helper()
	if got := contents(t, path); !slices.Equal(got, want) {
		t.Errorf("the files hold %q, want %q", got, want)
	}
}

// eventually waits for what happens in the background.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not so after 10 s:", what)
		}
	}
}

func TestBatchIsSplitSoThatNoFileExceedsTheLimit(t *testing.T) {
	path := inTemp(t)
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{MaxSize: 10}})
	deliver(t, d, "aaaa", "bbbb", "cccc", "dddd", "e")
	deliver(t, d, "f", "g", "hhhhhh")
	wantContents(t, path, "aaaa\nbbbb\n", "cccc\ndddd\n", "e\nf\ng\n", "hhhhhh\n")
}

func TestRecordThatIsLargerThanTheLimitIsWrittenWhole(t *testing.T) {
	path := inTemp(t)
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{MaxSize: 10}})
	huge := strings.Repeat("x", 1<<20)
	deliver(t, d, "a", huge, "b")
	wantContents(t, path, "a\n", huge+"\n", "b\n")
}

func TestSizeCountsFromWhatAnEarlierRunWrote(t *testing.T) {
	path := inTemp(t)
	if err := os.WriteFile(path, []byte("12345678\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	deliver(t, rotatingDriver(t, path, Options{Rotation: &Rotation{MaxSize: 10}}), "a")
	wantContents(t, path, "12345678\n", "a\n")
}

func TestHeaderIsAtTheBeginningOfEachFileOnce(t *testing.T) {
	path := inTemp(t)
	o := Options{Header: []byte("head\n"), Rotation: &Rotation{MaxSize: 12}}
	d := rotatingDriver(t, path, o)
	deliver(t, d, "a", "b", "c", "d", "e")
	if err := d.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	d = rotatingDriver(t, path, o)
	deliver(t, d, "f")
	wantContents(t, path, "head\na\nb\nc\n", "head\nd\ne\nf\n")

	for before, want := range map[string]string{"": "head\n1\n", "he": "head\n1\n", "head\n": "head\n1\n", "head\n0\n": "head\n0\n1\n", "x\n": "x\n1\n"} {
		path := inTemp(t) // without rotation
		if err := os.WriteFile(path, []byte(before), 0o640); err != nil {
			t.Fatal(err)
		}
		d, err := New(Options{Path: path, Header: []byte("head\n")})
		if err != nil {
			t.Fatal(err)
		}
		deliver(t, d, "1")
		if err := d.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, want)
	}
}

func TestFileIsRotatedOnDemandUnlessItIsEmpty(t *testing.T) {
	path := inTemp(t)
	d := rotatingDriver(t, path, Options{Header: []byte("head\n")})
	for range 3 {
		if err := d.Rotate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	deliver(t, d, "a")
	for range 3 {
		if err := d.Rotate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	deliver(t, d, "b")
	wantContents(t, path, "head\na\n", "head\nb\n")
	if err := newDriver(t, inTemp(t)).Rotate(context.Background()); err == nil {
		t.Error("a file without rotation was rotated")
	}
}

func TestOldFilesAreCompressedInTheBackground(t *testing.T) {
	for _, kind := range []string{"gzip", "zstd"} {
		path := inTemp(t)
		d := rotatingDriver(t, path, Options{Rotation: &Rotation{MaxSize: 10, Compress: kind}})
		deliver(t, d, "aaaa", "bbbb", "cccc", "dddd", "e")
		eventually(t, "both are compressed", func() bool {
			r := rotated(t, path)
			return len(r) == 2 && !strings.HasSuffix(r[0], ".log") && !strings.HasSuffix(r[1], ".log")
		})
		wantContents(t, path, "aaaa\nbbbb\n", "cccc\ndddd\n", "e\n")
		if err := d.Trouble(); err != nil {
			t.Error(err)
		}
	}
}

func TestOldFilesAreRemovedAndNothingElse(t *testing.T) {
	path := inTemp(t)
	foreign := filepath.Join(filepath.Dir(path), "app-old.log")
	if err := os.WriteFile(foreign, []byte("mine"), 0o640); err != nil {
		t.Fatal(err)
	}
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{MaxSize: 5, Backups: 2}})
	for i := range 10 {
		deliver(t, d, fmt.Sprintf("n%03d", i))
	}
	eventually(t, "two are left", func() bool { return len(rotated(t, path)) == 2 })
	wantContents(t, path, "n007\n", "n008\n", "n009\n")
	wantFile(t, foreign, "mine")
}

func TestFileIsRotatedAtItsTimeWithoutARecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := inTemp(t)
		d := rotatingDriver(t, path, Options{Rotation: &Rotation{Interval: time.Hour}})
		deliver(t, d, "a")
		time.Sleep(59 * time.Minute)
		deliver(t, d, "b")
		wantContents(t, path, "a\nb\n")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		wantContents(t, path, "a\nb\n", "")
		time.Sleep(3 * time.Hour)
		deliver(t, d, "c")
		wantContents(t, path, "a\nb\n", "c\n")
		d.Close(context.Background())
	})
}

func TestWhatWasDueWhileNoProcessRanIsDoneAtTheStart(t *testing.T) {
	for _, noted := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			path := inTemp(t)
			o := Options{Rotation: &Rotation{RotateAt: []string{"00:00"}, Zone: "UTC"}}
			d := rotatingDriver(t, path, o)
			deliver(t, d, "yesterday")
			d.Close(context.Background())
			if !noted {
				if err := os.Remove(rotate.NotePath(path)); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(2 * time.Hour)
			d = rotatingDriver(t, path, o)
			d.Settled()
			if noted { // else the file's own times count, which are not those of the test
				wantContents(t, path, "yesterday\n")
			}
			d.Close(context.Background())
			time.Sleep(23 * time.Hour)
			d = rotatingDriver(t, path, o)
			d.Settled()
			if noted {
				wantContents(t, path, "yesterday\n", "")
			}
			deliver(t, d, "today")
			if noted {
				wantContents(t, path, "yesterday\n", "today\n")
			}
			d.Close(context.Background())
		})
	}
}

func TestFileThatNobodyNotedIsDueByItsOwnTimes(t *testing.T) {
	path := inTemp(t)
	if err := os.WriteFile(path, []byte("old\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{Interval: time.Hour}})
	d.rot.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	d.Settled()
	wantContents(t, path, "old\n", "")
}

func TestEachStartBeginsAFileWhereThatIsAskedFor(t *testing.T) {
	path := inTemp(t)
	for i := range 3 {
		d := rotatingDriver(t, path, Options{Rotation: &Rotation{OnStart: true}})
		deliver(t, d, fmt.Sprint("run ", i))
		deliver(t, d, "more")
		d.Close(context.Background())
	}
	wantContents(t, path, "run 0\nmore\n", "run 1\nmore\n", "run 2\nmore\n")
}

func TestClockThatIsSetBackDoesNotStopRotation(t *testing.T) {
	path := inTemp(t)
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{Interval: time.Hour}})
	now := time.Now().Add(1000 * time.Hour)
	d.rot.now = func() time.Time { return now }
	deliver(t, d, "a")
	now = now.Add(-900 * time.Hour)
	deliver(t, d, "b")
	now = now.Add(time.Hour)
	deliver(t, d, "c")
	wantContents(t, path, "a\nb\n", "c\n")
}

func TestRotationThatFailsHoldsNothingUpAndHeals(t *testing.T) {
	for _, step := range []string{"rename"} {
		path := inTemp(t)
		d := rotatingDriver(t, path, Options{Rotation: &Rotation{MaxSize: 5}})
		var events []string
		d.OnEvent(func(text string, err error) { events = append(events, fmt.Sprint(text, " ", err)) })
		now := time.Now()
		d.rot.now = func() time.Time { return now }
		broken := errors.New("broken on purpose")
		d.rot.fault = func(s string) error {
			if s == step {
				return broken
			}
			return nil
		}
		deliver(t, d, "n001", "n002")
		deliver(t, d, "n003")
		wantContents(t, path, "n001\nn002\nn003\n")
		if err := d.Trouble(); !errors.Is(err, broken) {
			t.Errorf("%s: trouble is %v", step, err)
		}
		if err := d.Rotate(context.Background()); !errors.Is(err, broken) {
			t.Errorf("%s: Rotate says %v", step, err)
		}
		d.rot.fault = func(string) error { return nil }
		now = now.Add(rotateRetryMax)
		deliver(t, d, "n004")
		wantContents(t, path, "n001\nn002\nn003\n", "n004\n")
		if err := d.Trouble(); err != nil || len(events) != 2 {
			t.Errorf("%s: trouble is %v, events %q", step, err, events)
		}
	}
}

func TestNextFileThatCannotBeMadeFailsTheDeliveryWhichGoesOnLater(t *testing.T) {
	path := inTemp(t)
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{MaxSize: 10}})
	b := batchOf(1, "aaaa", "bbbb", "cccc", "dddd", "e")
	d.rot.fault = func(s string) error {
		if s == "make" {
			return errors.New("broken on purpose")
		}
		return nil
	}
	if d.Intent(b) == nil {
		t.Fatal("no intent")
	}
	failures := 0
	for ; d.Deliver(context.Background(), b) != nil; b.Attempt++ {
		failures++
		d.Intent(b)
	}
	if failures != 2 {
		t.Errorf("%d deliveries failed, want 2: one for each file", failures)
	}
	if got := strings.Join(contents(t, path), ""); got != "aaaa\nbbbb\ncccc\ndddd\ne\n" {
		t.Errorf("the files hold %q", got)
	}
}

func TestRemovedDirectoryIsMadeAnew(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "logs", "app.log")
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{MaxSize: 5, Compress: "gzip"}})
	deliver(t, d, "n001", "n002")
	eventually(t, "the directory is gone", func() bool { return os.RemoveAll(filepath.Join(root, "logs")) == nil }) // files are being compressed
	deliver(t, d, "n003", "n004")
	eventually(t, "it rotates there", func() bool {
		return slices.Equal(contents(t, path), []string{"n003\n", "n004\n"})
	})
	eventually(t, "no trouble", func() bool { return d.Trouble() == nil })
}

func TestLatestLeadsToTheFileAndReplacesNoOther(t *testing.T) {
	path := inTemp(t)
	dir := filepath.Dir(path)
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{Latest: "latest", MaxSize: 5}})
	deliver(t, d, "n001", "n002")
	wantFile(t, filepath.Join(dir, "latest"), "n002\n")
	if err := os.WriteFile(filepath.Join(dir, "mine"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	d = rotatingDriver(t, path, Options{Rotation: &Rotation{Latest: "mine", MaxSize: 5}})
	deliver(t, d, "n003")
	wantFile(t, filepath.Join(dir, "mine"), "mine")
	if d.Trouble() == nil {
		t.Error("nobody says that the link is missing")
	}
}

func TestSymbolicLinkStaysWhenItsFileIsRotated(t *testing.T) {
	dir, real := t.TempDir(), filepath.Join(t.TempDir(), "real.log")
	link := filepath.Join(dir, "app.log")
	if err := os.Symlink(real, link); err != nil {
		t.Skip(err)
	}
	d := rotatingDriver(t, link, Options{Rotation: &Rotation{MaxSize: 5}})
	deliver(t, d, "n001", "n002")
	wantContents(t, real, "n001\n", "n002\n")
	wantFile(t, link, "n002\n")
}

func TestOptionsThatCannotBeMeantAreRefused(t *testing.T) {
	for _, r := range []Rotation{
		{MaxSize: -1}, {Interval: -1}, {RotateAt: []string{"25:00"}}, {Zone: "Nowhere/Else"}, {Compress: "lzma"}, {NameFormat: "x"},
		{Backups: -1}, {MaxTotal: -1}, {Latest: "app.log"},
	} {
		if _, err := New(Options{Path: inTemp(t), Rotation: &r}); err == nil {
			t.Errorf("%+v is accepted", r)
		}
	}
	for _, o := range []Options{{Mode: 0o400}, {Owner: "nobody-of-this-name"}, {Owner: ":"}} {
		o.Path = inTemp(t)
		if _, err := New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
	if _, err := New(Options{Path: os.DevNull, Rotation: &Rotation{}}); err == nil {
		t.Error("a device rotates")
	}
}

func BenchmarkBatch256KiBWithRotation(b *testing.B) {
	d, err := New(Options{Path: filepath.Join(b.TempDir(), "app.log"), Rotation: &Rotation{MaxSize: 100 << 20, Backups: 2}})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close(context.Background())
	batch := batchOf(1, numbered(870, 300)...)
	b.SetBytes(int64(len(batch.Data)))
	b.ReportAllocs()
	for b.Loop() {
		d.Intent(batch)
		if err := d.Deliver(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch.Items)), "ns/record")
}

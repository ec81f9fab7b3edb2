//go:build unix

package filedest

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/destination/filedest/rotate"
)

// archiveWithTheNumberOf makes an archive of data, and then the archive says that its file had the number of file: as where the file
// system gave a number again that a compressed file had.
func archiveWithTheNumberOf(t *testing.T, file fileID, data string) *Driver {
	t.Helper()
	path := inTemp(t)
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{Compress: "zstd"}})
	deliver(t, d, strings.TrimSuffix(data, "\n"))
	old, _ := idOf(path)
	if err := d.Rotate(context.Background()); err != nil {
		t.Fatal(err)
	}
	archive := func() string { return rotated(t, path)[0] }
	eventually(t, "it is compressed", func() bool { return strings.HasSuffix(archive(), ".zst") })
	text, err := os.ReadFile(archive())
	if err != nil {
		t.Fatal(err)
	}
	number := func(id fileID) []byte {
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, id.device), id.inode)
	}
	if bytes.Count(text, number(old)) != 1 {
		t.Fatal("the archive does not say of which file it is")
	}
	if err := os.WriteFile(archive(), bytes.Replace(text, number(old), number(file), 1), 0o640); err != nil {
		t.Fatal(err)
	}
	if paths, sizes := d.archivesOf(file); len(paths) != 1 || sizes[0] != int64(len(data)) {
		t.Fatalf("archives of the number: %v %v", paths, sizes)
	}
	return d
}

// pieces is a batch that was split: its first bytes are in a file, the last ones were to go to another.
func pieces(t *testing.T, dir, first, rest string, end fileID) (intent, []rotate.Link) {
	t.Helper()
	path := filepath.Join(dir, "app-first.log")
	if err := os.WriteFile(path, []byte("before\n"+first), 0o640); err != nil {
		t.Fatal(err)
	}
	id, _ := idOf(path)
	data, line := []byte(first+rest), strings.IndexByte(first, '\n')+1
	in := intent{
		id: id, offset: int64(len("before\n")), length: int64(len(data)), crc: crc32.Checksum(data[max(len(data)-tailSize, 0):], castagnoli),
		first: int64(line), firstCRC: crc32.Checksum(data[:line], castagnoli),
	}
	return in, []rotate.Link{{File: rotate.ID{Device: end.device, Inode: end.inode}, Before: int64(len(first))}}
}

func TestAnArchiveWhoseFileHadTheSameNumberIsNotTheEndOfABatch(t *testing.T) {
	const first = "one\ntwo\n"
	long := strings.Repeat("x", tailSize) + "\n"
	for name, rest := range map[string]string{"too short to compare": "three\n", "long enough to compare": long} {
		t.Run(name, func(t *testing.T) {
			next := filepath.Join(t.TempDir(), "next")
			if err := os.WriteFile(next, nil, 0o640); err != nil { // made, and the process was killed before it wrote
				t.Fatal(err)
			}
			live, _ := idOf(next)
			d := archiveWithTheNumberOf(t, live, strings.Repeat("y", len(rest)-1)+"\n") // of another file, long ago
			dir := filepath.Dir(d.path)
			if err := os.Rename(next, filepath.Join(dir, "app-next.log")); err != nil {
				t.Fatal(err)
			}
			in, links := pieces(t, dir, first, rest, live)
			if d.archived(in, links[0]) {
				t.Error("the archive was taken for the end of the batch")
			}
			delivered, err := d.recoverChain(in, links)
			if delivered || err != nil {
				t.Errorf("delivered %v, error %v; the end of the batch is nowhere", delivered, err)
			}
			wantFile(t, filepath.Join(dir, "app-first.log"), "before\n")
		})
	}
}

func TestAnArchiveOfTheFileIsTheEndOfABatch(t *testing.T) {
	const first = "one\ntwo\n"
	gone := fileID{device: 1, inode: 1 << 60} // compressed, and no file has its number
	for _, rest := range []string{"three\n", strings.Repeat("x", tailSize) + "\n"} {
		d := archiveWithTheNumberOf(t, gone, rest)
		in, links := pieces(t, filepath.Dir(d.path), first, rest, gone)
		if delivered, err := d.recoverChain(in, links); !delivered || err != nil {
			t.Errorf("%d bytes: delivered %v, error %v", len(rest), delivered, err)
		}
		wantFile(t, filepath.Join(filepath.Dir(d.path), "app-first.log"), "before\n"+first)
	}
}

func TestAnArchiveWhoseFileHadTheSameNumberIsNotABatchThatWasNotSplit(t *testing.T) {
	const data = "one\ntwo\n"
	next := filepath.Join(t.TempDir(), "next")
	if err := os.WriteFile(next, []byte("before\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	live, _ := idOf(next)
	for _, other := range []string{"yyyyyyyyyyyyyyyyyyyyyy\n", "yyyyyy\n", "yyyyyyyyy\n"} { // longer, as long as offset says, in between
		d := archiveWithTheNumberOf(t, live, other)
		path := filepath.Join(filepath.Dir(d.path), "app-next.log")
		if err := os.Link(next, path); err != nil {
			t.Fatal(err)
		}
		in := intent{id: live, offset: int64(len("before\n")), length: int64(len(data)), crc: crc32.Checksum([]byte(data), castagnoli)}
		if known, delivered, err := d.recoverArchive(in); known || delivered || err != nil {
			t.Errorf("%q: known %v, delivered %v, error %v", other, known, delivered, err)
		}
	}
}

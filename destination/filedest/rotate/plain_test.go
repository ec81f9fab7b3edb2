package rotate

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestPlainReadsWhatIsCompressedAndWhatIsNot(t *testing.T) {
	data := sample()
	for suffix, c := range map[string]Compression{".gz": Gzip, ".zst": Zstd, "": ""} {
		path := filepath.Join(t.TempDir(), "app-1.log")
		if err := os.WriteFile(path, data, 0o640); err != nil {
			t.Fatal(err)
		}
		if suffix != "" {
			if err := compress(context.Background(), path, c, fixedID, noPoint); err != nil {
				t.Fatal(err)
			}
		}
		file, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		for _, twice := range []bool{false, true} {
			in, want := file, data
			if twice { // as cat makes one of two
				in, want = bytes.Repeat(file, 2), bytes.Repeat(data, 2)
			}
			r, err := Plain(bytes.NewReader(in))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, want) || r.Close() != nil {
				t.Errorf("%q: %d bytes, %v", suffix, len(got), err)
			}
			cut, err := Plain(bytes.NewReader(in[:len(in)-5]))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(cut); (err != nil) != (suffix != "") {
				t.Errorf("%q cut off: %v", suffix, err)
			}
		}
	}
}

func TestPlainReadsShortFiles(t *testing.T) {
	for _, file := range []string{"", "a", "abc", "P*M"} {
		r, err := Plain(bytes.NewReader([]byte(file)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); string(got) != file || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if _, err := Plain(bytes.NewReader([]byte("\x1f\x8b"))); err == nil {
		t.Error("the beginning of a gzip file is a whole one")
	}
}

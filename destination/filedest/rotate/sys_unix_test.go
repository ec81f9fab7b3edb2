//go:build unix && !solaris && !aix

package rotate

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func TestASymbolicLinkInPlaceOfOurFilesIsNotFollowed(t *testing.T) {
	dir := t.TempDir()
	victim, path := filepath.Join(dir, "victim"), filepath.Join(dir, "app.log")
	for _, name := range []string{victim, path} {
		if err := os.WriteFile(name, []byte("content"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []string{NotePath(path), path + suffixGzip + tempSuffix} {
		if err := os.Symlink(victim, link); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := OpenNote(path, 0o640); err == nil {
		n.Close()
		t.Error("the note was opened behind a link")
	}
	if err := compress(context.Background(), path, Gzip, func(*os.File) ID { return ID{} }, func(string) {}); err == nil {
		t.Error("the archive was written behind a link")
	}
	if text, err := os.ReadFile(victim); err != nil || string(text) != "content" {
		t.Errorf("the file behind the link is %q, %v", text, err)
	}
}

package rotate

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// Keep says which rotated files stay. The zero value keeps all of them.
type Keep struct {
	Backups  int           // the newest so many
	MaxAge   time.Duration // since the rotation
	MaxTotal int64         // bytes of all rotated files together
}

// surplus returns those of the files, which come oldest first, that don't stay.
func (k Keep) surplus(all []Backup, now time.Time) []Backup {
	var out []Backup
	var total int64
	for i := len(all) - 1; i >= 0; i-- {
		b := all[i]
		total += b.Size
		place := len(all) - i
		if k.Backups > 0 && place > k.Backups || k.MaxAge > 0 && now.Sub(b.Time) > k.MaxAge || k.MaxTotal > 0 && total > k.MaxTotal {
			out = append(out, b)
		}
	}
	return out
}

// apply removes what does not stay, but for what is held.
func (k Keep) apply(n Names, now time.Time, held func(path string) bool) error {
	if k == (Keep{}) {
		return nil
	}
	all, err := n.List()
	if err != nil {
		return err
	}
	var errs []error
	for _, b := range k.surplus(all, now) {
		if held(b.Path) {
			continue
		}
		if err := os.Remove(b.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

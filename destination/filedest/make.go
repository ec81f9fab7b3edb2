package filedest

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// dress is what a file that is made gets beside its mode.
type dress struct {
	exact bool // the mode is as it was written, whatever the umask
	owner *owner
}

// owner has -1 for what is left alone.
type owner struct{ user, group int }

// newDress fills in the default mode. It returns nil when there is nothing to do.
func newDress(o *Options) (*dress, error) {
	d := &dress{exact: o.Mode != 0}
	if o.Mode == 0 {
		o.Mode = defaultMode
	}
	if o.Mode&^fs.ModePerm != 0 || o.Mode&0o200 == 0 {
		return nil, errors.New("the mode of a log file has nine bits, and lets its owner write: 0640, for example")
	}
	if o.Owner != "" {
		var err error
		if d.owner, err = parseOwner(o.Owner); err != nil {
			return nil, err
		}
	}
	if !d.exact && d.owner == nil {
		return nil, nil
	}
	return d, nil
}

// make opens the file, and makes it where it is missing.
func (d *Driver) make() (*os.File, error) {
	mode, dress := d.mode, d.dress
	if like := d.rot.before(); like != nil {
		mode, dress = dressLike(d.mode, d.dress, like)
	}
	if dress == nil {
		return openAppend(d.path, os.O_CREATE, mode)
	}
	f, err := openAppend(d.path, 0, mode)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	f, err = openAppend(d.path, os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) { // made by somebody else, or a link that leads to nothing
		return openAppend(d.path, os.O_CREATE, mode)
	}
	if err != nil {
		return nil, err
	}
	if dress.exact {
		err = f.Chmod(mode)
	}
	if dress.owner != nil {
		err = errors.Join(err, f.Chown(dress.owner.user, dress.owner.group))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(d.path)) // it is tried again, not left with the wrong mode
	}
	return f, nil
}

// dressLike is how a file is made that follows another one: what is not set is as it was there.
func dressLike(mode fs.FileMode, set *dress, like fs.FileInfo) (fs.FileMode, *dress) {
	out := dress{exact: true}
	if set != nil {
		out = *set
	}
	if set == nil || !set.exact {
		mode, out.exact = like.Mode().Perm(), true
	}
	if out.owner == nil {
		out.owner = ownerOf(like)
	}
	return mode, &out
}

// written is when a file was last written.
func written(f *os.File) time.Time {
	info, err := f.Stat()
	if err != nil {
		return time.Now()
	}
	return info.ModTime()
}

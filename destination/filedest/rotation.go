package filedest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/destination/filedest/rotate"
)

// Rotation says when a file is put away under another name, and which of those files are kept. The zero value rotates
// on demand alone, and keeps all.
type Rotation struct {
	// MaxSize in bytes that a file may have. It is exceeded only by a record that is larger by itself. Default: 0, no limit.
	MaxSize int64
	// Interval since the file was begun. Default: 0, none.
	Interval time.Duration
	// RotateAt are times of day, such as 00:00. One that the clocks skip in spring is the moment of the change, one that
	// comes twice in autumn counts once. Default: none.
	RotateAt []string
	// Zone of RotateAt and of the names' times, as in the IANA database. Default: the system's.
	Zone string
	// OnStart puts away what an earlier run wrote.
	OnStart bool
	// OnSignal rotates when the process gets SIGUSR1. Unix only.
	OnSignal bool

	// Backups is how many rotated files are kept. Default: 0, all.
	Backups int
	// MaxAge of rotated files, since their rotation. Default: 0, any.
	MaxAge time.Duration
	// MaxTotal is how many bytes all rotated files together may have; the file that is written comes on top. Default: 0, any.
	MaxTotal int64
	// Compress is "gzip", "zstd", or "" for none.
	Compress string
	// NameFormat is the time in the names of rotated files, as package time writes it. Default: 20060102T150405.000Z0700.
	NameFormat string
	// TimeAfterExt puts that time behind the extension: app.log-2026 and not app-2026.log.
	TimeAfterExt bool
	// Latest is the path of a symbolic link that leads to the file that is written, relative to its directory. Default: none.
	Latest string
	// Shared says whether other processes rotate the same file. Each batch is then written under a lock. false keeps the lock
	// until Close, so that a second process is refused. Default: true where the system has such locks.
	Shared *bool
}

// rotating is the rotation of one driver. All but trouble is guarded by the driver's mutex.
type rotating struct {
	o        Rotation
	path     string // of the file itself, no link
	names    rotate.Names
	schedule rotate.Schedule
	latest   string
	alone    bool // keeps the lock

	now   func() time.Time   // tests have their own
	point func(string)       // called between the steps; tests end the process there
	fault func(string) error // tests let a step fail

	note    *rotate.Note
	locked  bool
	noteBad bool
	settled bool // nothing of an earlier run is asked for any more
	tidied  bool
	wanted  bool // on start, on demand
	begunOf fileID
	begun   time.Time
	like    fs.FileInfo // the file before, while the next one is made
	retryAt time.Time
	backoff time.Duration

	batch uint64 // whose intent is stored; 0: none
	last  fileID // where that batch was written to last
	links int

	janitor *rotate.Janitor
	timer   *time.Timer
	signals chan os.Signal
	stop    chan struct{} // ends the goroutine that waits for signals
	stopped chan struct{}

	trouble trouble
}

// trouble is what fails beside deliveries.
type trouble struct {
	mu     sync.Mutex
	errs   [4]error
	report func(text string, err error)
}

// The kinds of trouble.
const (
	troubleRotation = iota
	troubleNote
	troubleLatest
	troubleJanitor
)

func troubleText(kind int) string {
	return [...]string{"the file can't be rotated, and grows", "the file can't be rotated without its note",
		"the link to the file can't be made", "rotated files can't be compressed or removed"}[kind]
}

func newRotating(d *Driver, o *Rotation) (*rotating, error) {
	r := &rotating{o: *o, path: target(d.path), now: time.Now, point: func(string) {}, fault: func(string) error { return nil }}
	if info, err := os.Stat(d.path); err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("only files rotate")
	}
	zone := time.Local
	switch {
	case strings.EqualFold(o.Zone, "utc"):
		zone = time.UTC
	case o.Zone != "" && !strings.EqualFold(o.Zone, "local"):
		var err error
		if zone, err = time.LoadLocation(o.Zone); err != nil {
			return nil, fmt.Errorf("zone %q: %w", o.Zone, err)
		}
	}
	var err error
	if r.names, err = rotate.NewNames(r.path, o.NameFormat, o.TimeAfterExt, zone); err != nil {
		return nil, err
	}
	if r.schedule, err = rotate.NewSchedule(o.Interval, o.RotateAt, zone); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	if o.Latest != "" {
		r.latest = o.Latest
		if !filepath.IsAbs(r.latest) {
			r.latest = filepath.Join(filepath.Dir(r.path), r.latest)
		}
		if filepath.Clean(r.latest) == filepath.Clean(r.path) {
			return nil, errors.New("latest is the file itself: give the link another name")
		}
	}
	r.alone = o.Shared != nil && !*o.Shared
	r.wanted = o.OnStart
	if o.OnSignal {
		r.signals = make(chan os.Signal, 1)
		return r, onSignal(r.signals)
	}
	return r, nil
}

// check finds values that can't be meant.
func (r *rotating) check() error {
	o := &r.o
	switch c := rotate.Compression(o.Compress); {
	case c != rotate.None && c != rotate.Gzip && c != rotate.Zstd:
		return fmt.Errorf("compress: %q is not known: gzip or zstd", o.Compress)
	case o.MaxSize < 0 || o.MaxTotal < 0 || o.MaxAge < 0 || o.Backups < 0:
		return errors.New("a limit is negative")
	case o.Shared != nil && *o.Shared && !rotate.CanLock:
		return errors.New("processes can't share a file that rotates on this system")
	}
	return nil
}

// target follows symbolic links, also one that leads to a file which is not there yet.
func target(path string) string {
	for range 10 {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return real
		}
		to, err := os.Readlink(path)
		if err != nil {
			return path
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return path
}

// before is the file that the next one follows; nil: none.
func (r *rotating) before() fs.FileInfo {
	if r == nil {
		return nil
	}
	return r.like
}

// Settled implements destination.Settler: files of earlier runs may be compressed from now on, and what was due while
// no process ran is done.
func (d *Driver) Settled() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rot == nil || d.closed {
		return
	}
	d.settle()
	if err := d.rotateNowAndThen(context.Background()); err != nil {
		d.rot.failed(err)
	}
}

// settle starts what works in the background.
func (d *Driver) settle() {
	r := d.rot
	if r.settled || d.closed {
		return
	}
	r.settled = true
	r.janitor = rotate.StartJanitor(rotate.JanitorOptions{
		Names: r.names, Compress: rotate.Compression(r.o.Compress), Now: r.now, Point: r.point,
		Keep: rotate.Keep{Backups: r.o.Backups, MaxAge: r.o.MaxAge, MaxTotal: r.o.MaxTotal},
		IDOf: func(f *os.File) rotate.ID {
			st, _ := stateOf(f)
			return rotate.ID{Device: st.id.device, Inode: st.id.inode}
		},
		Report: func(err error) { r.trouble.tell(troubleJanitor, err) },
	})
	r.timer = time.AfterFunc(time.Hour, d.tick)
	if r.signals != nil {
		r.stop, r.stopped = make(chan struct{}), make(chan struct{})
		go d.listen(r.signals, r.stop, r.stopped)
	}
	d.arm()
}

// listen rotates at signals.
func (d *Driver) listen(signals <-chan os.Signal, stop <-chan struct{}, stopped chan<- struct{}) {
	defer close(stopped)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for {
		select {
		case <-stop:
			return
		case <-signals:
			_ = d.rotate(ctx, stop) // what fails is in trouble
		}
	}
}

// close ends what works in the background; the function that it returns waits for that, and is called without the mutex.
func (r *rotating) close() (wait func(context.Context) error) {
	if r == nil {
		return func(context.Context) error { return nil }
	}
	if r.signals != nil {
		signal.Stop(r.signals)
	}
	if r.timer != nil {
		r.timer.Stop()
	}
	if r.note != nil {
		_ = r.note.Close()
		r.note, r.locked = nil, false
	}
	j, stop, stopped := r.janitor, r.stop, r.stopped
	r.janitor, r.stop, r.stopped = nil, nil, nil
	return func(ctx context.Context) error {
		if stop != nil {
			close(stop)
			<-stopped
		}
		if j == nil {
			return nil
		}
		return j.Stop(ctx)
	}
}

// follow begins to note where a batch goes, whose intent is stored. nil: there is none.
func (r *rotating) follow(intent []byte, at fileID) {
	r.batch, r.last, r.links = 0, at, 0
	if intent != nil {
		r.batch = batchKey(intent)
	}
}

// batchKey tells batches apart.
func batchKey(intent []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(intent)
	return h.Sum64() | 1
}

// OnEvent implements destination.Reporter.
func (d *Driver) OnEvent(fn func(text string, err error)) {
	if d.rot == nil {
		return
	}
	d.rot.trouble.mu.Lock()
	defer d.rot.trouble.mu.Unlock()
	d.rot.trouble.report = fn
}

// Trouble implements destination.Troubled: the rotation that fails, or the compression, or the removal of old files.
func (d *Driver) Trouble() error {
	if d.rot == nil {
		return nil
	}
	t := &d.rot.trouble
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(t.errs[:]...)
}

// tell reports the beginning of a trouble, and with nil its end.
func (t *trouble) tell(kind int, err error) {
	t.mu.Lock()
	was := t.errs[kind] != nil
	t.errs[kind] = nil
	text := troubleText(kind)
	if err != nil {
		t.errs[kind] = fmt.Errorf("%s: %w", text, err)
	}
	report := t.report
	t.mu.Unlock()
	if report == nil || was == (err != nil) {
		return
	}
	if err == nil {
		text = "is over: " + text
	}
	report(text, err)
}

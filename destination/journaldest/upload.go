package journaldest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/record"
)

// UploadOptions are the settings of a destination that gives entries to another machine.
type UploadOptions struct {
	// Target is the server. Its path is /upload where the URL has none, as systemd-journal-remote has it; that of VictoriaLogs is
	// /insert/journald/upload. Its Compression is none by default.
	httpdest.Target
	// Identifier and Formatted as in [Options].
	Identifier string
	Formatted  bool
	// Host is the machine's name in the entries, _HOSTNAME. Default: that of the system.
	Host string
}

// NewUpload returns a driver that posts entries in the Journal Export Format
// (https://systemd.io/JOURNAL_EXPORT_FORMATS), as systemd-journal-upload does, on any system. An entry has the time of its
// record, __REALTIME_TIMESTAMP in microseconds, and SYSLOG_TIMESTAMP with all digits. It is tested with VictoriaLogs.
func NewUpload(o UploadOptions) (*httpdest.Driver, error) {
	if u, err := url.Parse(o.URL); err == nil && strings.Trim(u.Path, "/") == "" && u.Host != "" {
		u.Path = "/upload"
		o.URL = u.String()
	}
	if o.Identifier == "" {
		o.Identifier = filepath.Base(os.Args[0])
	}
	if strings.ContainsAny(o.Identifier+o.Host, "\n\x00") {
		return nil, errors.New("identifier and host can't hold a line feed or a zero byte")
	}
	if o.Host == "" {
		o.Host, _ = os.Hostname()
	}
	return httpdest.NewDriver(o.Target, httpdest.Protocol{Name: "journald", Method: http.MethodPost, Encoder: &exporter{o: &o}, EmptyRequests: true})
}

// exporter makes entries, each followed by an empty line. It is used by several goroutines.
type exporter struct {
	o    *UploadOptions
	free sync.Pool // of *exporting
}

type exporting struct {
	view  record.View
	entry entry
}

func (*exporter) ContentType() string { return "application/vnd.fdo.journal" }

func (x *exporter) AppendBody(dst []byte, b *destination.Batch) ([]byte, error) {
	e, _ := x.free.Get().(*exporting)
	if e == nil {
		e = new(exporting)
	}
	defer x.free.Put(e)
	for i := range b.Items {
		it := &b.Items[i]
		if err := e.view.Decode(it.Raw); err != nil {
			return dst, fmt.Errorf("the record can't be read: %w", err)
		}
		message := e.view.Message
		if x.o.Formatted {
			message = string(httpdest.Record(b, i))
		}
		if at := e.view.Time; at != record.NoTime && at >= 0 {
			dst = append(dst, "__REALTIME_TIMESTAMP="...)
			dst = append(strconv.AppendInt(dst, at/int64(time.Microsecond), 10), '\n')
		}
		dst = append(append(append(dst, "_HOSTNAME="...), x.o.Host...), '\n')
		e.entry.build(&e.view, it, message, x.o.Identifier)
		dst = append(append(dst, e.entry.buf...), '\n')
	}
	return dst, nil
}

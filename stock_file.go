package hydra

import (
	"context"
	"io/fs"
	"strings"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/filedest"
	"github.com/hydra-logger/hydra/format"
)

func newFile(_ context.Context, d config.ResolvedDestination) (destination.Driver, error) {
	o := filedest.Options{Path: d.Path, Binary: strings.HasPrefix(d.Format, format.Binary)}
	if f, err := format.New(d.Format, format.Options{}); err == nil {
		if h, ok := f.(format.Headed); ok {
			o.Header = h.Header()
		}
	}
	r := d.Rotation
	if r == nil {
		return filedest.New(o)
	}
	o.Mode, o.Owner = fs.FileMode(r.Mode), r.Owner
	o.Rotation = &filedest.Rotation{
		MaxSize: r.MaxSize, Interval: r.Interval, RotateAt: r.RotateAt, Zone: r.Zone, OnStart: r.OnStart, OnSignal: r.OnSignal,
		Backups: r.Backups, MaxAge: r.MaxAge, MaxTotal: r.MaxTotal, Compress: r.Compress,
		NameFormat: r.NameFormat, TimeAfterExt: r.TimeAfterExt, Latest: r.Latest, Shared: r.Shared,
	}
	return filedest.New(o)
}

// Package formatting puts time and context into the message itself, for readers that see nothing else
// of a record.
package formatting

import (
	"context"
	"time"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

// DefaultFormat is the default of [Options.TimestampFormat].
const DefaultFormat = "%Y-%m-%d %H:%M:%S"

// Options are the settings of a processor.
type Options struct {
	// AddTimestamp puts "[time] " before the message. Default: false.
	AddTimestamp bool
	// TimestampFormat is a format of strftime; see [ParseFormat]. Default: [DefaultFormat].
	TimestampFormat string
	// Location is the zone of the time. Default: time.Local.
	Location *time.Location
	// AddContext puts "[correlation id] " before the message of a record that has one. Default: false.
	AddContext bool
}

// New returns a processor. A format that [ParseFormat] refuses is an error.
func New(o Options) (processor.Processor, error) {
	if o.TimestampFormat == "" {
		o.TimestampFormat = DefaultFormat
	}
	if o.Location == nil {
		o.Location = time.Local
	}
	f, err := ParseFormat(o.TimestampFormat)
	if err != nil {
		return nil, err
	}
	return &prefixer{o: o, format: f}, nil
}

type prefixer struct {
	o      Options
	format Format
}

// Process implements processor.Processor.
func (p *prefixer) Process(_ context.Context, e *record.Event) bool {
	stamp := p.o.AddTimestamp && e.Time != record.NoTime
	id := e.IDs.CorrelationID
	if !p.o.AddContext {
		id = ""
	}
	if !stamp && id == "" {
		return true
	}
	b := make([]byte, 0, len(e.Message)+len(id)+48)
	if stamp {
		b = append(b, '[')
		b = p.format.Append(b, time.Unix(0, e.Time).In(p.o.Location))
		b = append(b, ']', ' ')
	}
	if id != "" {
		b = append(append(append(b, '['), id...), ']', ' ')
	}
	e.Message = string(append(b, e.Message...))
	return true
}

package format

import (
	"encoding/binary"
	"math/bits"

	"github.com/hydra-logger/hydra/record"
)

// csvHeader are the columns, those of Hydra-Logger for Python and the ids behind them.
const csvHeader = "timestamp,level_name,layer,file_name,function_name,message,level,logger_name,line_number,extra," +
	"correlation_id,causation_id,message_id,trace_id,span_id,id\n"

// csvLines writes RFC 4180, but for the end of a line, which is LF, as encoding/csv writes it. Attributes are one JSON
// object in the column extra. A line break in a field is escaped as in JSON, so that a record is one line; a field that a spreadsheet
// would take for a formula gets an apostrophe in front of it.
type csvLines struct {
	options Options
	stamp   stamp
	attrs   *shaped
	object  []byte
	text    []byte
}

func newCSV(o Options) *csvLines {
	inner := Options{}
	return &csvLines{options: o, stamp: newStamp(&o, 6), attrs: newShaped(inner, &shape{level: AppendLevel})}
}

func (f *csvLines) Clone() Formatter { return newCSV(f.options) }

// Header implements [Headed].
func (f *csvLines) Header() []byte { return []byte(csvHeader) }

// Append appends a row.
func (f *csvLines) Append(b []byte, v *record.View) []byte {
	if v.Time != record.NoTime {
		b = f.stamp.append(b, v.Time)
	}
	b = AppendLevel(append(b, ','), v.Level)
	b = f.appendText(append(b, ','), v.Layer)
	b = f.appendText(append(b, ','), baseName(v.Source.File))
	b = f.appendText(append(b, ','), v.Source.Function)
	b = f.appendText(append(b, ','), v.Message)
	b = appendInt(append(b, ','), pythonLevel(v.Level))
	b = f.appendText(append(b, ','), v.Logger)
	b = append(b, ',')
	if hasSource(v) {
		b = appendInt(b, int64(v.Source.Line))
	}
	b = f.appendExtra(append(b, ','), v)
	b = f.appendText(append(b, ','), v.IDs.CorrelationID)
	b = f.appendText(append(b, ','), v.IDs.CausationID)
	b = f.appendText(append(b, ','), v.IDs.MessageID)
	b = append(b, ',')
	if v.IDs.TraceID != [16]byte{} {
		b = appendHex(b, v.IDs.TraceID[:])
	}
	b = append(b, ',')
	if v.IDs.SpanID != [8]byte{} {
		b = appendHex(b, v.IDs.SpanID[:])
	}
	b = append(b, ',')
	if f.options.ID && hasID(v) {
		b = AppendRecordID(b, v.Journal, v.Position)
	}
	return append(b, '\n')
}

// appendExtra appends the attributes, nothing where there are none.
func (f *csvLines) appendExtra(b []byte, v *record.View) []byte {
	f.object = f.attrs.appendAttrs(append(f.object[:0], '{'), v)
	if len(f.object) == 1 {
		return b
	}
	f.object[len(f.object)-1] = '}'
	return append(appendDoubled(append(b, '"'), f.object), '"') // it has quotes
}

func (f *csvLines) appendText(b []byte, s string) []byte {
	f.text = f.text[:0]
	if s != "" {
		switch s[0] {
		case '=', '+', '-', '@', '\t', '\r':
			f.text = append(f.text, '\'')
		}
	}
	f.text = appendLine(f.text, s)
	return appendCSV(b, f.text)
}

// appendCSV appends a field, in quotes where it needs them.
func appendCSV(b, field []byte) []byte {
	quotes := len(field) > 0 && field[0] == ' '
	for _, c := range field {
		if c == ',' || c == '"' || c == '\n' || c == '\r' {
			quotes = true
			break
		}
	}
	if !quotes {
		return append(b, field...)
	}
	return append(appendDoubled(append(b, '"'), field), '"')
}

// appendDoubled appends field with every quote twice, eight bytes at a time.
func appendDoubled(b, field []byte) []byte {
	b = room(b, 2*len(field)+8)
	d := b[len(b) : len(b)+2*len(field)+8]
	i, j := 0, 0
	for len(field)-i >= 8 {
		w := binary.LittleEndian.Uint64(field[i:])
		put64(d[j:], w)
		x := w ^ '"'*ones
		marks := (x - ones) &^ x & highs // the lowest one is exact
		if marks == 0 {
			i, j = i+8, j+8
			continue
		}
		k := bits.TrailingZeros64(marks) >> 3
		d[j+k+1] = '"'
		i, j = i+k+1, j+k+2
	}
	for _, c := range field[i:] {
		d[j] = c
		j++
		if c == '"' {
			d[j] = c
			j++
		}
	}
	return b[:len(b)+j]
}

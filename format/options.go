package format

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Options are the settings of a formatter. The zero value is the default. An option that the format does not have is an
// error of [New]; App, Host, ProcID, Service and Environment are facts about the program that any format may be given.
type Options struct {
	// ID adds the record's id, see [RecordID], to records that have been in a journal. Default: false.
	ID bool
	// Schema names the fields of json and json-lines: see [Schemas]. Default: "flat".
	Schema string
	// Keys renames fields of json and json-lines: {"time": "ts"}. What may be renamed is called time, level, message, layer, logger,
	// correlation_id, causation_id, message_id, trace_id, span_id, source, recovered, id, attributes (the object that holds them), error and
	// error_type, as far as the schema has it, or as the schema calls it.
	Keys map[string]string
	// Precision of the record's time: "s", "ms", "us" or "ns". Default: each format's own.
	Precision string
	// Zone of the record's time: "UTC", "Local" or an IANA name. Default: UTC.
	Zone string
	// Pretty breaks the object of json into lines. Default: false.
	Pretty bool
	// RFC3164 makes syslog write the older form. Default: false, RFC 5424.
	RFC3164 bool
	// Facility of syslog, 1 to 23. Default: 1, user.
	Facility int
	// Enterprise is the IANA private enterprise number in the SD-ID of syslog's attributes. Default: 32473, the one for examples.
	Enterprise int
	// App is the program's name. Default: hydra-logger.
	App string
	// Host is the machine's name. Default: localhost.
	Host string
	// ProcID is the process id of syslog. Default: none.
	ProcID string
	// Service is the name of the service, for schemas that have a field for it. Default: no field.
	Service string
	// Environment is the first tag of logstash. Default: none.
	Environment string
	// Type is the type field of logstash. Default: App and "-logs".
	Type string
	// Project is the Google Cloud project, which makes trace ids of the schema gcp into links. Default: none.
	Project string
	// LayerColors gives layers a colour in colored: black, red, green, yellow, blue, magenta, cyan, white, or bright_ and one of them, or an
	// escape sequence.
	LayerColors map[string]string
}

// formatsWith says which formats have an option.
var formatsWith = [...]struct {
	option  string
	set     func(o *Options) bool
	formats []string
}{
	{"schema", func(o *Options) bool { return o.Schema != "" }, []string{JSON, JSONLines}},
	{"keys", func(o *Options) bool { return len(o.Keys) > 0 }, []string{JSON, JSONLines}},
	{"pretty", func(o *Options) bool { return o.Pretty }, []string{JSON}},
	{"rfc3164", func(o *Options) bool { return o.RFC3164 }, []string{Syslog}},
	{"facility", func(o *Options) bool { return o.Facility != 0 }, []string{Syslog}},
	{"enterprise", func(o *Options) bool { return o.Enterprise != 0 }, []string{Syslog}},
	{"type", func(o *Options) bool { return o.Type != "" }, []string{Logstash}},
	{"project", func(o *Options) bool { return o.Project != "" }, []string{JSON, JSONLines}},
	{"layer_colors", func(o *Options) bool { return len(o.LayerColors) > 0 }, []string{Colored}},
	{"precision", func(o *Options) bool { return o.Precision != "" },
		[]string{JSON, JSONLines, PlainText, FastPlain, Detailed, Colored, CSV, Logfmt, Syslog, GELF, Logstash, BinaryExtended}},
	{"zone", func(o *Options) bool { return o.Zone != "" },
		[]string{JSON, JSONLines, PlainText, FastPlain, Detailed, Colored, CSV, Logfmt, Syslog, Logstash, BinaryExtended}},
}

// check refuses options that the format does not have, and values that are none.
func (o *Options) check(name string) error {
	for _, f := range formatsWith {
		if f.set(o) && !slices.Contains(f.formats, name) {
			return fmt.Errorf("format: %s has no option %s: it belongs to %s", name, f.option, strings.Join(f.formats, ", "))
		}
	}
	if _, err := digitsOf(o.Precision, 0); err != nil {
		return err
	}
	if _, err := zoneOf(o.Zone); err != nil {
		return err
	}
	if name == Syslog && o.Precision == "ns" {
		return errors.New("format: precision ns is not possible: a time of RFC 5424 has at most six digits of a second; use us")
	}
	if name == Syslog && o.RFC3164 && o.Precision != "" && o.Precision != "s" {
		return fmt.Errorf("format: precision %s is not possible: a time of RFC 3164 has whole seconds", o.Precision)
	}
	if o.Facility < 0 || o.Facility > 23 {
		return fmt.Errorf("format: facility %d: it must be 1 to 23", o.Facility)
	}
	if o.Enterprise < 0 {
		return fmt.Errorf("format: enterprise %d: it must be a private enterprise number", o.Enterprise)
	}
	for layer, color := range o.LayerColors {
		if colorCode(color) == "" && !strings.HasPrefix(color, "\x1b[") {
			return fmt.Errorf("format: colour %q of layer %q is unknown: use one of %s, or bright_ and one of them", color, layer, strings.Join(colorNames[:], ", "))
		}
	}
	return nil
}

// digitsOf returns how many decimals of a second a precision has.
func digitsOf(precision string, byDefault int) (int, error) {
	switch precision {
	case "":
		return byDefault, nil
	case "s":
		return 0, nil
	case "ms":
		return 3, nil
	case "us":
		return 6, nil
	case "ns":
		return 9, nil
	}
	return 0, fmt.Errorf("format: precision %q is unknown: use s, ms, us or ns", precision)
}

// zoneOf returns the location of a zone, nil for UTC.
func zoneOf(zone string) (*time.Location, error) {
	switch zone {
	case "", "UTC", "utc":
		return nil, nil
	case "Local", "local":
		return time.Local, nil
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("format: zone %q is unknown: use UTC, Local or an IANA name such as Europe/Berlin", zone)
	}
	return loc, nil
}

func (o *Options) app() string { return orElse(o.App, "hydra-logger") }

func (o *Options) host() string { return orElse(o.Host, "localhost") }

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

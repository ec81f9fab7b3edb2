// Package clickhousedest is the destination "clickhouse": records become rows of a table, by INSERT … FORMAT JSONEachRow over
// HTTP. Members of the JSON that are no columns are ignored. See https://clickhouse.com/docs/interfaces/http.
//
// A batch carries insert_deduplication_token, with which a replicated table, or one with non_replicated_deduplication_window,
// takes a batch that comes twice once.
package clickhousedest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
)

// Options are the settings of a driver.
type Options struct {
	// Target is the server; Username and Password are sent as X-ClickHouse-User and -Key. Compression is gzip by default.
	httpdest.Target
	// Database and Table of the rows. Default of Database: that of the user. Table is required.
	Database, Table string
	// Settings of the INSERT, such as async_insert: "1". Default: input_format_skip_unknown_fields and, so
	// that RFC 3339 times can be read, date_time_input_format=best_effort; both can be overridden.
	Settings map[string]string
	// NoDeduplication leaves insert_deduplication_token out, for servers before 22.2, which refuse it. Default: false.
	NoDeduplication bool
}

// New returns a driver.
func New(o Options) (*httpdest.Driver, error) {
	if o.Table == "" {
		return nil, errors.New("clickhouse: the name of the table is missing")
	}
	table := quote(o.Table)
	if o.Database != "" {
		table = quote(o.Database) + "." + table
	}
	t := o.WithPath("/")
	for name, value := range o.Settings {
		t = t.WithQuery(name, value)
	}
	t = t.WithQuery("input_format_skip_unknown_fields", "1").WithQuery("date_time_input_format", "best_effort").
		WithQuery("query", fmt.Sprintf("INSERT INTO %s FORMAT JSONEachRow", table))
	t = t.WithHeader("X-ClickHouse-User", o.Username).WithHeader("X-ClickHouse-Key", o.Password)
	t.Username, t.Password = "", ""
	p := httpdest.Protocol{
		Name: "clickhouse", Encoder: httpdest.LinesEncoder("application/x-ndjson"), Compression: httpdest.Gzip, Outcome: outcome, ProbePath: "/ping", EmptyRequests: true,
	}
	if !o.NoDeduplication {
		p.Prepare = func(r *http.Request, b *destination.Batch) {
			r.URL.RawQuery += "&insert_deduplication_token=" + strings.ReplaceAll(destination.BatchKey(b), "+", "%2B")
		}
	}
	return httpdest.NewDriver(t, p)
}

// quote makes an identifier of ClickHouse's SQL.
func quote(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}

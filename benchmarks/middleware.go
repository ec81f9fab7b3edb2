package main

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"

	chilog "github.com/go-chi/httplog/v3"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/middleware/httplog"
	sloghttp "github.com/samber/slog-http"
)

// middlewarePeer wraps a handler with the request log of one library, with its default options.
type middlewarePeer struct {
	name string
	// wrap logs to out or, with Hydra-Logger behind it, to log.
	wrap  func(out io.Writer, log *hydra.Logger) (func(http.Handler) http.Handler, error)
	hydra bool // logs to a hydra.Logger
}

const (
	noMiddleware    = "no middleware"
	hydraMiddleware = "hydra httplog"

	middlewareRequests = 150_000 // of a round
)

func middlewarePeers() []middlewarePeer {
	json := func(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(w, nil)) }
	return []middlewarePeer{
		{noMiddleware, func(io.Writer, *hydra.Logger) (func(http.Handler) http.Handler, error) {
			return func(h http.Handler) http.Handler { return h }, nil
		}, false},
		{hydraMiddleware, func(_ io.Writer, log *hydra.Logger) (func(http.Handler) http.Handler, error) {
			m, err := httplog.New(httplog.Options{Logger: log})
			if err != nil {
				return nil, err
			}
			return m.Handler, nil
		}, true},
		{"go-chi/httplog, slog JSON", func(w io.Writer, _ *hydra.Logger) (func(http.Handler) http.Handler, error) {
			return chilog.RequestLogger(json(w), nil), nil
		}, false},
		{"samber/slog-http, slog JSON", func(w io.Writer, _ *hydra.Logger) (func(http.Handler) http.Handler, error) {
			return sloghttp.New(json(w)), nil
		}, false},
		{"go-chi/httplog, hydra's slog.Handler", func(_ io.Writer, log *hydra.Logger) (func(http.Handler) http.Handler, error) {
			return chilog.RequestLogger(log.Slog(), nil), nil
		}, true},
		{"samber/slog-http, hydra's slog.Handler", func(_ io.Writer, log *hydra.Logger) (func(http.Handler) http.Handler, error) {
			return sloghttp.New(log.Slog()), nil
		}, true},
	}
}

// open returns a session whose loop serves requests.
func (p middlewarePeer) open(dir string) (*session, error) {
	s, log := &session{}, hydra.Discard
	if p.hydra {
		var err error
		if log, err = hydra.New(hydraConfig(dir, null())); err != nil {
			return nil, err
		}
		s = probed(log, s)
	}
	wrap, err := p.wrap(io.Discard, log)
	if err != nil {
		return nil, errors.Join(err, s.closed())
	}
	s.fields10 = serveLoop(wrap(http.HandlerFunc(answer)))
	return s, nil
}

func answer(w http.ResponseWriter, _ *http.Request) {
	w.Header()["Content-Type"] = contentType
	_, _ = w.Write(answerBody)
}

var (
	contentType = []string{"application/json"}
	answerBody  = []byte(`{"order":"A-17","state":"paid"}`)
)

// serveLoop serves requests one after the other, each of its own, with a writer that keeps nothing.
func serveLoop(h http.Handler) loop {
	return func(_, n int) {
		header := http.Header{
			"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"}, "Accept": {"application/json"},
			"X-Request-Id": {newEvent().correlation}, "Content-Type": contentType,
		}
		template := http.Request{Method: "GET", URL: &url.URL{Path: "/orders/8412"}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: header, Body: http.NoBody, Host: "api.example.com", RemoteAddr: "10.0.0.7:51234", RequestURI: "/orders/8412"}
		w := &nowhere{h: http.Header{}}
		for range n {
			r := template
			clear(w.h)
			h.ServeHTTP(w, &r)
		}
	}
}

// nowhere is an http.ResponseWriter with what that of net/http has for HTTP/2.
type nowhere struct{ h http.Header }

func (n *nowhere) Header() http.Header         { return n.h }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) Flush()                      {}

// middleware compares what a request's log costs the server.
func (r *run) middleware() error {
	for _, g := range []int{1, runtime.GOMAXPROCS(0)} {
		if err := r.middlewareOn(g); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) middlewareOn(goroutines int) error {
	t := &table{Name: "middleware", Title: "A request through the request log of a library",
		Columns: []column{{"ns a request", "%.0f"}, {"of the log", "%.0f"}, {"ratio", "%.2f"}, {"CPU-s per million", "%.3f"}, {"allocs", "%.1f"}},
		Notes: []string{"The handler writes 31 bytes of JSON; options are each library's defaults. Hydra-Logger's rows keep every record in the journal",
			"and deliver it; the other rows write to nowhere. \"of the log\" is without the time of no middleware; the ratio is that to the fastest other library."}}
	if goroutines > 1 {
		t.Title += ", in parallel"
	}
	peers := middlewarePeers()
	var runners []*runner
	defer func() { closeAll(runners) }()
	for _, p := range peers {
		u, err := r.startRunner(p.name, ten, p.open)
		if err != nil {
			return err
		}
		u.n = middlewareRequests
		runners = append(runners, u)
	}
	if err := turns(max(growthRounds, r.sizes.rounds), len(runners), func(i int) error { return runners[i].round(goroutines) }); err != nil {
		return err
	}
	costs, base, best, own := map[string]cost{}, 0.0, 1e18, 0.0
	for i, p := range peers {
		c := medians(runners[i].rounds)
		costs[p.name] = c
		switch {
		case p.name == noMiddleware:
			base = c.wall
		case p.name == hydraMiddleware:
			own = c.wall
		case !p.hydra:
			best = min(best, c.wall)
		}
	}
	for _, p := range peers {
		c := costs[p.name]
		t.add(p.name, figure(c.wall), figure(c.wall-base), figure((c.wall-base)/(best-base)), figure(c.process/1000), figure(c.allocs))
	}
	r.add(t)
	r.checks = append(r.checks, atMost(t.Title+": hydra's share of the fastest other", (own-base)/(best-base), 1))
	return nil
}

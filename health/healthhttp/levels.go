package healthhttp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health"
)

// maxLevelBody is the largest body of a request that changes a level, in bytes.
const maxLevelBody = 4 << 10

// Levels shows and changes the levels of a logger's layers while the program runs. GET answers with the layers and their
// levels as JSON, {"layers": [{"name": "events", "level": "DEBUG", "until": "…"}]}; PUT changes a level by [hydra.Logger.SetLevel],
// and answers with the same. It takes the parameters layer (left out: all of them), level, and for, the time after which the
// configured level comes back ("10m"; left out: it stays until a restart, or a reload that changes the layer), in the query, as a form or as a JSON object:
//
//	curl -X PUT 'localhost:8080/debug/level?layer=events&level=debug&for=10m'
//
// What is wrong with a request is 400 with the reason. Who reaches this handler decides what is logged: serve it where
// only operators do.
func Levels(log *hydra.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
		case http.MethodPut:
			if err := setLevel(log, w, r); err != nil {
				answer(w, http.StatusBadRequest, err.Error())
				return
			}
		default:
			w.Header().Set("Allow", "GET, HEAD, PUT")
			answer(w, http.StatusMethodNotAllowed, "GET shows the levels, PUT changes one")
			return
		}
		header(w, "application/json")
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		_ = e.Encode(struct { // a client that went away is no concern of ours
			Layers []health.Layer `json:"layers"`
		}{log.Health().Layers})
	})
}

// levelChange is what a request asks for.
type levelChange struct {
	Layer string `json:"layer"`
	Level string `json:"level"`
	For   string `json:"for"`
}

func setLevel(log *hydra.Logger, w http.ResponseWriter, r *http.Request) error {
	c, err := changeOf(w, r)
	if err != nil {
		return err
	}
	if c.Level == "" {
		return errors.New("level: give one, such as level=debug")
	}
	level, err := hydra.Level(c.Level).Parse()
	if err != nil {
		return fmt.Errorf("level: %w", err)
	}
	if c.For == "" {
		return log.SetLevel(c.Layer, level)
	}
	d, err := time.ParseDuration(c.For)
	if err != nil || d <= 0 {
		return fmt.Errorf("for: %q is no time such as 10m or 1h30m", c.For)
	}
	return log.SetLevel(c.Layer, level, d)
}

func changeOf(w http.ResponseWriter, r *http.Request) (c levelChange, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxLevelBody)
	if t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t != "application/json" {
		if err := r.ParseForm(); err != nil {
			return c, fmt.Errorf("the request can't be read: %w", err)
		}
		for name := range r.Form {
			if name != "layer" && name != "level" && name != "for" {
				return c, fmt.Errorf("%q is none of layer, level, for", name)
			}
		}
		return levelChange{r.Form.Get("layer"), r.Form.Get("level"), r.Form.Get("for")}, nil
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, fmt.Errorf("the request can't be read: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return c, errors.New("the request can't be read: there is more behind the object")
	}
	return c, nil
}

package hydratest

import (
	"errors"
	"io"
	"testing"
	"time"
)

func TestMatchersMatchWhatTheirTextSays(t *testing.T) {
	at := time.Unix(1, 0)
	r := Record{Message: "order placed", Level: 4, Layer: "api", Attrs: map[string]any{
		"n": int64(42), "u": uint64(1 << 63), "f": 2.5, "s": "x", "at": at, "err": error(io.EOF), "nil": nil,
		"a.b": "dotted", "g": map[string]any{"h": map[string]any{"i": true}, "x.y": "inner"}, "list": []any{int64(1)},
	}}
	for _, c := range []struct {
		m    Matcher
		want bool
	}{
		{HasMessage("order placed"), true},
		{HasMessage("order"), false},
		{MessageContains("order"), true},
		{Level(4), true},
		{Level(0), false},
		{Layer("api"), true},
		{Layer("db"), false},
		{HasKey("g.h.i"), true},
		{HasKey("g.h.j"), false},
		{HasAttr("n", 42), true},
		{HasAttr("n", uint8(42)), true},
		{HasAttr("n", 42.0), true},
		{HasAttr("n", "42"), false},
		{HasAttr("u", uint64(1<<63)), true},
		{HasAttr("u", int64(-1<<63)), false},
		{HasAttr("f", 2.5), true},
		{HasAttr("f", 2), false},
		{HasAttr("s", "x"), true},
		{HasAttr("at", at.UTC()), true},
		{HasAttr("at", at.Add(1)), false},
		{HasAttr("err", io.EOF), true},
		{HasAttr("err", errors.New("EOF")), true},
		{HasAttr("err", "EOF"), true},
		{HasAttr("err", io.ErrShortWrite), false},
		{HasAttr("nil", nil), true},
		{HasAttr("a.b", "dotted"), true},
		{HasAttr("g.h.i", true), true},
		{HasAttr("g.x.y", "inner"), true},
		{HasAttr("list", []any{int64(1)}), true},
		{HasAttr("none", nil), false},
		{And(), true},
		{And(Level(4), Layer("api")), true},
		{And(Level(4), Layer("db")), false},
		{Or(Level(0), Layer("api")), true},
		{Or(), false},
		{Not(Layer("api")), false},
		{Where("a warning", func(r Record) bool { return r.Level == 4 }), true},
	} {
		if got := c.m.Match(r); got != c.want {
			t.Errorf("%v: %v, want %v", c.m, got, c.want)
		}
	}
}

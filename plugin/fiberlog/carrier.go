package fiberlog

import (
	"github.com/hydra-logger/hydra/correlation"
	"github.com/valyala/fasthttp"
)

// carrier reads ids from a header of fasthttp. What it returns outlives the request, as contexts do.
type carrier struct{ h *fasthttp.RequestHeader }

var _ correlation.Named = carrier{}

// Get implements correlation.Carrier.
func (c carrier) Get(name string) string { return string(c.h.Peek(name)) }

// Set implements correlation.Carrier.
func (c carrier) Set(name, value string) { c.h.Set(name, value) }

// Keys implements correlation.Carrier.
func (c carrier) Keys() []string { return texts(c.h.PeekKeys()) }

// Names implements correlation.Named.
func (c carrier) Names() correlation.Names { return correlation.HeaderNames() }

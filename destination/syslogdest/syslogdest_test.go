package syslogdest

import (
	"context"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
	"github.com/hydra-logger/hydra/destination/socketdest"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestDefaultsAreThoseOfTheStandards(t *testing.T) {
	for want, o := range map[string]Options{
		"unixgram:/dev/log":    {},
		"unixgram:/run/log":    {Address: "/run/log"},
		"udp://logs:514":       {Address: "logs"},
		"udp://logs:5514":      {Address: "logs:5514"},
		"udp://[::1]:514":      {Address: "::1"},
		"tcp://logs:514":       {Address: "logs", Transport: TCP},
		"tls://logs:6514":      {Address: "logs", Transport: TLS},
		"tls://logs:601":       {Address: "logs:601", Transport: TLS, TLS: &dial.TLS{ServerName: "x"}},
		"unix:/dev/log":        {Transport: Unix},
		"unix:/run/log.stream": {Transport: Unix, Address: "/run/log.stream"},
	} {
		d, err := New(o)
		if err != nil {
			t.Errorf("%+v: %v", o, err)
			continue
		}
		if got := d.(destination.Describer).Describe(); got != want {
			t.Errorf("%+v is %s, want %s", o, got, want)
		}
		_ = d.Close(context.Background())
	}
}

func TestABadSettingIsRefusedByNew(t *testing.T) {
	for _, o := range []Options{
		{Transport: "relp", Address: "h"}, {Transport: TCP}, {Address: "h", TLS: &dial.TLS{}}, {Transport: TCP, Address: "h", MaxSize: 9},
		{Address: "h", Framing: socketdest.FramingOctet}, {Transport: TLS, Address: "h", Framing: socketdest.FramingNewline},
		{Transport: TCP, Address: "h", Framing: "x"}, {Address: "h", MaxSize: 2},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

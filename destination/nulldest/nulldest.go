// Package nulldest is a destination that takes every record and keeps none: for
// measurements, and for layers that are to be switched off without losing their account.
package nulldest

import (
	"context"
	"sync/atomic"

	"github.com/hydra-logger/hydra/destination"
)

// Driver counts what it throws away.
type Driver struct {
	records, bytes atomic.Uint64
}

// New returns a driver.
func New() *Driver { return &Driver{} }

// Deliver implements destination.Driver.
func (d *Driver) Deliver(_ context.Context, b *destination.Batch) error {
	d.records.Add(uint64(len(b.Items)))
	d.bytes.Add(uint64(len(b.Data)))
	return nil
}

// Close implements destination.Driver.
func (d *Driver) Close(context.Context) error { return nil }

// Local implements destination.Local.
func (d *Driver) Local() bool { return true }

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return "nowhere" }

// Records returns how many records were delivered.
func (d *Driver) Records() uint64 { return d.records.Load() }

// Bytes returns how many bytes were delivered.
func (d *Driver) Bytes() uint64 { return d.bytes.Load() }

package demo

import (
	"errors"
	"fmt"
	"time"
)

// The times of the demo: all but these belong to ordinary traffic.
const (
	rushTime = 400 * time.Millisecond  // customers hurry before the kill
	deadTime = 1200 * time.Millisecond // payments is gone
	lastTime = 2 * time.Second         // at the end: orders under way, closing, counting
)

// run is the play: traffic, a rush in which payments is killed, its return, and an orderly end.
func (d *demo) run() error {
	for _, s := range services {
		said, err := d.start(s.name)
		if err != nil {
			return err
		}
		d.Screen.Print("  %s  %-9s process %d", d.clock(), s.name, d.procs[s.name].cmd.Process.Pid)
		if s.name == "gateway" {
			d.clients = startClients(said)
			defer d.clients.end()
		}
	}
	part := max((d.Duration-lastTime-deadTime-rushTime-time.Since(d.started))/2, 300*time.Millisecond)
	if err := d.watch(part, nil); err != nil {
		return err
	}
	d.clients.rush.Store(true)
	if err := d.watch(rushTime, nil); err != nil {
		return err
	}
	if err := d.kill(); err != nil {
		return err
	}
	d.clients.rush.Store(false)
	if err := d.watch(deadTime, nil); err != nil {
		return err
	}
	if _, err := d.start(victim); err != nil {
		return err
	}
	d.Screen.Print("  %s  %-9s process %d: it delivers what the dead one left, and goes on", d.clock(), victim, d.procs[victim].cmd.Process.Pid)
	if err := d.watch(part, nil); err != nil {
		return err
	}
	return d.finish()
}

// kill ends payments at once and notes which calls that cut off.
func (d *demo) kill() error {
	p := d.procs[victim]
	if err := p.cmd.Process.Kill(); err != nil {
		return err
	}
	<-p.ended
	d.killed = time.Now()
	all := d.calls[victim].read()
	if err := cutOff(all, d.cut[victim]); err != nil {
		return err
	}
	d.reportKill(all)
	delete(d.procs, victim)
	return nil
}

// finish stops the customers, waits until every order is handled, and ends the services, first to last.
func (d *demo) finish() error {
	d.clients.end()
	err := d.watch(2*patience, func() (bool, error) {
		n, err := d.broker.waiting()
		return n == 0, err
	})
	if err != nil {
		return err
	}
	n, err := d.broker.waiting()
	if err == nil && n > 0 {
		err = fmt.Errorf("%d events are not handled", n)
	}
	for _, s := range services {
		err = errors.Join(err, d.end(s.name))
	}
	for _, s := range services {
		delete(d.procs, s.name)
		if err == nil {
			err = d.broker.dump(s.name, d.target(s.name, destNATS))
		}
	}
	return err
}

package journal

// maxEvents bounds the events that wait for the maintenance goroutine.
const maxEvents = 64

// emit hands e to Options.OnEvent by way of the maintenance goroutine.
func (j *Journal) emit(e Event) {
	if j.opts.OnEvent == nil {
		return
	}
	if j.parent != nil {
		j.parent.emit(e)
		return
	}
	j.mu.Lock()
	if len(j.events) < maxEvents {
		j.events = append(j.events, e)
	}
	j.mu.Unlock()
	j.nudge()
}

// deliverEvents calls Options.OnEvent with what was emitted.
func (j *Journal) deliverEvents() {
	if j.opts.OnEvent == nil {
		return
	}
	j.mu.Lock()
	events := j.events
	j.events = nil
	j.mu.Unlock()
	for _, e := range events {
		j.opts.OnEvent(e)
	}
}

package journal

// openDir prepares the directory: lock, identity, recovery.
func (j *Journal) openDir(dir string) error {
	h, err := openHome(dir, &j.opts)
	if err != nil {
		return err
	}
	j.home, j.dir = h, h.dir
	j.id = newID()
	j.chooseBackend()
	return nil
}

// closeDir gives the directory up.
func (j *Journal) closeDir(clean bool) error {
	if j.home == nil {
		return nil
	}
	return j.home.close()
}

// chooseBackend maps where that is safe.
func (j *Journal) chooseBackend() {
	if u, err := j.fs.Usage(j.dir); err == nil {
		j.usage = u
	}
	if j.backend == BackendAuto {
		j.backend = BackendWrite
		if j.usage.MapSafe {
			j.backend = BackendMapped
		}
	}
	if raceEnabled && j.backend == BackendMapped {
		j.backend = BackendWrite
	}
}

// openCursor opens the cursor of a reader, and says where it starts.
func (j *Journal) openCursor(r *Reader, o ReaderOptions) (uint64, error) {
	start := j.first
	if j.dir == "" {
		return start, nil
	}
	c, found, err := openCursorFile(j.fs, j.dir, o.Name)
	if err != nil {
		return 0, err
	}
	if found && c.cur.hash == o.Hash {
		start, _ = clampCursor(c.cur.acked, j.oldest())
	}
	c.bind(j.id, o.Hash)
	r.cursor = c
	return start, nil
}

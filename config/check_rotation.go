package config

import (
	"strings"
	"time"
)

const maxBuffer = 1 << 20

// hasRotation reports whether one of the rotation options is written.
func hasRotation(d *Destination) bool {
	size := d.MaxSize != "" && d.MaxSize != noneText
	return size || d.BackupCount != nil || d.MaxAge != 0 || d.MaxTotalSize != 0 || d.RotateInterval != 0 ||
		len(d.RotateAt) > 0 || d.RotateZone != "" || d.RotateOnStart || d.RotateOnSignal ||
		d.Compress != "" && d.Compress != noneText || d.NameFormat != "" || d.TimeAfterExt || d.Latest != "" ||
		d.FileMode != 0 || d.Owner != "" || d.Shared != nil
}

// rotation checks when a file is rotated and what is kept.
func (c *checker) rotation(path string, d *Destination) {
	at := join(path, "max_size")
	if size, err := d.MaxSize.Parse(); err != nil {
		c.errorf(at, "%s: %v", at, err)
	} else if d.MaxSize != "" && d.MaxSize != noneText && size < 1 {
		c.errorf(at, "%s: %s is too small; it is at least 1B", at, d.MaxSize)
	}
	c.size(join(path, "max_total_size"), d.MaxTotalSize, true, 1)
	c.duration(join(path, "max_age"), d.MaxAge, true, time.Second, 100*365*24*time.Hour)
	c.duration(join(path, "rotate_interval"), d.RotateInterval, true, time.Second, 10*365*24*time.Hour)
	at = join(path, "rotate_at")
	for _, text := range d.RotateAt {
		if !isTimeOfDay(text) {
			c.errorf(at, `%s: %q is not a time of the day; write "00:00" or "23:59:59"`, at, text)
		}
	}
	c.zone(join(path, "rotate_zone"), d.RotateZone)
	c.zone(join(path, "zone"), d.Zone)
	at = join(path, "latest")
	if strings.ContainsAny(d.Latest, `/\`) {
		c.errorf(at, "%s: %q is not the name of a file; the link is made beside the log", at, d.Latest)
	}
	at = join(path, "name_format")
	if strings.ContainsAny(d.NameFormat, `/\`) {
		c.errorf(at, "%s: %q has a slash; rotated files stay beside the log", at, d.NameFormat)
	}
	c.owner(join(path, "owner"), d.Owner)
}

func isTimeOfDay(s string) bool {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

func (c *checker) zone(path, name string) {
	if name == "" || strings.EqualFold(name, "local") || strings.EqualFold(name, "utc") {
		return
	}
	if _, err := time.LoadLocation(name); err != nil {
		c.errorf(path, `%s: there is no time zone %q; write "UTC", "Local" or a name like "Europe/Berlin"`, path, name)
	}
}

func (c *checker) owner(path, owner string) {
	user, group, pair := strings.Cut(owner, ":")
	if owner != "" && (user == "" && group == "" || pair && group == "" || strings.Contains(group, ":")) {
		c.errorf(path, `%s: %q is not an owner; write "user", "user:group" or ":group"`, path, owner)
	}
}

//go:build unix

package filedest

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
)

// parseOwner reads user, user:group or :group, by name or number.
func parseOwner(text string) (*owner, error) {
	name, group, _ := strings.Cut(text, ":")
	o := owner{-1, -1}
	if name != "" {
		id := name
		if u, err := user.Lookup(name); err == nil {
			id = u.Uid
		}
		n, err := strconv.ParseUint(id, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("owner %q: there is no user %q", text, name)
		}
		o.user = int(n)
	}
	if group != "" {
		id := group
		if g, err := user.LookupGroup(group); err == nil {
			id = g.Gid
		}
		n, err := strconv.ParseUint(id, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("owner %q: there is no group %q", text, group)
		}
		o.group = int(n)
	}
	if o == (owner{-1, -1}) {
		return nil, fmt.Errorf("owner %q: write user, user:group or :group", text)
	}
	return &o, nil
}

// ownerOf returns the owner of a file when this process may give files away, else nil.
func ownerOf(info fs.FileInfo) *owner {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	return &owner{int(st.Uid), int(st.Gid)}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package postgrestest

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// stopSignal ends the server at once, its connections too.
const stopSignal = syscall.SIGQUIT

// unprivileged lets root start the server as somebody else, for PostgreSQL refuses root, and gives the folder to that
// user. The server dies with the thread that started it.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Pdeathsig: stopSignal}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	uid, gid := 65534, 65534 // nobody
	if u, err := user.Lookup("postgres"); err == nil {
		uid, _ = strconv.Atoi(u.Uid)
		gid, _ = strconv.Atoi(u.Gid)
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, uid, gid)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"unsafe"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

const openNonblock = unix.O_NONBLOCK

// ChildMain must be called first thing in main and in TestMain. In a process
// that [Tools] started as a confined child it raises the walls and becomes
// ffmpeg, or a part of this program that reads hostile files, never returning;
// in any other it does nothing.
func ChildMain() {
	workIfAsked()
	text, ok := os.LookupEnv(childEnv)
	if !ok {
		return
	}
	fmt.Fprintln(os.Stderr, "cannot confine the decoder:", becomeChild(text))
	os.Exit(childFailed)
}

// ownPath names this very program for a child, even if its file was replaced.
func ownPath() (string, error) { return "/proc/self/exe", nil }

// becomeChild returns only with an error.
func becomeChild(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	// All that follows is bound to the thread, and exec keeps the calling one.
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("die with the parent: %w", err)
	}
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	got := Confinement{}
	note := func(wall string, err error) {
		got.Missing = append(got.Missing, wall+": "+err.Error())
	}
	if version, err := restrictFiles(&j); err == nil {
		got.Landlock = version
	} else if j.Landlock {
		return fmt.Errorf("landlock: %w", err)
	} else {
		note("landlock", err)
	}
	if err := restrictCalls(); err == nil {
		got.Seccomp = true
	} else if j.Seccomp {
		return fmt.Errorf("seccomp: %w", err)
	} else {
		note("seccomp", err)
	}
	if j.Report > 0 {
		got.Limits = true // the next step gives up when it fails
		if err := report(j.Report, got); err != nil {
			return err
		}
	}
	// The address space limit may be under what Go has reserved, so nothing
	// but exec may follow.
	if err := restrictUse(j.Limits); err != nil {
		return fmt.Errorf("limits: %w", err)
	}
	return syscall.Exec(j.Path, j.Args, j.Env)
}

func report(fd int, c Confinement) error {
	f := os.NewFile(uintptr(fd), "report")
	err := json.NewEncoder(f).Encode(c)
	return errors.Join(err, f.Close())
}

// restrictFiles leaves the child its libraries and the files of its job.
func restrictFiles(j *job) (version int, err error) {
	version, err = ll.LandlockGetABIVersion()
	if err != nil || version < 1 {
		return 0, errors.New("not offered by this kernel")
	}
	const (
		read  = landlock.AccessFSSet(ll.AccessFSReadFile)
		list  = landlock.AccessFSSet(ll.AccessFSReadFile | ll.AccessFSReadDir)
		run   = landlock.AccessFSSet(ll.AccessFSExecute | ll.AccessFSReadFile)
		write = landlock.AccessFSSet(ll.AccessFSReadFile | ll.AccessFSWriteFile | ll.AccessFSTruncate)
	)
	rules := []landlock.Rule{
		landlock.PathAccess(list, j.Dirs...).IgnoreIfMissing(),
		landlock.PathAccess(run, j.Exec...).IgnoreIfMissing(),
		landlock.PathAccess(read, "/dev/urandom", "/dev/random", "/etc/ld.so.cache", "/etc/ld.so.preload").IgnoreIfMissing(),
		landlock.PathAccess(write&^landlock.AccessFSSet(ll.AccessFSTruncate), "/dev/null").IgnoreIfMissing(),
	}
	for _, fd := range j.Read {
		rules = append(rules, landlock.PathAccess(read, fdPath(fd)))
	}
	for _, fd := range j.Write {
		rules = append(rules, landlock.PathAccess(write, fdPath(fd)))
	}
	return version, landlock.V9.BestEffort().Restrict(rules...)
}

// deniedCalls are refused with "operation not permitted". Threads, memory and
// file reading are all that decoding needs. File attributes are in the list
// because Landlock does not guard them and evidence is never altered.
var deniedCalls = []string{ //nolint:gochecknoglobals // a table
	"socket", "connect", "bind", "listen", "accept", "accept4",
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp",
	"kill", "tkill", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
	"mount", "umount", "umount2", "pivot_root", "chroot", "setns", "unshare", "mount_setattr", "move_mount",
	"open_tree", "open_tree_attr", "fsopen", "fsconfig", "fsmount", "fspick", "name_to_handle_at", "open_by_handle_at",
	"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
	"io_setup", "io_submit", "add_key", "request_key", "keyctl", "fanotify_init", "fanotify_mark", "inotify_init", "inotify_init1",
	"kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff",
	"acct", "quotactl", "quotactl_fd", "syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime",
	"sethostname", "setdomainname", "iopl", "ioperm", "modify_ldt", "uselib", "vhangup", "nfsservctl", "lookup_dcookie",
	"chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat",
	"setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr", "removexattrat",
	"utime", "utimes", "utimensat", "futimesat", "file_setattr", "mknod", "mknodat",
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid", "capset",
	"shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semctl", "semtimedop",
	"mq_open", "mq_unlink", "migrate_pages", "move_pages", "vmsplice", "personality",
}

func restrictCalls() error {
	info, err := arch.GetInfo("")
	if err != nil {
		return err
	}
	known := make([]string, 0, len(deniedCalls))
	for _, name := range deniedCalls {
		if _, ok := info.SyscallNames[name]; ok && !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	if err := seccomp.LoadFilter(seccomp.Filter{
		NoNewPrivs: true,
		Flag:       seccomp.FilterFlagTSync,
		Policy: seccomp.Policy{
			DefaultAction: seccomp.ActionAllow,
			Syscalls:      []seccomp.SyscallGroup{{Action: seccomp.ActionErrno, Names: known}},
		},
	}); err != nil {
		return err
	}
	return refuseForeignCalls(uint32(info.ID))
}

// refuseForeignCalls kills a child that uses another processor mode's system
// call numbers (32 bit calls on a 64 bit machine), which the list above lets pass.
func refuseForeignCalls(native uint32) error {
	const (
		load  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		give  = unix.BPF_RET | unix.BPF_K
	)
	prog := []unix.SockFilter{
		{Code: load, K: 4}, // the architecture in struct seccomp_data
		{Code: equal, K: native, Jf: 1},
		{Code: give, K: unix.SECCOMP_RET_ALLOW},
		{Code: give, K: unix.SECCOMP_RET_KILL_PROCESS},
	}
	arg := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	_, _, errno := unix.Syscall(
		unix.SYS_SECCOMP,
		unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&arg)),
	)
	if errno != 0 {
		return errno
	}
	return nil
}

func restrictUse(l limits) error {
	set := func(resource int, value uint64) error {
		return syscall.Setrlimit(resource, &syscall.Rlimit{Cur: value, Max: value})
	}
	errs := []error{
		set(unix.RLIMIT_CORE, 0),
		set(unix.RLIMIT_FSIZE, l.Output),
	}
	if l.CPU > 0 {
		errs = append(errs, set(unix.RLIMIT_CPU, l.CPU))
	}
	if l.Files > 0 {
		errs = append(errs, set(unix.RLIMIT_NOFILE, l.Files))
	}
	if l.Memory > 0 {
		errs = append(errs, set(unix.RLIMIT_AS, l.Memory))
	}
	return errors.Join(errs...)
}

// prepare turns a job into a command that starts this very program as a child.
func (t *Tools) prepare(cmd *exec.Cmd, j *job) error {
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	cmd.Path = "/proc/self/exe" // the running program, even if its file was replaced
	cmd.Args = []string{"spoor-decoder"}
	cmd.Env = []string{childEnv + "=" + string(text), "GOTRACEBACK=none", "GOMAXPROCS=2"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if t.confinement.Namespaces {
		enterNamespaces(cmd.SysProcAttr)
	}
	return nil
}

// enterNamespaces asks for a network without any interface. No PID namespace:
// the Landlock library would wait for ever for the threads it sees in /proc.
func enterNamespaces(a *syscall.SysProcAttr) {
	a.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS
	if os.Geteuid() == 0 { // root must still be able to read files of every owner
		a.UidMappings, a.GidMappings = sameIDs("/proc/self/uid_map"), sameIDs("/proc/self/gid_map")
		if a.UidMappings != nil && a.GidMappings != nil {
			a.GidMappingsEnableSetgroups = true
			return
		}
	}
	a.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}}
	a.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}}
}

// sameIDs maps every identity of our own namespace to itself.
func sameIDs(mapFile string) []syscall.SysProcIDMap {
	text, err := os.ReadFile(mapFile)
	if err != nil {
		return nil
	}
	var maps []syscall.SysProcIDMap
	for line := range strings.Lines(string(text)) {
		var first, host, size int
		if _, err := fmt.Sscan(line, &first, &host, &size); err != nil {
			return nil
		}
		maps = append(maps, syscall.SysProcIDMap{ContainerID: first, HostID: first, Size: size})
	}
	return maps
}

// killGroup ends a child and everything it started.
func killGroup(cmd *exec.Cmd) error {
	err := unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	if errors.Is(err, unix.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// widenPipe makes a pipe hold more than the usual 64 KiB, so that a frame
// takes few switches between two processes.
func widenPipe(f *os.File) {
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) {
		for size := 1 << 20; size > 64<<10; size /= 2 {
			if _, err := unix.FcntlInt(fd, unix.F_SETPIPE_SZ, size); err == nil {
				return
			}
		}
	})
}

// fdPath names a descriptor of the child for the child.
func fdPath(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }

func isNoSpace(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

// childPath names an open file for the child: the descriptor it inherits, so
// the very file that was opened, whatever happens to its name.
func childPath(fd int, _ *os.File) string { return fdPath(fd) }

const confinable = true

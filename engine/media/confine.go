// SPDX-License-Identifier: AGPL-3.0-or-later

package media

// Confinement says which walls stood around the ffmpeg that worked on a file.
// It is recorded with every result.
type Confinement struct {
	Limits     bool     `json:"limits"`            // CPU, memory, output size, descriptors, no core files
	Landlock   int      `json:"landlock"`          // kernel interface version; 0: files not confined
	Seccomp    bool     `json:"seccomp"`           // sockets, ptrace, mounts, attribute changes and so on refused
	Namespaces bool     `json:"namespaces"`        // own user, network and IPC namespaces
	Missing    []string `json:"missing,omitempty"` // why a wall is not there
}

// Full tells whether every wall stands.
func (c Confinement) Full() bool {
	return c.Limits && c.Landlock > 0 && c.Seccomp && c.Namespaces
}

// String describes the confinement in words for people.
func (c Confinement) String() string {
	switch {
	case c.Full():
		return "confined (limits, files, system calls, network)"
	case !c.Limits && c.Landlock == 0 && !c.Seccomp && !c.Namespaces:
		return "not confined"
	default:
		return "partly confined"
	}
}

// limits are what one child may use up. Zero means no limit.
type limits struct {
	CPU    uint64 `json:"cpu,omitempty"`    // seconds of processor time
	Memory uint64 `json:"memory,omitempty"` // bytes of address space
	Output uint64 `json:"output"`           // bytes in one file; 0: no file may be written
	Files  uint64 `json:"files,omitempty"`  // open descriptors
}

// job is what the confined child is told to do. It travels in the environment.
type job struct {
	Path     string   `json:"path"` // program to become
	Args     []string `json:"args"` // with name
	Env      []string `json:"env"`
	Dirs     []string `json:"dirs"`     // readable folders: libraries
	Exec     []string `json:"exec"`     // what may be executed: the program and its loader
	Read     []int    `json:"read"`     // descriptors of readable files
	Write    []int    `json:"write"`    // descriptors of files to be written
	Limits   limits   `json:"limits"`   //
	Landlock bool     `json:"landlock"` // walls that must stand, or the child gives up
	Seccomp  bool     `json:"seccomp"`
	Report   int      `json:"report,omitempty"` // descriptor on which to tell what stands; 0: none
}

// childEnv marks a process started as a child.
const childEnv = "SPOOR_MEDIA_CHILD"

// childFailed is the exit status of a child that could not raise a wall.
const childFailed = 125

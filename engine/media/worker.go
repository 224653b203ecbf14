// SPDX-License-Identifier: AGPL-3.0-or-later

package media

import (
	"fmt"
	"os"
)

// Besides ffmpeg, a confined child can become a part of this very program: a worker. It gets its files as every
// child does and answers on standard output; what it writes is parsed as hostile input.

// workerEnv names the worker that a child is to be.
const workerEnv = "SPOOR_MEDIA_WORKER"

// workerFailed is the exit status of a worker that could not do its work, having said so.
const workerFailed = 3

// workIfAsked never returns in a process that was started as a worker.
func workIfAsked() {
	name, ok := os.LookupEnv(workerEnv)
	if !ok {
		return
	}
	err := fmt.Errorf("there is no worker %q", name)
	if name == documentWorker {
		err = readDocument(os.Args[1:], os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(workerFailed)
	}
	os.Exit(0)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build race

package media

// The race detector maps terabytes of address space: a worker built with it cannot be held to a limit.
const workerMemory = 0

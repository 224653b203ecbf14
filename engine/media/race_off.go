// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !race

package media

// workerMemory is how much address space a worker may use, in bytes.
const workerMemory = 4 << 30

// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !unix

package main

import (
	"os"
	"time"
)

// processorTime cannot be told here.
func processorTime() time.Duration { return 0 }

// largestMemory cannot be told here.
func largestMemory(*os.ProcessState) int64 { return 0 }

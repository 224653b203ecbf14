// SPDX-License-Identifier: AGPL-3.0-or-later

// Package server answers the backtraces API (docs/api.md) from a home: it knows
// who may ask, keeps what was asked for in the store, has it traced, and tells
// whoever wants to be told.
//
// Every request goes the same way: limits and log, the format of the answer, the
// method, the token and its scope, then the resource, which returns an error or
// writes one [wire.Document]. Errors are turned into answers in one place.
//
// Whatever was accepted is in the store before the answer is sent: a server that is
// killed goes on with it at the next start.
package server
